//! What was certain before something went wrong is told all the same.

use std::{fmt::Write as _, fs, io::Write as _, process::Stdio};

use serde_json::Value;

use super::{HEADER, REGISTERS, bought, fed, output, oversell};

/// Two purchases of one unit, and then a lot that is right, on another key.
fn sold_twice() -> String {
    let mut text = format!("{HEADER}\n{}{}", bought(0, 10), bought(1, 20));
    let read = |kind: &str, time: u64, value: &str| {
        format!(r#"{{"time":{time},"process":2,"type":"{kind}","f":"read","key":"other","value":{value}}}"#)
    };
    for time in 100..300 {
        writeln!(
            text,
            "{}\n{}",
            read("invoke", 2 * time, "null"),
            read("ok", 2 * time + 1, "1")
        )
        .unwrap();
    }
    text
}

/// Lines that no history has here, and what is said about them.
const BAD: [(&str, &str); 2] = [
    ("garbage", "found garbage, which is not JSON"),
    (
        r#"{"time":9000,"process":7,"type":"ok","f":"read","key":"other","value":1}"#,
        "found a completion of process 7, which has no operation open",
    ),
];

#[test]
fn a_violation_is_told_although_what_follows_in_one_breath_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    for (line, said) in BAD {
        let text = sold_twice() + line + "\n";
        fs::write(&path, &text).unwrap();
        for from in ["-", path.to_str().unwrap()] {
            let input = fs::File::open(&path).unwrap();
            let mut command = oversell(&["check", "--follow", "--json", from]);
            let (code, out, err) = output(command.stdin(Stdio::from(input)).spawn().unwrap());
            assert_eq!(code, Some(1), "{out}{err}");
            let told: Value = serde_json::from_str(&out).unwrap();
            assert_eq!(told["violations"][0]["key"], "sku", "{out}");
            assert_eq!(
                told["cut_short"], "what comes after the first violation cannot be read",
                "{out}"
            );
            assert!(
                err.contains("warning: ") && err.contains(":406: ") && err.contains(said),
                "{err}"
            );
        }
    }
}

#[test]
fn where_lines_have_no_times_the_very_last_of_them_is_certain() {
    let event = |process: u32, kind: &str, value: &str| {
        format!(r#"{{"process":{process},"type":"{kind}","f":"buy","key":"sku","value":{value}}}"#)
    };
    let each = (0..2).flat_map(|process| {
        [
            event(process, "invoke", "1"),
            event(process, "ok", r#"{"outcome":"bought"}"#),
        ]
    });
    let untimed = format!("{HEADER}\n{}\nnonsense\n", each.collect::<Vec<_>>().join("\n"));
    // Of the time of the last line, more could have come: a restock, which makes it right.
    let timed = format!("{HEADER}\n{}{}nonsense\n", bought(0, 10), bought(1, 20));
    for (text, expected) in [(&untimed, 1), (&timed, 2)] {
        let (child, pipe) = fed("check --follow -", text);
        drop(pipe);
        let (code, out, err) = output(child);
        assert_eq!(code, Some(expected), "{text}: {out}{err}");
        assert!(err.contains(":6: found nonsense"), "{err}");
        assert_eq!(out.contains("violation after 2 operations"), expected == 1, "{out}");
    }
}

#[test]
fn a_violation_that_a_late_line_may_change_is_told_in_the_error_about_it() {
    let late = r#"{"time":5,"process":7,"type":"invoke","f":"restock","key":"sku","value":1}"#;
    let (child, pipe) = fed("check --follow -", &(sold_twice() + late + "\n"));
    drop(pipe);
    let (code, out, err) = output(child);
    assert_eq!(code, Some(2), "{out}{err}");
    assert!(err.contains("in order of time"), "{err}");
    assert!(
        err.contains("key `sku` was a violation, unless what comes late makes it right"),
        "{err}"
    );
}

/// Text that no compressor makes much smaller.
fn noise(length: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut digit = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state >> 32) as u8 % 90).to_string()
    };
    (0..length)
        .map(|_| digit())
        .collect::<String>()
        .replace(['"', '\\'], "+")
}

