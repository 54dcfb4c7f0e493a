use super::{Page, browser::with_browser, devtools::NARROW, hostile};

/// Are there several colours on the timeline, so that something is drawn?
const DRAWN: &str = "(() => { const c = document.querySelector('#canvas'); \
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const seen = new Set(); \
    for (let i = 0; i < d.length; i += 4) seen.add(d[i] * 65536 + d[i + 1] * 256 + d[i + 2]); return seen.size > 12; })()";

#[test]
fn the_player_shows_what_was_read_and_when_it_became_wrong() {
    with_browser("the player, by clicking", async |browser| {
        browser.open(&Page::of(&["histories/bad/naive.jsonl"], &[])).await;
        for _ in 0..4 {
            browser.click(".case [data-go=next]").await;
        }
        let scene = browser.text(".scene").await;
        assert_eq!(scene.matches("has read: 1").count(), 2, "both have read 1: {scene}");
        assert!(!scene.contains("fewer than none"));
        browser.click(".case [data-go=next]").await;
        browser.click(".case [data-go=next]").await;
        assert!(browser.text(".scene .redis").await.contains("−1\nfewer than none"));
        browser.click(".case [data-go=last]").await;
        assert!(browser.text(".said").await.contains("← no such unit"));
        browser.click(".case [data-go=first]").await;
        assert!(browser.text(".said").await.starts_with("Before the first step."));
        assert_eq!(
            browser
                .value("document.querySelectorAll('.rows tr.later').length")
                .await,
            8
        );
    });
}

#[test]
fn the_reader_breaks_the_naive_one_and_not_the_safe_one() {
    with_browser("try to break it", async |browser| {
        browser.open(&Page::of(&["histories/bad/naive.jsonl"], &[])).await;
        let board = |number: usize, rest: &str| format!(".board:nth-of-type({number}) {rest}");
        let first_line = browser.text(&board(1, ".code .now")).await;
        assert!(first_line.ends_with("n = GET stock"), "{first_line}");
        for buyer in [1, 2, 1, 2] {
            browser.click(&board(1, &format!(".turn:nth-of-type({buyer})"))).await;
        }
        assert!(
            browser
                .text(&board(1, ".said"))
                .await
                .contains("Oversold: 2 sold, and there was 1")
        );
        browser.click(&board(1, ".undo")).await;
        assert!(!browser.text(&board(1, ".said")).await.contains("Oversold"));
        let again = browser.text(&board(1, ".code .now")).await;
        assert!(
            again.ends_with("left = DECRBY stock quantity"),
            "its line is marked again: {again}"
        );
        // By keyboard: 1 and 2 choose. A buyer that is done does nothing.
        for order in ["121212121212", "122112122112", "111111222222", "212121212121"] {
            browser.click(&board(2, ".again")).await;
            for key in order.chars() {
                browser.press(key).await;
            }
            let said = browser.text(&board(2, ".said")).await;
            assert!(said.contains("✓ Over, and every answer was true"), "{order}: {said}");
        }
    });
}

#[test]
fn the_timeline_zooms_searches_filters_and_jumps() {
    with_browser("the timeline, by clicking", async |browser| {
        browser.open(&Page::of(&["histories/bad/naive.jsonl"], &[])).await;
        browser.until(DRAWN).await;
        browser.click("#violation").await;
        let details = browser.text("#details").await;
        assert!(
            details.contains("part of the counterexample") && details.contains("DECRBY sku-1 1 → -1"),
            "{details}"
        );
        for button in ["#zoom-in", "#zoom-in", "#left", "#right", "#zoom-out", "#fit"] {
            browser.click(button).await;
            browser.until(DRAWN).await;
        }
        browser
            .client
            .find(fantoccini::Locator::Css("#search"))
            .await
            .unwrap()
            .send_keys("sold out")
            .await
            .unwrap();
        assert_eq!(browser.text("#found").await, "4 of 16");
        browser.click("#next-found").await;
        assert!(browser.text("#details").await.contains("sold out"));
        browser.click("#filters label:nth-of-type(2) input").await;
        assert_eq!(browser.text("#found").await, "0 of 16", "sold out is hidden");
        browser.click("#theme").await;
        browser.click("#theme").await;
        assert_eq!(browser.value("document.documentElement.dataset.theme").await, "dark");
        browser.until(DRAWN).await;
    });
}

#[test]
fn of_several_keys_and_files_one_is_chosen() {
    with_browser("the choice of a key", async |browser| {
        let page = Page::of(
            &["histories/bad/one-item-of-three.jsonl", "histories/ok/lua.jsonl"],
            &[],
        );
        browser.open(&page).await;
        let options = browser
            .value("[...document.querySelectorAll('#which option')].map((o) => o.textContent)")
            .await;
        let options: Vec<&str> = options
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|option| option.as_str())
            .collect();
        assert_eq!(options.len(), 5, "{options:?}");
        assert_eq!(
            options.iter().filter(|option| option.contains("violation")).count(),
            1,
            "{options:?}"
        );
        let chosen = browser
            .value("document.querySelector('#which').selectedOptions[0].textContent")
            .await;
        assert!(
            chosen.as_str().unwrap().contains("violation"),
            "it begins with what is wrong: {chosen}"
        );
        browser.click("#which option:last-child").await;
        browser.click("optgroup:last-child option").await;
        browser.until("document.querySelector('#violation').disabled").await;
        browser.until(DRAWN).await;
        browser.click(".jump").await;
        assert!(browser.text("#details").await.contains("part of the counterexample"));
    });
}

#[test]
fn hostile_names_run_nothing() {
    with_browser("hostile names", async |browser| {
        browser.open(&Page::of_text(&hostile(), &[])).await;
        browser.click(".case [data-go=last]").await;
        browser.click("#violation").await;
        assert!(
            browser.text("#details").await.contains("</script><script>"),
            "shown as text"
        );
        assert_ne!(browser.value("document.title").await, "run");
        assert_eq!(browser.value("document.querySelectorAll('img').length").await, 0);
        // Even a script that did come through would not run, and nothing can be fetched.
        let inserted = "(() => { const s = document.createElement('script'); s.textContent = 'document.title = \"run\"'; \
            document.body.append(s); return document.title; })()";
        assert_ne!(browser.value(inserted).await, "run");
        let fetched = browser
            .client
            .execute_async("const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('sent'), (e) => done(e.name));", vec![])
            .await
            .unwrap();
        assert_eq!(fetched, "TypeError");
        assert_eq!(
            browser.value("performance.getEntriesByType('resource').length").await,
            0,
            "nothing was loaded"
        );
    });
}

#[test]
fn nothing_overflows_a_narrow_screen() {
    with_browser("a narrow screen", async |browser| {
        for file in [
            "histories/bad/naive.jsonl",
            "histories/bad/many-timeouts.jsonl",
            "histories/ok/kv.jsonl",
        ] {
            browser.screen(NARROW, "light").await;
            browser.open(&Page::of(&[file], &[])).await;
            assert_eq!(
                browser
                    .value("document.documentElement.scrollWidth <= innerWidth")
                    .await,
                true,
                "{file}"
            );
        }
    });
}
