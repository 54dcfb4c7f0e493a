//! Pages of schedules: the player in the code, and what can be tried out beside it.

use std::fs;

use super::{
    Page,
    browser::{END, ENTER, RIGHT, with_browser},
    devtools::{NARROW, WIDE},
};
use crate::cli::call;

const NAIVE: &[&str] = &["naive", "--clients", "2", "--stock", "1"];
const LOCK: &[&str] = &["lock-del", "--clients", "2", "--stock", "1", "--faults", "expiry"];

/// A schedule of code that the catalogue does not have.
const OWN: &str = r#"{
  "format": "oversell-schedule", "version": 1, "strategy": "my_buy", "own": true, "key": "stock:42", "stock": 1,
  "clients": [[{"buy": 1}], [{"buy": 1}]], "faults": [{"fault": "crash", "times": 1}], "property": "never-oversold",
  "steps": [
    {"do": "command", "client": 1, "command": "HGET stock:42 left", "reply": "1", "stock": 1},
    {"do": "command", "client": 2, "command": "HGET stock:42 left", "reply": "1", "stock": 1},
    {"do": "command", "client": 1, "command": "HINCRBY stock:42 left -1", "reply": "0", "told": "bought, 0 left", "stock": 0},
    {"do": "command", "client": 2, "command": "HINCRBY stock:42 left -1", "reply": "-1", "told": "bought, -1 left", "stock": -1}
  ]
}"#;

fn own(text: &str) -> Page {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.schedule.json");
    fs::write(&file, text).unwrap();
    Page::of(&[file.to_str().unwrap()], &[])
}

#[test]
fn a_schedule_tells_everything_without_scripts_and_is_small() {
    let html = Page::of_schedule(NAIVE).html();
    assert!(html.len() < 300_000, "{} bytes", html.len());
    let plain = html.split("<script").next().unwrap();
    for part in [
        "breaks never-oversold",
        "sells more than it has, in 4 steps",
        "both had read 1",
        "GET stock → 1",
        "DECRBY stock 1 → -1",
        "← no such unit",
        "oversell replay ",
        "<code>lua</code>",
    ] {
        assert!(plain.contains(part), "missing: {part}");
    }
    let faults = Page::of_schedule(LOCK).html();
    let plain = faults.split("<script").next().unwrap();
    assert!(plain.contains("✗ stock:lock expires"), "a fault is a step of its own");
}

#[test]
fn code_that_is_not_here_is_shown_by_its_commands() {
    let html = own(OWN).html();
    let plain = html.split("<script").next().unwrap();
    for part in [
        "my_buy",
        "HGET stock:42 left → 1",
        "← no such unit",
        "oversell::replay(",
        "2 units sold where 1 was left",
    ] {
        assert!(plain.contains(part), "missing: {part}");
    }
}

#[test]
fn of_a_script_its_text_is_shown() {
    // A stock that was evicted is taken for none.
    const SCRIPT: &str = "-- Looks, and takes whatever it saw.\nlocal left = tonumber(redis.call('GET', KEYS[1]) or 0)\n\
        if left < 1 then\n  return -1\nend\nreturn redis.call('DECR', KEYS[1])\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.lua"), SCRIPT).unwrap();
    call(folder.path(), "prove --script mine.lua --faults eviction --out .").code(1);
    let report = "report mine-eviction.schedule.json -o page.html";
    call(folder.path(), &format!("{report} --script mine.lua")).code(1);
    let html = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(
        html.contains("return redis.call('DECR', KEYS[1])"),
        "the script's own lines"
    );
    assert!(!html.contains("Looks, and takes"), "without its comments");
    assert!(html.contains("oversell replay mine-eviction.schedule.json --script"));
    call(folder.path(), report).code(1);
    let html = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(
        !html.contains("redis.call('DECR', KEYS[1])\""),
        "it is not here: its commands alone"
    );
    assert!(html.contains("EVALSHA"));
}

