//! Every bad input, and what is said about it.

use std::{fmt::Write, fs};

use expect_test::{expect, expect_file};
use oversell_checker::history;

use super::history::HEADER;

/// The table `history_bad.txt`: what is wrong, the file, and what is said. `STOCK` stands for a right header.
///
/// Renew the messages with `UPDATE_EXPECT=1`, and look at what changed.
#[test]
fn says_what_is_wrong_with_a_bad_file_and_where() {
    let table = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/integration/history_bad.txt"
    ))
    .unwrap();
    let mut answered = String::new();
    for case in table.split("\n\n").filter(|case| !case.trim().is_empty()) {
        let (name, rest) = case.trim().split_once('\n').unwrap();
        let lines: Vec<&str> = rest.lines().filter(|line| !line.starts_with("> ")).collect();
        let file = lines.join("\n").replace("STOCK", HEADER) + "\n";
        let error = history::read("h.jsonl", file.as_bytes()).expect_err(name);
        writeln!(answered, "{name}\n{}\n> {error}\n", lines.join("\n")).unwrap();
    }
    expect_file!["./history_bad.txt"].assert_eq(&answered);
}

#[test]
fn says_what_is_wrong_with_files_that_are_no_text() {
    let event = b"{\"process\":1,\"type\":\"invoke\",\"f\":\"buy\",\"key\":\"\xe9\"}\n";
    let cases: [(&str, Vec<u8>); 9] = [
        ("empty", Vec::new()),
        ("blank", b"\n \r\n".to_vec()),
        ("binary", b"\x7fELF\x02\x01\x01\0\0\0\0\n".to_vec()),
        ("zeroes after a crash", [HEADER.as_bytes(), b"\n\0\0\0\0"].concat()),
        ("latin 1", [HEADER.as_bytes(), b"\n", event].concat()),
        ("header cut off", HEADER.as_bytes()[..40].to_vec()),
        (
            "nested too deep",
            format!("{HEADER}\n{}\n", "[".repeat(200)).into_bytes(),
        ),
        ("terminal commands", format!("{HEADER}\n\"\u{1b}[2J\"\n").into_bytes()),
        (
            "no end",
            [HEADER.as_bytes(), b"\n", &vec![b'x'; (64 << 20) + 1]].concat(),
        ),
    ];
    let mut answered = String::new();
    for (name, file) in cases {
        let error = history::read("h.jsonl", file.as_slice()).expect_err(name);
        writeln!(answered, "{name}\n> {error}").unwrap();
    }
    expect![[r#"
        empty
        > h.jsonl: found nothing in it, expected a header such as {"format":"oversell-history","version":1,"spec":"stock","initial":100}; was the run that wrote it interrupted?
        blank
        > h.jsonl: found nothing in it, expected a header such as {"format":"oversell-history","version":1,"spec":"stock","initial":100}; was the run that wrote it interrupted?
        binary
        > h.jsonl:1: found binary data, expected lines of JSON in UTF-8; is this a history file?
        zeroes after a crash
        > h.jsonl:2: found binary data, expected lines of JSON in UTF-8; is this a history file?
        latin 1
        > h.jsonl:2: found a byte that is not UTF-8 at column 47, expected JSON in UTF-8; convert the file
        header cut off
        > h.jsonl:1: found {"format":"oversell-history","version":1, which is not JSON (EOF while parsing an object, column 40); expected one JSON object a line
        nested too deep
        > h.jsonl:2: found [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…, which is not JSON (EOF while parsing a list, column 200); expected one JSON object a line
        terminal commands
        > h.jsonl:2: found "�[2J", which is not JSON (control character (\u0000-\u001F) found while parsing a string, column 1); expected one JSON object a line
        no end
        > h.jsonl:2: the line is longer than 67108864 bytes, expected one event; is this a history file?
    "#]].assert_eq(&answered);
}

/// An error in the middle of a file is reported with its own line, whatever the lines around it are.
#[test]
fn names_the_line_of_the_first_error_in_a_long_file() {
    let mut file = HEADER.to_owned();
    for number in 0..3_000_u64 {
        let time = number * 2;
        write!(
            file,
            "\n{{\"time\":{time},\"process\":{},\"type\":\"invoke\",\"f\":\"buy\"}}",
            number % 7
        )
        .unwrap();
        let outcome = r#"{"outcome":"bought"}"#;
        let time = time + 1;
        write!(
            file,
            "\n{{\"time\":{time},\"process\":{},\"type\":\"ok\",\"f\":\"buy\",\"value\":{outcome}}}",
            number % 7
        )
        .unwrap();
    }
    let lines: Vec<&str> = file.lines().collect();
    for bad in [2, 3, 1_000, 5_999, 6_001] {
        let mut lines = lines.clone();
        lines[bad - 1] = "{}";
        lines.push("[]");
        let error = history::read("h.jsonl", lines.join("\n").as_bytes()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("h.jsonl:{bad}: the event has no `process`")),
            "{error}"
        );
    }
}
