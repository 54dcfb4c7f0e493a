//! Registers and key-value stores.

use std::{fs::File, io::Write as _, thread, time::Duration};

use serde_json::Value;

use super::{REGISTERS, fed, output, oversell};

/// The lines of an operation on the register of this key, all at `time`.
fn register(process: u32, time: u64, key: &str, f: &str, asked: &str, told: &str) -> String {
    let event = |kind: &str, value: &str| {
        format!(r#"{{"time":{time},"process":{process},"type":"{kind}","f":"{f}","key":"{key}","value":{value}}}"#)
    };
    format!("{}\n{}\n", event("invoke", asked), event("ok", told))
}

#[test]
fn a_stale_read_of_a_register_is_told_while_the_file_grows_and_shown_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    let mut file = File::create(&path).unwrap();
    writeln!(file, "{REGISTERS}").unwrap();
    for time in 1..2_000 {
        let key = format!("k{}", time % 7);
        let write = register(0, 3 * time, &key, "write", &time.to_string(), "null");
        file.write_all(write.as_bytes()).unwrap();
    }
    file.flush().unwrap();
    let child = oversell(&["check", "--follow", path.to_str().unwrap()])
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(300));
    // A write that is still open does not keep it from being told.
    let open = r#"{"time":6500,"process":9,"type":"invoke","f":"write","key":"k3","value":5}"#;
    let read = |time, value: &str| register(1, time, &format!("k{value}"), "read", "null", value);
    write!(file, "{open}\n{}{}", read(7_000, "3"), read(8_000, "4")).unwrap();
    file.flush().unwrap();
    let (code, out, err) = output(child);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("k3") && out.contains("read"), "{out}");
    assert!(out.contains("1 operation had no answer yet"), "{out}");
}

#[test]
fn a_key_value_store_is_followed_through_a_pipe_and_shown_from_a_copy() {
    let header = r#"{"format":"oversell-history","version":1,"spec":"kv","initial":""}"#;
    let append = |process, time, text| register(process, time, "k", "append", text, "null");
    let text = [
        header.to_string() + "\n",
        append(0, 10, r#""a""#),
        append(1, 20, r#""b""#),
        register(2, 30, "k", "get", "null", r#""ba""#),
        append(3, 40, r#""c""#),
    ];
    // The pipe stays open: it is told when nothing more comes for a while.
    let (child, _pipe) = fed("check --follow --json -", &text.concat());
    let (code, out, err) = output(child);
    assert_eq!(code, Some(1), "{err}");
    let line: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&line["spec"], &line["verdict"]), (&"kv".into(), &"violation".into()));
    assert!(line["violations"][0]["explanation"].is_string(), "{out}");
}