#[test]
fn a_schedule_that_makes_no_sense_is_refused() {
    for (from, to, reason) in [
        ("\"client\": 2", "\"client\": 7", "there is no client 7 of 2"),
        ("bought, 0 left", "perhaps", "`told` is `perhaps`"),
        ("never-oversold", "always-happy", "`property` is `always-happy`"),
        ("\"version\": 1", "\"version\": 9", "version 9"),
        ("\"steps\"", "\"stops\"", "missing field `steps`"),
        (
            "\"steps\": [",
            "\"steps\": [], \"before\": [",
            "what its 0 steps tell does not break",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.schedule.json");
        fs::write(&file, OWN.replace(from, to)).unwrap();
        let page = folder.path().join("page.html");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_oversell"))
            .args(["report".as_ref(), file.as_os_str(), "-o".as_ref(), page.as_os_str()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(reason), "{said}");
        assert!(!page.exists(), "no page about nothing");
    }
}

#[test]
fn the_player_marks_the_line_of_each_buyer_until_it_is_wrong() {
    with_browser("the player of a schedule", async |browser| {
        browser.open(&Page::of_schedule(NAIVE)).await;
        browser.click(".case [data-go=next]").await;
        browser.click(".case [data-go=next]").await;
        let marked =
            "[...document.querySelectorAll('.case .scene .code [aria-current=step]')].map((line) => line.textContent)";
        let line = "next: left = DECRBY stock quantity";
        assert_eq!(
            browser.value(marked).await,
            serde_json::json!([line, line]),
            "both are about to take it"
        );
        let scene = browser.text(".case .scene").await;
        assert_eq!(
            scene.matches("n = GET stock → 1").count(),
            2,
            "what each has read: {scene}"
        );
        assert_eq!(scene.matches("has read: 1").count(), 2, "{scene}");
        browser.click(".case [data-go=next]").await;
        assert!(browser.text(".case .scene .redis").await.contains('0'));
        assert!(!browser.text(".case .said").await.contains('←'), "not wrong yet");
        browser.click(".case [data-go=next]").await;
        assert_eq!(browser.text(".case .step").await, "step 4 of 4");
        assert!(browser.text(".case .scene .redis").await.contains("−1"));
        assert!(browser.text(".case .said").await.contains("← no such unit"));
        let scene = browser.text(".case .scene").await;
        assert!(
            scene.contains("was told: bought, 0 left") && scene.contains("was told: bought, −1 left"),
            "{scene}"
        );
        browser.click(".case [data-go=back]").await;
        assert!(!browser.text(".case .said").await.contains('←'));
    });
}

/// Takes a turn at random until nobody can, so many times; whether it ever was wrong.
const RANDOM: &str = "const [number, seed] = arguments; let state = seed; let wrong = false; let ends = 0; \
    const board = document.querySelectorAll('.board')[number]; \
    const next = () => { state = (state * 1103515245 + 12345) % 2147483648; return state / 2147483648; }; \
    for (let run = 0; run < 60; run++) { board.querySelector('.again').click(); \
        for (let turn = 0; turn < 60; turn++) { \
            const open = [...board.querySelectorAll('.turn, .fault')].filter((b) => b.getAttribute('aria-disabled') === 'false'); \
            if (!open.length) { ends++; break; } \
            open[Math.floor(next() * open.length)].click(); \
            wrong ||= board.querySelector('.said').classList.contains('bad'); } } \
    return [wrong, ends];";

#[test]
fn whatever_the_reader_chooses_breaks_the_broken_one_only() {
    with_browser("trying to break it", async |browser| {
        for (arguments, faults) in [(NAIVE, false), (LOCK, true)] {
            browser.open(&Page::of_schedule(arguments)).await;
            let boards = browser.value("document.querySelectorAll('.board').length").await;
            let boards = boards.as_u64().unwrap();
            assert!(boards >= 2, "a safe one stands beside it");
            for number in 0..boards {
                let seed = 20261124 + number;
                let ran = browser
                    .client
                    .execute(RANDOM, vec![number.into(), seed.into()])
                    .await
                    .unwrap();
                let (wrong, ends) = (ran[0].as_bool().unwrap(), ran[1].as_u64().unwrap());
                assert!(ends > 0, "board {number} never came to an end");
                if number > 0 {
                    assert!(!wrong, "board {number}, seed {seed}");
                }
            }
            browser.click(".board .again").await;
            for _ in 0..20 {
                if browser.text(".board .said").await.contains("✗ Oversold") {
                    break;
                }
                browser.click(".board .hint").await;
            }
            assert!(
                browser.text(".board .said").await.contains("✗ Oversold"),
                "hints lead to it"
            );
            let safe =
                "[...document.querySelectorAll('.board')].slice(1).every((b) => b.querySelector('.hint').hidden)";
            assert_eq!(browser.value(safe).await, true);
            let buttons = browser.value("document.querySelectorAll('.board .fault').length").await;
            assert_eq!(buttons.as_u64().unwrap() > 0, faults, "faults are buttons of their own");
        }
    });
}

#[test]
fn a_schedule_is_stepped_and_broken_with_the_keyboard_alone() {
    with_browser("a schedule by keyboard", async |browser| {
        browser.open(&Page::of_schedule(NAIVE)).await;
        browser.tab_to(".case [data-go=next]").await;
        let ring = "getComputedStyle(document.activeElement).outlineStyle !== 'none'";
        assert_eq!(browser.value(ring).await, true, "one sees where one is");
        browser.press(ENTER).await;
        browser.press(RIGHT).await;
        assert_eq!(browser.text(".case .step").await, "step 2 of 4");
        browser.press(END).await;
        assert!(browser.text(".case .said").await.contains("no such unit"));
        browser.tab_to(".board .turn").await;
        assert_eq!(browser.value(ring).await, true);
        for key in "1212".chars() {
            browser.press(key).await;
        }
        assert!(browser.text(".board .said").await.contains("✗ Oversold"));
        browser.press('\u{e003}').await;
        assert!(
            !browser.text(".board .said").await.contains("✗ Oversold"),
            "Backspace takes it back"
        );
    });
}

/// Every stop of the Tab key: its name, whether it can be seen where it is, and its place in the page.
const STOP: &str = "(() => { const e = document.activeElement; if (e === document.body) return null; \
    const all = [...document.querySelectorAll('*')]; const style = getComputedStyle(e); \
    return [e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.[0]?.textContent || '', \
        style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0, all.indexOf(e)]; })()";

#[test]
fn every_stop_of_the_tab_key_has_a_name_is_seen_and_comes_in_order() {
    with_browser("the order of focus", async |browser| {
        for page in [Page::of_schedule(LOCK), Page::of(&["histories/bad/naive.jsonl"], &[])] {
            browser.open(&page).await;
            let mut before = -1;
            let mut stops = 0;
            loop {
                browser.press(super::browser::TAB).await;
                let stop = browser.value(STOP).await;
                let Some(place) = stop[2].as_i64().filter(|&place| place > before) else {
                    break;
                };
                assert_ne!(stop[0], "", "stop {stops} has no name");
                assert_eq!(stop[1], true, "{}: no ring", stop[0]);
                (before, stops) = (place, stops + 1);
            }
            assert!(stops >= 12, "only {stops} stops, or one out of order");
            let focusable = browser
                .value("[...document.querySelectorAll('main button, main select, main input, main canvas, main summary, main [tabindex]')] \
                    .filter((e) => e.checkVisibility() && !e.disabled).length")
                .await;
            assert!(
                stops >= focusable.as_i64().unwrap(),
                "{stops} of {focusable} are reached"
            );
        }
    });
}

#[test]
fn steps_are_announced_and_nothing_is_said_by_colour_alone() {
    with_browser("what a screen reader hears", async |browser| {
        browser.open(&Page::of_schedule(LOCK)).await;
        for live in [".case .said", ".board .said"] {
            let polite = format!("document.querySelector('{live}').getAttribute('aria-live')");
            assert_eq!(browser.value(&polite).await, "polite", "{live}");
        }
        browser.click(".case [data-go=next]").await;
        let said = browser.value("document.querySelector('.case .said').textContent").await;
        assert!(
            said.as_str().unwrap().contains("Stock in Redis: 1."),
            "with the stock: {said}"
        );
        browser.click(".case [data-go=last]").await;
        let groups = "[...document.querySelectorAll('.player, .board')].every((e) => e.getAttribute('role') === 'group' && e.getAttribute('aria-label'))";
        assert_eq!(browser.value(groups).await, true);
        // Marks are signs and words: ▶ at a line, ✗ and ← at what is wrong.
        let mark = "getComputedStyle(document.querySelector('.board .code .now'), '::before').content";
        assert!(browser.value(mark).await.as_str().unwrap().contains('▶'));
        assert!(browser.text(".case .rows tr.wrong").await.contains('←'));
        assert!(browser.text(".case .rows tr.fault").await.contains('✗'));
    });
}

#[test]
fn a_schedule_fits_a_phone_and_asks_nobody_for_anything() {
    with_browser("a schedule on a phone", async |browser| {
        for page in [Page::of_schedule(NAIVE), Page::of_schedule(LOCK), own(OWN)] {
            browser.screen(NARROW, "dark").await;
            browser.open(&page).await;
            browser.click(".case [data-go=last]").await;
            let fits = "document.documentElement.scrollWidth <= innerWidth && innerWidth === 390";
            assert_eq!(browser.value(fits).await, true);
            assert_eq!(
                browser.value("performance.getEntriesByType('resource').length").await,
                0
            );
            let fetched = browser
                .client
                .execute_async("const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('sent'), (e) => done(e.name));", vec![])
                .await
                .unwrap();
            assert_eq!(fetched, "TypeError");
            browser.screen(WIDE, "light").await;
        }
    });
}
