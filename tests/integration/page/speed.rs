use super::{Page, browser::with_browser, large};

/// Zooms and moves for 120 frames; the longest of them in milliseconds.
const FRAMES: &str = "
    const done = arguments[0]; const canvas = document.querySelector('#canvas'); canvas.focus(); canvas.scrollIntoView();
    const key = (key) => canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    const wheel = (deltaY) => canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: 700, bubbles: true, cancelable: true }));
    let frame = 0; let last = 0; let longest = 0;
    const tick = (now) => {
        if (last) longest = Math.max(longest, now - last);
        last = now;
        if (frame === 120) return done(longest);
        if (frame < 40) wheel(-100); else if (frame < 60) key('ArrowRight'); else if (frame < 100) wheel(100); else key('ArrowDown');
        frame++;
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);";

/// It works at this size; how fast is printed (`--nocapture`) and not asserted, for machines differ.
#[test]
fn a_hundred_thousand_operations_open_zoom_and_move() {
    with_browser("a large page", async |browser| {
        let page = Page::of_text(&large(100_000), &[]);
        browser.open(&page).await;
        let opened = browser
            .value("performance.getEntriesByType('navigation')[0].loadEventEnd")
            .await;
        let longest = browser.client.execute_async(FRAMES, vec![]).await.unwrap();
        assert!(opened.as_f64().unwrap() > 0.0, "the page never finished loading");
        assert!(longest.as_f64().unwrap() > 0.0, "no frame was drawn");
        let bytes = page.html().len();
        println!("{bytes} bytes, opened after {opened} ms, the longest of 120 frames took {longest} ms");
    });
}
