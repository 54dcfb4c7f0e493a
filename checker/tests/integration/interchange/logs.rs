//! Operations as Jepsen logs them, and histories that say what they are by how they begin.

use oversell_checker::{
    examine::Conclusion,
    interchange::{Format, Reading},
};

use super::{concluded, edn, read, written};

const HISTORY: &str = "0\t:invoke\t:write\t3\n0\t:ok\t:write\t3\n1\t:invoke\t:read\tnil\n1\t:ok\t:read\t2\n";

#[test]
fn columns_are_operations_whatever_the_logger_puts_in_front() {
    for before in [
        "",
        "INFO  jepsen.util - ",
        "2018-10-11 13:05:59,243{GMT}\tINFO\t[jepsen worker 4] jepsen.util: ",
    ] {
        let log: String = HISTORY.lines().map(|line| format!("{before}{line}\n")).collect();
        let log = format!("2018 Setting up the database [{{(\n\n{log}Everything looks good!\n");
        let history = edn(&log);
        assert_eq!(
            (history.operations(), concluded(&history)),
            (2, Conclusion::Violation),
            "{log}"
        );
        let right = log.replace(":read\t2", ":read\t3");
        assert_eq!(concluded(&edn(&right)), Conclusion::Linearizable, "{right}");
        // Blanks are as good as tabs.
        assert_eq!(edn(&log.replace('\t', "  ")), history);
    }
}

#[test]
fn errors_and_the_nemesis_are_told_from_values() {
    let log = "
:nemesis\t:info\t:start\tnil
0\t:invoke\t:write\t3
0\t:info\t:write\t:timed-out
5\t:invoke\t:cas\t[3 4]
5\t:fail\t:cas\t[3 4]\tindeterminate: no such key
6\t:invoke\t:write\t9
6\t:info\t:write\t9\tconnection lost
:nemesis\t:info\t:stop\t\"Cut off {:n1 #{:n2}}\"";
    let converted = read(log, Format::Edn, &Reading::default()).unwrap();
    assert_eq!((converted.faults, converted.history.operations()), (2, 2));
    let text = written(&converted.history, Format::History);
    for why in ["\"timed-out\"", "\"connection lost\""] {
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn pairs_in_a_log_are_recognised() {
    let log = "0\t:invoke\t:write\t[7 3]\n0\t:ok\t:write\t[7 3]\n0\t:invoke\t:read\t[8 nil]\n0\t:ok\t:read\t[8 nil]";
    let history = edn(log);
    assert_eq!((history.key(0), history.key(1)), ("7", "8"));
    assert_eq!(concluded(&history), Conclusion::Linearizable);
}

#[test]
fn a_value_that_is_no_edn_is_an_error_with_its_line() {
    let error = read("start\n0\t:invoke\t:write\t[3", Format::Edn, &Reading::default());
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("h:2: found"), "{error}");
}

#[test]
fn the_beginning_of_a_file_tells_its_format() {
    for (text, format) in [
        (r#"{"format":"oversell-history","version":1}"#, Some(Format::History)),
        ("; a comment\n\n [{:process 0", Some(Format::Edn)),
        ("({:process 0", Some(Format::Edn)),
        ("#jepsen.history.Op{:index 0", Some(Format::Edn)),
        (HISTORY, Some(Format::Edn)),
        (
            r#"[{"ClientId":0,"Input":{},"Call":1"#,
            Some(Format::PorcupineOperations),
        ),
        (
            "{\"header\":{},\n\"events\":[{\"ClientId\":0,\"Kind\":false,\"Id\":0",
            Some(Format::PorcupineEvents),
        ),
        ("ts,user\n1,2", None),
        ("# Text\n\nwith words", None),
        ("", None),
    ] {
        assert_eq!(Format::guess(text.as_bytes()), format, "{text}");
    }
}