#[test]
fn a_violation_is_told_although_no_copy_of_standard_input_can_be_kept() {
    let noise = noise(8_000_000);
    let read = |time: usize, key: &str, value: u32, more: &str| {
        let event = |kind: &str, value: &str, more: &str| {
            format!(r#"{{"time":{time},"process":2,"type":"{kind}","f":"read","key":"{key}","value":{value}{more}}}"#)
        };
        format!(
            "{}\n{}\n",
            event("invoke", "null", ""),
            event("ok", &value.to_string(), more)
        )
    };
    for (header, initial, code) in [(REGISTERS, 0, 1), (HEADER, 1, 0)] {
        let mut text = format!("{header}\n");
        for (place, chunk) in noise.as_bytes().chunks(80_000).enumerate() {
            let noise = std::str::from_utf8(chunk).unwrap();
            let commands = format!(r#","commands":[{{"sent":1,"received":2,"command":"{noise}","reply":"1"}}]"#);
            text += &read(100 + place, "other", initial, &commands);
        }
        if code == 1 {
            text += &read(1_000, "sku", 7, "");
        }
        let mut child = oversell(&["check", "--follow", "-"])
            .env("TMPDIR", "/nowhere")
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(text.as_bytes()).unwrap();
        drop(pipe);
        let (found, out, err) = output(child);
        assert_eq!(found, Some(code), "{out}{err}");
        if code == 0 {
            // Nobody asks for it.
            assert_eq!(err, "", "{out}");
            continue;
        }
        assert!(out.contains("violation") && out.contains("This is key `sku`"), "{out}");
        assert!(err.contains("failed to keep a copy of standard input"), "{err}");
    }
}

#[test]
fn programs_are_told_what_one_more_line_may_change() {
    for (more, provisional) in [(String::new(), Some(true)), (bought(2, 30), None)] {
        let sold = bought(0, 10) + &bought(1, 20);
        let (child, _pipe) = fed("check --follow --json -", &format!("{HEADER}\n{sold}{more}"));
        let (code, out, err) = output(child);
        assert_eq!(code, Some(1), "{out}{err}");
        let told: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told.get("provisional").and_then(Value::as_bool), provisional, "{out}");
    }
}

#[test]
fn what_was_not_decided_comes_with_its_limit_and_the_time_it_took() {
    // Any of so many purchases may have been made, and only some together leave what was read.
    let quantity = |number: u64| 7 * (number * number % 50 + 1) + number % 7;
    let mut text = HEADER.replace(r#""initial":1"#, r#""initial":1000000"#) + "\n";
    let event = |time: u64, process: u64, kind: &str, f: &str, value: &str| {
        format!(r#"{{"time":{time},"process":{process},"type":"{kind}","f":"{f}","key":"sku","value":{value}}}"#)
    };
    let f = |number: u64| if number.is_multiple_of(2) { "restock" } else { "buy" };
    let (mut level, mut told) = (1_000_000, Vec::new());
    for number in 0..48 {
        writeln!(
            text,
            "{}",
            event(1 + number, number, "invoke", f(number), &quantity(number).to_string())
        )
        .unwrap();
        let next = number * 29 % 48;
        level = if next.is_multiple_of(2) {
            level + quantity(next)
        } else {
            level - quantity(next)
        };
        if number % 4 == 3 {
            told.push(level);
        }
    }
    for (place, level) in told.into_iter().enumerate() {
        let time = 1_000 + 5 * place as u64;
        writeln!(text, "{}", event(time, 1_000, "invoke", "read", "null")).unwrap();
        writeln!(text, "{}", event(time + 1, 1_000, "ok", "read", &level.to_string())).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl");
    fs::write(&path, text).unwrap();
    for arguments in [&["check", "-"][..], &["check", "--follow", "-"]] {
        let mut command = oversell(arguments);
        command.args(["--json", "--limit-time", "300ms"]);
        let child = command.stdin(fs::File::open(&path).unwrap()).spawn().unwrap();
        let (code, out, err) = output(child);
        assert_eq!(code, Some(3), "{out}{err}");
        let told: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told["undecided"], serde_json::json!(["sku"]), "{out}");
        let limit = serde_json::json!([{"key": "sku", "limit": "300ms had passed"}]);
        assert_eq!(told["limits"], limit, "{out}");
        assert!(told["seconds"].as_f64().unwrap() >= 0.3, "{out}");
    }
}
