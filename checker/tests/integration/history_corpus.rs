//! The corpus in `histories/`: what its README says of each file is so.

use std::{collections::BTreeSet, fs, io::BufReader, path::Path};

use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, inspect},
    history::{self, History, Spec},
};

/// One row of the README's tables.
struct Row {
    file: String,
    /// Kind of violation, and size of the counterexample where there is one to show.
    bad: Option<(String, Option<usize>)>,
}

fn rows() -> Vec<Row> {
    let readme = fs::read_to_string("../histories/README.md").unwrap();
    let tables = readme.lines().filter(|line| line.starts_with("| `"));
    let cells = tables.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    cells
        .map(|cells| {
            let file = cells[1].trim_matches('`').to_owned();
            let bad = file
                .starts_with("bad/")
                .then(|| (cells[2].to_owned(), cells[3].parse().ok()));
            Row { file, bad }
        })
        .collect()
}

fn open(file: &str) -> History {
    let path = Path::new("../histories").join(file);
    let from = BufReader::new(fs::File::open(path).unwrap());
    let (history, warnings) = history::read(file, from).unwrap();
    assert_eq!(warnings, []);
    history
}

#[test]
fn every_file_has_a_row_and_every_row_a_file() {
    let named: Vec<String> = rows().into_iter().map(|row| row.file).collect();
    let mut there = BTreeSet::new();
    for folder in ["ok", "bad"] {
        for entry in fs::read_dir(Path::new("../histories").join(folder)).unwrap() {
            there.insert(format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
    }
    assert_eq!(named.len(), there.len());
    assert_eq!(BTreeSet::from_iter(named), there);
}

#[test]
fn verdict_kind_and_size_are_as_the_readme_says() {
    for Row { file, bad } in rows() {
        let history = open(&file);
        let inspection = inspect(&history, &Limits::default());
        let finding = inspection.findings.first();
        match &bad {
            None => assert_eq!(inspection.examination.conclusion, Conclusion::Linearizable, "{file}"),
            Some((kind, size)) => {
                assert_eq!(inspection.examination.conclusion, Conclusion::Violation, "{file}");
                let found = finding.map(|finding| finding.finding.kind().name());
                assert_eq!(found.unwrap_or("not-linearizable"), kind, "{file}");
                if history.header.spec == Spec::Stock {
                    let found = finding.map(|finding| finding.finding.operations());
                    assert_eq!(found, *size, "{file}");
                }
            }
        }
    }
}
