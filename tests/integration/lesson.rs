//! The lesson shows what the code says and the program prints.
//!
//! `UPDATE_SAMPLES=1 cargo test --test integration lesson` makes what is the same on every machine anew;
//! `cargo run --release -p xtask --bin lesson -- --measure` measures the rest, too.

#[path = "../../xtask/src/bin/lesson/intervals.rs"]
mod intervals;
#[path = "../../xtask/src/bin/lesson/samples.rs"]
mod samples;

use std::{fs, path::Path};

use assert_cmd::Command;

use samples::{FOLDER, chapters, current, measure};

fn oversell(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("oversell")
        .unwrap()
        .args(arguments)
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn chapter(name: &str) -> String {
    fs::read_to_string(Path::new(FOLDER).join(name)).unwrap()
}

#[test]
fn the_lesson_is_current() {
    let mut old = Vec::new();
    for file in current(&oversell) {
        if std::env::var_os("UPDATE_SAMPLES").is_some() {
            fs::create_dir_all(Path::new(&file.path).parent().unwrap()).unwrap();
            fs::write(&file.path, &file.text).unwrap();
        }
        let found = fs::read_to_string(&file.path).unwrap_or_default();
        if found != file.text {
            let differs = found.lines().zip(file.text.lines()).find(|(found, new)| found != new);
            old.push((file.path, differs.map(|(found, new)| format!("{found} -> {new}"))));
        }
    }
    assert!(
        old.is_empty(),
        "not what is said and printed now: {old:#?}; run UPDATE_SAMPLES=1 cargo test --test integration lesson"
    );
}

/// Every link leads somewhere, and every picture is shown.
#[test]
fn links_and_pictures_are_there() {
    let mut shown = std::collections::BTreeSet::new();
    for name in chapters() {
        let text = chapter(&name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let target = target.0.split('#').next().unwrap();
            if target.is_empty() || target.starts_with("http") {
                continue;
            }
            let path = Path::new(FOLDER).join(target);
            assert!(path.exists(), "{name} leads to {target}, which is not there");
            shown.insert(target.to_string());
        }
    }
    for entry in fs::read_dir(Path::new(FOLDER).join("images")).unwrap() {
        let picture = format!("images/{}", entry.unwrap().file_name().to_str().unwrap());
        assert!(shown.contains(&picture), "{picture} is shown nowhere");
    }
}

/// It can be read in twenty minutes, and what was measured says when.
#[test]
fn the_lesson_is_short_and_its_figures_are_dated() {
    let words: usize = chapters().iter().map(|name| measure(&chapter(name)).0).sum();
    assert!((3_000..=4_800).contains(&words), "{words} words");
    let mut figures = 0;
    for name in chapters() {
        for measured in chapter(&name).split("<!-- measured -->\n").skip(1) {
            assert!(measured.starts_with("Measured on 20"), "{name}: {measured}");
            figures += 1;
        }
    }
    assert_eq!(figures, 2);
}

/// Every broken strategy of the catalogue is told of, and every cure.
#[test]
fn the_lesson_tells_of_the_whole_catalogue() {
    let all: String = chapters().iter().map(|name| chapter(name)).collect();
    for entry in oversell::strategy::catalogue() {
        let name = entry.strategy.info().name;
        assert!(all.contains(&format!("`{name}`")), "the lesson does not tell of {name}");
    }
}
