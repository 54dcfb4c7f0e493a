use super::{
    Page,
    browser::{END, ENTER, LEFT, RIGHT, with_browser},
};

#[test]
fn everything_is_reached_with_the_keyboard_alone() {
    with_browser("the page by keyboard", async |browser| {
        browser.open(&Page::of(&["histories/bad/naive.jsonl"], &[])).await;
        browser.tab_to(".case [data-go=next]").await;
        browser.press(ENTER).await;
        assert!(browser.text(".step").await.starts_with("step 1 of 8"));
        for _ in 0..4 {
            browser.press(RIGHT).await;
        }
        browser.press(LEFT).await;
        assert!(browser.text(".step").await.starts_with("step 4 of 8"));
        browser.press(END).await;
        assert!(browser.text(".said").await.contains("no such unit"));
        browser.tab_to(".to-timeline").await;
        browser.press(ENTER).await;
        assert_eq!(browser.value("document.activeElement.id").await, "canvas");
        assert!(browser.text("#details").await.contains("part of the counterexample"));
        for key in ['+', '+', '-', RIGHT, LEFT, '0'] {
            browser.press(key).await;
        }
        browser.press('p').await;
        let before = browser.text("#details").await;
        browser.press('n').await;
        assert_ne!(before, browser.text("#details").await, "details follow the focus");
        browser.press('v').await;
        assert!(browser.text("#details").await.contains("bought, −1 left"));
        browser.press('/').await;
        assert_eq!(browser.value("document.activeElement.id").await, "search");
        for key in "client 2".chars() {
            browser.press(key).await;
        }
        browser.press(ENTER).await;
        assert!(browser.text("#details").await.starts_with("client 2:"));
    });
}

#[test]
fn everything_has_a_name_for_screen_readers() {
    with_browser("names for screen readers", async |browser| {
        browser
            .open(&Page::of(&["histories/bad/decr-compensate.jsonl"], &[]))
            .await;
        let nameless = "[...document.querySelectorAll('button, select, input, canvas, svg, [role=region]')].filter((e) => \
            !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))).map((e) => e.outerHTML)";
        assert_eq!(browser.value(nameless).await, serde_json::json!([]));
        let levels = "[...document.querySelectorAll('h1, h2')].map((e) => e.tagName)[0]";
        assert_eq!(browser.value(levels).await, "H1");
        let live = "document.querySelectorAll('[aria-live]').length";
        assert!(browser.value(live).await.as_u64().unwrap() >= 3);
    });
}
