//! What went wrong while a history was recorded.

use std::fs;

use oversell_checker::history::{Fault, read, write};

use super::{Page, browser::with_browser};

/// Two purchases, a failover between them, and one client that stalls.
const FAILOVER: &str = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1,"faults":[{"from":30000,"to":60000,"what":"failover"},{"from":5000,"to":20000,"what":"stalls","process":1}]}
{"time":1000,"process":1,"type":"invoke","f":"buy","value":1}
{"time":25000,"process":1,"type":"ok","f":"buy","value":{"outcome":"bought"}}
{"time":70000,"process":2,"type":"invoke","f":"buy","value":1}
{"time":90000,"process":2,"type":"ok","f":"buy","value":{"outcome":"bought"}}
"#;

#[test]
fn faults_in_the_header_are_bands_and_a_table() {
    let html = Page::of_text(FAILOVER, &[]).html();
    for part in [
        "Faults while this was recorded: failover 1 ×, stalls 1 ×",
        "<path class=\"fault-band\" d=\"M",
        "<td>client 1</td><td>stalls</td>",
        "<td>all</td><td>failover</td>",
    ] {
        assert!(html.contains(part), "missing: {part}");
    }
    let other = FAILOVER.replace(
        r#"[{"from":30000,"to":60000,"what":"failover"},{"from":5000,"to":20000,"what":"stalls","process":1}]"#,
        r#"["expiry"]"#,
    );
    let html = Page::of_text(&other, &[]).html();
    assert!(!html.contains("fault-band\" d="), "another program's word");
    assert!(
        html.contains("<dt>faults</dt><dd>[&#34;expiry&#34;]</dd>"),
        "is shown as it stands"
    );
}

#[test]
fn faults_survive_reading_and_writing() {
    let history = read("text", FAILOVER.as_bytes()).unwrap().0;
    let mut written = Vec::new();
    write(&history, &mut written).unwrap();
    let again = read("written", written.as_slice()).unwrap().0;
    assert_eq!(again.header.faults(), history.header.faults());
    assert_eq!(history.header.faults().len(), 2);
    assert_eq!(
        history.header.faults()[1],
        Fault {
            from: 5000,
            to: 20000,
            what: "stalls".to_string(),
            process: Some(1)
        }
    );
}

#[test]
fn a_run_writes_down_the_stalls_that_it_makes() {
    let page = Page::of_run(&["lock-del", "--rounds", "3", "--seed", "7", "--save", "all"]);
    assert!(page.html().contains("Faults while this was recorded: stalls"));
    let files = fs::read_dir(page.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let file = files
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .unwrap();
    let history = read("run", fs::read(&file).unwrap().as_slice()).unwrap().0;
    let faults = history.header.faults();
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(
            fault.to - fault.from >= 4_000_000,
            "at least as long as was asked for: {fault:?}"
        );
        assert!(fault.process.is_some());
    }
}

#[test]
fn a_run_has_something_to_try_out_as_a_report_has() {
    let html = Page::of_run(&["naive", "--rounds", "5", "--seed", "7"]).html();
    assert!(html.contains("Try to break it"));
    let start = html.find(r#"id="plays">"#).unwrap() + r#"id="plays">"#.len();
    let plays: serde_json::Value = serde_json::from_str(html[start..].split("</script>").next().unwrap()).unwrap();
    assert_eq!(plays[0]["title"], "naive (GET → DECR)");
    assert_eq!((&plays[0]["safe"], &plays[1]["safe"]), (&false.into(), &true.into()));
}

#[test]
fn the_timeline_draws_faults_and_says_which_an_operation_met() {
    with_browser("faults on the timeline", async |browser| {
        browser.open(&Page::of_text(FAILOVER, &[])).await;
        let colour = "(() => { const c = document.querySelector('#canvas'); const p = document.createElement('span'); \
            p.hidden = true; document.body.append(p); p.style.color = 'var(--fault)'; \
            const wanted = getComputedStyle(p).color.match(/\\d+/g).map(Number); \
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let found = 0; \
            for (let i = 0; i < d.length; i += 4) if (d[i] === wanted[0] && d[i + 1] === wanted[1] && d[i + 2] === wanted[2]) found++; \
            return found; })()";
        let found = browser.value(colour).await;
        assert!(found.as_u64().unwrap() > 500, "{found} pixels of bands");
        browser.tab_to("#canvas").await;
        browser.press('n').await;
        let details = browser.text("#details").await;
        assert!(details.contains("✗ meanwhile: stalls"), "{details}");
        assert!(!details.contains("failover"), "that came later: {details}");
        assert!(browser.text("#legend").await.contains("what went wrong meanwhile"));
    });
}
