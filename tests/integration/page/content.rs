use super::{HOSTILE, Page, hostile, large};

#[test]
fn a_page_needs_nothing_else_and_forbids_everything_else() {
    let html = Page::of(&["histories/bad/naive.jsonl"], &[]).html();
    assert!(
        html.contains("default-src &#39;none&#39;; script-src &#39;sha256-"),
        "the policy"
    );
    assert!(!html.contains("unsafe-inline"), "nothing that is not named may run");
    for outside in ["src=\"", "url(", "http://", "https://", "@import", "href=\"http"] {
        assert!(!html.contains(outside), "the page refers to something: {outside}");
    }
    let style_attributes = html.split("<script").next().unwrap().matches(" style=\"").count();
    assert_eq!(style_attributes, 0, "the policy would forbid them");
}

#[test]
fn what_a_history_holds_is_never_markup() {
    let html = Page::of_text(&hostile(), &[]).html();
    assert!(!html.contains("<img"), "an element came through");
    assert!(!html.contains("<script>document"), "a script came through");
    assert!(!html.contains("<b>"), "a tag came through");
    assert_eq!(
        html.matches("</script>").count(),
        3,
        "data, plays and the script, and nothing that ends them early"
    );
    assert!(html.contains("&#60;/script&#62;"), "it is there, escaped");
    let start = html.find(r#"id="data">"#).unwrap() + r#"id="data">"#.len();
    let end = start + html[start..].find("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(&html[start..end]).unwrap();
    assert_eq!(data[0]["keys"][0]["name"], HOSTILE, "and whole in the data");
}

#[test]
fn the_sentence_and_both_partners_stand_in_the_page_without_any_script() {
    let html = Page::of(&["histories/bad/naive.jsonl"], &[]).html();
    let before_scripts = html.split("<script").next().unwrap();
    for part in [
        "sold 3 units more than it had: 11 of 8",
        "Others were sold 7 of the 8 units",
        ">buyer 3</th>",
        ">buyer 0</th>",
        "GET → 1",
        "bought, −1 left",
        "← no such unit",
        "3 × told a stock below zero (negative-stock)",
        "<code>lua</code>",
    ] {
        assert!(before_scripts.contains(part), "missing: {part}");
    }
    assert!(!before_scripts.contains("What a pass does not prove"));
}

#[test]
fn a_pass_says_what_it_does_not_prove() {
    for file in ["histories/ok/lua.jsonl", "histories/ok/nothing-happened.jsonl"] {
        let html = Page::of(&[file], &[]).html();
        assert!(html.contains("What a pass does not prove"), "{file}");
        assert!(html.contains("</span> linearizable</span>"), "{file}");
    }
}

#[test]
fn every_history_of_the_corpus_has_a_page_and_a_counterexample_is_small() {
    let all = Page::of(&["histories/ok", "histories/bad"], &[]).html();
    let files = ["histories/ok", "histories/bad"]
        .map(|folder| std::fs::read_dir(folder).unwrap().count())
        .iter()
        .sum::<usize>();
    assert_eq!(all.matches("<article class=\"history\">").count(), files);
    for file in [
        "histories/bad/watch-shared.jsonl",
        "histories/bad/decr-compensate.jsonl",
    ] {
        let html = Page::of(&[file], &["--counterexample-only"]).html();
        assert!(html.len() < 300_000, "{file}: {} bytes", html.len());
        assert!(!html.contains("<canvas"), "no timeline");
    }
}

#[test]
fn thousands_of_violations_still_make_a_small_page() {
    let mut text = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}"#.to_string();
    for key in 0..3_000 {
        for (time, process) in [(0, 0), (2, 1)] {
            let line = |time: i32, kind: &str, value: &str| {
                format!(
                    "\n{{\"time\":{time},\"process\":{process},\"type\":\"{kind}\",\"f\":\"buy\",\"key\":\"{key}\",\"value\":{value}}}"
                )
            };
            let time = 4 * key + time;
            text += &(line(time, "invoke", "1") + &line(time + 1, "ok", r#"{"outcome":"bought"}"#));
        }
    }
    let html = Page::of_text(&text, &["--counterexample-only"]).html();
    assert!(html.len() < 400_000, "{} bytes", html.len());
    assert!(html.contains("2988 further keys violate"));
    assert!(html.contains("and 2788 more"));
}

#[test]
fn there_is_no_shop_to_break_beside_a_history_of_something_else() {
    let kv = Page::of(&["histories/bad/kv-lost-append.jsonl"], &[]).html();
    assert!(!kv.contains("id=\"play\""));
    let stock = Page::of(&["histories/bad/naive.jsonl"], &[]).html();
    assert!(stock.contains("id=\"play\""));
}

#[test]
fn a_hundred_thousand_operations_stay_below_fifteen_megabytes() {
    let page = Page::of_text(&large(100_000), &[]);
    let size = page.html().len();
    assert!((2_000_000..15_000_000).contains(&size), "{size} bytes");
    let cut = Page::of_text(&large(10_000), &["--operations", "1000"]).html();
    assert!(
        cut.contains("Of 10000 operations, 1000 are in this timeline"),
        "it says what is left out"
    );
    assert!(cut.contains("sold 1 unit more than it had"));
}
