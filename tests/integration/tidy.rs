//! The source itself: who imports whom, and how long files are.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What each room must not name. `cli` may name everything.
const NEVER: &[(&str, &[&str])] = &[
    (
        "models/src",
        &[
            "std::net",
            "std::fs",
            "std::time::Instant",
            "std::time::SystemTime",
            "oversell::",
        ],
    ),
    (
        "src/history",
        &[
            "tokio::",
            "redis::",
            "crate::checker",
            "crate::strategy",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::server",
        ],
    ),
    (
        "src/certificate",
        &[
            "tokio::",
            "redis::",
            "std::fs",
            "crate::checker",
            "crate::counterexample",
            "crate::strategy",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::report",
            "crate::server",
        ],
    ),
    (
        "src/interchange",
        &[
            "tokio::",
            "redis::",
            "std::fs",
            "crate::checker",
            "crate::strategy",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::report",
            "crate::server",
        ],
    ),
    (
        "src/checker",
        &[
            "tokio::",
            "redis::",
            "std::fs",
            "crate::strategy",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::report",
            "crate::counterexample",
            "crate::server",
        ],
    ),
    (
        "src/counterexample",
        &[
            "tokio::",
            "redis::",
            "std::fs",
            "crate::strategy",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::report",
            "crate::server",
        ],
    ),
    (
        "src/report",
        &[
            "tokio::",
            "redis::",
            "crate::strategy",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::server",
        ],
    ),
    (
        "src/strategy",
        &[
            "crate::checker",
            "crate::history",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::report",
            "crate::server",
            "std::fs",
        ],
    ),
    (
        "src/server",
        &[
            "crate::checker",
            "crate::history",
            "crate::strategy",
            "crate::stress",
            "crate::cli",
            "crate::trial",
            "crate::report",
            "crate::recorder",
        ],
    ),
    (
        "src/recorder",
        &[
            "crate::report",
            "crate::cli",
            "crate::trial",
            "crate::checker",
            "crate::stress",
            "std::fs",
        ],
    ),
    (
        "src/stress",
        &[
            "crate::report",
            "crate::cli",
            "crate::trial",
            "crate::checker",
            "crate::counterexample",
            "std::fs",
        ],
    ),
    (
        "src/prove",
        &[
            "tokio::",
            "crate::cli",
            "crate::trial",
            "crate::stress",
            "crate::server",
            "crate::replay",
        ],
    ),
    (
        "src/replay",
        &["crate::cli", "crate::trial", "crate::stress", "std::fs"],
    ),
    ("src/trial", &["crate::cli"]),
];

/// One idea a file: what is longer deserves a hard look.
const LONGEST: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(below: &Path) -> Vec<PathBuf> {
    if below.is_file() {
        return vec![below.to_path_buf()];
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file without its comments and its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_room_keeps_to_its_imports() {
    let mut wrong = Vec::new();
    for (room, never) in NEVER {
        for path in sources(&root().join(room)) {
            let code = code(&path);
            // `use crate::{a, b}` is unfolded far enough for the first level of names.
            let flat = code.replace(char::is_whitespace, "");
            let imported: Vec<String> = flat
                .split("usecrate::{")
                .skip(1)
                .flat_map(|rest| first_level(rest.split(";").next().unwrap_or_default()))
                .map(|name| format!("crate::{name}"))
                .collect();
            for name in never.iter() {
                if code.contains(name) || imported.iter().any(|import| import == name) {
                    wrong.push(format!("{} names {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names at the first level of `a::b, c::{d, e}, f}`.
fn first_level(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![String::new()];
    for character in list.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            _ if depth == 0 => names.last_mut().unwrap().push(character),
            _ => {}
        }
    }
    names
        .into_iter()
        .map(|name| name.split("::").next().unwrap_or_default().to_string())
        .collect()
}

#[test]
fn the_import_test_sees_nested_imports() {
    assert_eq!(first_level("a::b,c::{d,e},f}"), ["a", "c", "f"]);
}

#[test]
fn files_stay_short_enough_to_be_one_idea() {
    let mut long = Vec::new();
    for room in ["src", "models/src", "tests", "examples"] {
        for path in sources(&root().join(room)) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            if lines > LONGEST {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn scripts_say_what_they_take_and_answer() {
    for entry in fs::read_dir(root().join("lua")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for part in ["-- KEYS[1]", "-- reply"] {
            assert!(text.contains(part), "{} has no line `{part}`", path.display());
        }
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let mut found = Vec::new();
    for room in ["src", "models/src", "tests", "examples"] {
        for path in sources(&root().join(room)) {
            let code = code(&path);
            for mark in [
                concat!("to", "do!("),
                concat!("unimple", "mented!("),
                concat!("#[ig", "nore"),
            ] {
                if code.contains(mark) {
                    found.push(format!("{}: {mark}", path.display()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Links between documents lead to files that exist.
#[test]
fn links_in_documents_lead_somewhere() {
    let mut checked = 0;
    let folders = [".", "docs", "histories"].map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let there = path.parent().unwrap().join(file);
            assert!(there.exists(), "{}: {target} is not there", path.display());
            checked += 1;
        }
    }
    assert!(checked > 5, "{checked} links: are the documents gone?");
}
