//! The samples in the documentation are what the program prints.
//!
//! `UPDATE_SAMPLES=1 cargo test --test integration samples` makes them anew.

use std::{fs, path::Path};

use assert_cmd::Command;

/// A file that is in the corpus, so that the output is the same on every machine.
const NAIVE: &str = "histories/bad/naive.jsonl";

fn check(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("oversell")
        .unwrap()
        .args(["check", NAIVE])
        .args(arguments)
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    // The first line says how long it took.
    text.split_once("\n\n").unwrap().1.trim_end().to_owned()
}

/// Compares, or writes when samples are being made anew.
fn is_current(path: &str, expected: &str) {
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is not what the program prints now: run UPDATE_SAMPLES=1 cargo test --test integration samples"
    );
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = fs::read_to_string("README.md").unwrap();
    let (before, rest) = readme.split_once("<!-- sample: naive -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let sample = check(&["--color", "never"]);
    is_current(
        "README.md",
        &format!("{before}<!-- sample: naive -->\n```text\n{sample}\n```\n<!-- end -->{after}"),
    );
}

#[test]
fn the_picture_shows_what_is_printed() {
    let svg = anstyle_svg::Term::new().render_svg(&check(&["--color", "always"]));
    is_current("docs/images/naive.svg", &format!("{}\n", svg.trim_end()));
}
