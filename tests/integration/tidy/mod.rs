//! The source itself: who imports whom, and how long files are.

mod imports;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use imports::{Crate, Edges, circles};

/// The crates, by their folders.
const CRATES: [&str; 4] = ["spec", "checker", "models", "."];

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

/// The code of a file without its comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The crate in this folder, with paths from the project's root.
fn edges(folder: &str) -> (Crate, Edges) {
    let read = Crate::read(&root().join(folder).join("src/lib.rs"));
    let short = |path: &PathBuf| {
        path.strip_prefix(root())
            .unwrap()
            .components()
            .filter(|part| part.as_os_str() != ".")
            .collect()
    };
    let edges = read.edges();
    let edges = edges
        .into_iter()
        .map(|((from, to), names)| ((short(&from), short(&to)), names))
        .collect();
    (read, edges)
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut found = String::new();
    for folder in CRATES {
        let (_, edges) = edges(folder);
        assert!(
            folder == "spec" || edges.len() > 20,
            "{folder}: {} imports; are they read?",
            edges.len()
        );
        for circle in circles(&edges) {
            found += &format!("\nin a circle, {} files of {folder}:\n", circle.len());
            for ((from, to), names) in &edges {
                if circle.contains(from) && circle.contains(to) {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    found += &format!("  {} -> {}: {}\n", from.display(), to.display(), names.join(", "));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found}");
}

/// A row of ARCHITECTURE.md's table.
struct Room {
    folder: String,
    may_use: BTreeSet<String>,
    never: Vec<String>,
}

fn rooms() -> Vec<Room> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| -> Vec<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(ToString::to_string).collect()
    };
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        Room {
            folder: names(cells[1])[0].trim_end_matches('/').to_string(),
            may_use: names(cells[3]).into_iter().collect(),
            never: names(cells[4]),
        }
    })
    .collect()
}

/// The packages of the workspace that a manifest depends on, but for tests.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.strip_prefix("oversell-"));
    names
        .map(|line| line.split(['.', ' ']).next().unwrap_or_default().to_string())
        .collect()
}

/// A room uses what its row says, all of it and nothing else; and nothing of what it never does.
#[test]
fn every_room_uses_what_the_table_says() {
    let rooms = rooms();
    let mut wrong = Vec::new();
    for folder in CRATES {
        let (read, edges) = edges(folder);
        let src = if folder == "." {
            "src".to_string()
        } else {
            format!("{folder}/src")
        };
        if let Some(row) = rooms.iter().find(|row| row.folder == folder)
            && row.may_use != dependencies(folder)
        {
            let of = dependencies(folder);
            wrong.push(format!(
                "{folder}: the table says {:?}, its manifest {of:?}",
                row.may_use
            ));
        }
        let inside: Vec<&Room> = rooms
            .iter()
            .filter(|row| row.folder.starts_with(&format!("{src}/")))
            .collect();
        let room_of = |path: &Path| {
            inside
                .iter()
                .find(|row| path.starts_with(&row.folder) || path == Path::new(&row.folder).with_extension("rs"))
        };
        let mut uses: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges.keys() {
            let (Some(from), Some(to)) = (room_of(from), room_of(to)) else {
                continue;
            };
            if from.folder != to.folder {
                let name = to.folder.rsplit('/').next().unwrap_or_default();
                uses.entry(&from.folder).or_default().insert(name.to_string());
            }
        }
        let externals = read.externals();
        for row in inside {
            let none = BTreeSet::new();
            let used = uses.get(row.folder.as_str()).unwrap_or(&none);
            if *used != row.may_use {
                wrong.push(format!(
                    "{}: the table says {:?}, its imports {used:?}",
                    row.folder, row.may_use
                ));
            }
            for never in &row.never {
                let files = externals.get(never).into_iter().flatten();
                let files = files.filter(|file| file.starts_with(root().join(&row.folder)));
                wrong.extend(files.map(|file| format!("{} names {never}", file.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_short_enough_to_be_one_idea() {
    let mut long = Vec::new();
    for room in [
        "src", "spec", "checker", "models", "tests", "examples", "xtask", "benches",
    ] {
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
    for room in [
        "src", "spec", "checker", "models", "tests", "examples", "xtask", "benches",
    ] {
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
    let folders = [".", "docs", "histories", "checker"].map(|folder| fs::read_dir(root().join(folder)).unwrap());
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
