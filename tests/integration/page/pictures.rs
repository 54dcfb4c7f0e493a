//! Pictures of every part of the page on a laptop and a phone, light and dark, and on paper: to be looked at by people.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Page,
    browser::{Browser, with_browser},
    devtools::{NARROW, WIDE},
    large,
};

/// The folder that the pictures go to. Without it none are made.
const VARIABLE: &str = "OVERSELL_PAGE_PICTURES";

/// Left, top, width and height of everything that is worth a picture of its own.
const PARTS: &str = "[...document.querySelectorAll('.history > header, main section')].filter((part) => part.checkVisibility()) \
    .map((part) => { const box = part.getBoundingClientRect(); \
    return [box.left + scrollX - 4, box.top + scrollY - 4, box.width + 8, Math.min(box.height + 8, 2400)]; })";

#[test]
fn pictures_of_every_part_are_made_on_request() {
    let Ok(folder) = env::var(VARIABLE) else {
        println!("left out: pictures of the page (set {VARIABLE} to a folder)");
        return;
    };
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).unwrap();
    with_browser("pictures of the page", async |browser| {
        picture_for_the_docs(browser, &folder).await;
        for (name, page, before) in scenes() {
            for screen in [WIDE, NARROW] {
                for theme in ["light", "dark"] {
                    browser.screen(screen, theme).await;
                    browser.open(&page).await;
                    browser.value(before).await;
                    tokio::time::sleep(Duration::from_millis(150)).await;
                    let parts: Vec<[f64; 4]> = serde_json::from_value(browser.value(PARTS).await).unwrap();
                    assert!(!parts.is_empty(), "{name}");
                    for (number, part) in parts.into_iter().enumerate() {
                        let file = folder.join(format!("{name}-{}-{theme}-{number}.png", screen.name));
                        fs::write(file, browser.picture(part).await).unwrap();
                    }
                }
            }
            browser.screen(WIDE, "dark").await;
            browser.open(&page).await;
            fs::write(folder.join(format!("{name}.pdf")), browser.print().await).unwrap();
            browser.on_paper().await;
            let all = browser
                .value("[0, 0, 794, document.documentElement.scrollHeight]")
                .await;
            let all: [f64; 4] = serde_json::from_value(all).unwrap();
            fs::write(folder.join(format!("{name}-paper.png")), browser.picture(all).await).unwrap();
        }
    });
}

/// The picture in docs/page.md: a schedule, stepped into, and the beginning of what can be tried out.
async fn picture_for_the_docs(browser: &Browser, folder: &Path) {
    const STEPS: &str = "(() => { for (let n = 0; n < 3; n++) document.querySelector('.case [data-go=next]').click(); \
        document.activeElement.blur(); })()";
    browser.screen(WIDE, "light").await;
    browser
        .open(&Page::of_schedule(&["naive", "--clients", "2", "--stock", "1"]))
        .await;
    browser.value(STEPS).await;
    let picture = browser.picture([40.0, 60.0, 1200.0, 1070.0]).await;
    fs::write(folder.join("page.png"), picture).unwrap();
}

/// Name, page, and what is done on it first.
fn scenes() -> Vec<(&'static str, Page, &'static str)> {
    const STEPS: &str = "(() => { for (let n = 0; n < 6; n++) document.querySelector('.case [data-go=next]')?.click(); \
        for (const n of [0, 1, 0, 1]) document.querySelectorAll('.board')[0]?.querySelectorAll('.turn')[n].click(); \
        document.querySelector('#violation')?.click(); })()";
    let corpus = |file: &str| Page::of(&[&format!("histories/{file}.jsonl")], &[]);
    vec![
        ("naive", corpus("bad/naive"), STEPS),
        ("timeouts", corpus("bad/many-timeouts"), STEPS),
        ("mixed", corpus("bad/naive-mixed"), STEPS),
        ("ok-mixed", corpus("ok/lua-mixed"), "0"),
        ("kv", corpus("bad/kv-lost-append"), STEPS),
        ("keys", corpus("bad/one-item-of-three"), STEPS),
        (
            "schedule",
            Page::of_schedule(&["naive", "--clients", "2", "--stock", "1"]),
            STEPS,
        ),
        (
            "faults",
            Page::of_schedule(&["lock-del", "--clients", "2", "--stock", "1", "--faults", "expiry"]),
            STEPS,
        ),
        (
            "run",
            Page::of_run(&["lock-del", "--rounds", "4", "--seed", "7"]),
            STEPS,
        ),
        ("large", Page::of_text(&large(100_000), &[]), "0"),
    ]
}
