//! `oversell convert`.

use std::fs;

use assert_cmd::Command;
use predicates::str::contains;

fn convert(arguments: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("oversell")
        .unwrap()
        .arg("convert")
        .args(arguments)
        .assert()
}

#[test]
fn goes_there_and_back_by_the_names_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let original = "histories/bad/naive-mixed.jsonl";
    for between in ["h.edn", "h.json", "h.jsonl.zst"] {
        convert(&[original, "-o", &path(between)])
            .success()
            .stderr(contains("operations on 1 key"));
        convert(&[&path(between), "-o", &path("back.jsonl")]).success();
        assert_eq!(
            fs::read_to_string(path("back.jsonl")).unwrap(),
            fs::read_to_string(original).unwrap()
        );
    }
}

#[test]
fn reads_and_writes_the_standard_streams_when_told_the_format() {
    let edn = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value 2}";
    let output = Command::cargo_bin("oversell")
        .unwrap()
        .args("convert - --from edn --spec stock --initial 2 -o - --to history".split(' '))
        .write_stdin(edn)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "{\"format\":\"oversell-history\",\"version\":1,\"spec\":\"stock\",\"initial\":2}\n\
         {\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"value\":null}\n\
         {\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":2}\n"
    );
}

#[test]
fn keeps_one_key() {
    let keep = |key| convert(&["histories/ok/three-items.jsonl", "-o-", "--to=edn", "--key", key]);
    let output = keep("sku-2");
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(
        text.lines().skip(1).all(|line| line.contains(":key \"sku-2\"")),
        "{text}"
    );
    assert!(text.lines().count() > 2, "{text}");
    keep("cars")
        .code(2)
        .stderr(contains("found no operation on key `cars`"));
}

#[test]
fn bad_input_is_exit_code_2_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("h.edn").display().to_string();
    convert(&["histories/README.md", "-o", &out])
        .code(2)
        .stderr(contains("--from"));
    convert(&["nowhere.edn", "-o", &out])
        .code(2)
        .stderr(contains("nowhere.edn: failed to open it"));
    convert(&["histories/README.md", "--from", "edn", "-o", &out])
        .code(2)
        .stderr(contains("README.md:1: found"));
    assert!(!std::path::Path::new(&out).exists());
}

/// Who has a history of another checker is told how to get on.
#[test]
fn check_points_here_for_the_formats_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let check = |file: &str| Command::cargo_bin("oversell").unwrap().args(["check", file]).assert();
    for (file, format) in [("h.edn", "Jepsen's EDN"), ("h.json", "Porcupine's JSON")] {
        convert(&["histories/bad/naive.jsonl", "-o", &path(file)]).success();
        let remedy = format!(
            "If this is {format}: oversell convert {} -o {}",
            path(file),
            path("h.jsonl")
        );
        check(&path(file)).code(2).stderr(contains(remedy));
    }
    convert(&[&path("h.edn"), "-o", &path("h.jsonl")]).success();
    check(&path("h.jsonl")).code(1);
    for name in ["h.txt", "jepsen.log", "none", "edn.jsonl"] {
        fs::copy(path("h.edn"), path(name)).unwrap();
        let remedy = format!(
            "If this is Jepsen's EDN: oversell convert {} --from edn -o ",
            path(name)
        );
        check(&path(name)).code(2).stderr(contains(remedy));
    }
    // What says nothing by its name is told by how it begins.
    convert(&[&path("h.txt"), "-o", &path("back.jsonl")]).success();
    check(&path("back.jsonl")).code(1);
}

/// The process has one stack, so this is tried as a user would.
#[test]
fn edn_nested_without_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("h.edn"), format!("{}{}", "[".repeat(200_000), "]".repeat(200_000))).unwrap();
    convert(&[&path("h.edn"), "-o", &path("h.jsonl")])
        .code(2)
        .stderr(contains("h.edn:1: found [[[[[[[[[["))
        .stderr(contains("nested more than 104 deep"));
}

#[test]
fn logs_and_tables_are_read_from_files_that_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let check = |file: &str| Command::cargo_bin("oversell").unwrap().args(["check", file]).assert();
    let log = "0\t:invoke\t:write\t3\n0\t:ok\t:write\t3\n1\t:invoke\t:read\tnil\n1\t:ok\t:read\t2\n";
    fs::write(path("jepsen.log"), log).unwrap();
    check(&path("jepsen.log"))
        .code(2)
        .stderr(contains("If this is Jepsen's EDN"));
    convert(&[&path("jepsen.log"), "-o", &path("h.jsonl")]).success();
    check(&path("h.jsonl")).code(1);

    let table = "sku;asked_at;told_at;status\na;2024-05-01T10:00:01Z;2024-05-01T10:00:02Z;PAID\n\
                 a;2024-05-01T10:00:01Z;2024-05-01T10:00:03Z;PAID\n";
    fs::write(path("orders.csv"), table).unwrap();
    check(&path("orders.csv")).code(2).stderr(contains("--columns"));
    let columns = "item=sku,asked=asked_at,answered=told_at,outcome=status";
    for (initial, code) in [("1", 1), ("2", 0)] {
        convert(&[
            &path("orders.csv"),
            "-o",
            &path("h.jsonl"),
            "--initial",
            initial,
            "--columns",
            columns,
            "--bought",
            "PAID",
        ])
        .success();
        check(&path("h.jsonl")).code(code);
    }
    for other in ["--spec=register", "--by-lines", "--from=edn"] {
        convert(&[
            &path("orders.csv"),
            "-o",
            &path("h.jsonl"),
            "--initial=1",
            "--columns",
            columns,
            other,
        ])
        .code(2)
        .stderr(contains("cannot be used with"));
    }
    convert(&[&path("orders.csv"), "-o", &path("h.jsonl"), "--columns", "sku"])
        .code(2)
        .stderr(contains("expected a column"));
}
