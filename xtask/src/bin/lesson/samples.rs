//! The marked samples of the lesson: code as it stands in the repository, and what commands print.
//!
//! A sample begins with a marker and ends with `<!-- end -->`; what stands between is made anew. A picture's marker stands
//! for itself. Everything here says the same on every machine.
//!
//! | marker | becomes |
//! | --- | --- |
//! | `<!-- code: FILE: FIRST LINE: … -->` | the item that begins there, each part looked for after the one before |
//! | `<!-- run: oversell … -->` | the command, and what it prints; with ` \| tail -N` behind it, the last lines |
//! | `<!-- terminal: PICTURE: oversell … -->` | a picture of what it prints on a terminal |
//! | `<!-- intervals: PICTURE: FILE -->` | a picture of a history, see `intervals` |
//! | `<!-- measured -->` | stays as it is: figures of one day (`measure`) |
//! | `<!-- contents -->` | the chapters, with the time they take |

use std::{fs, path::Path};

use super::intervals;

/// Where the lesson is.
pub(crate) const FOLDER: &str = "docs/lesson";
/// The folder in which commands of the lesson save schedules; it stands for one that is thrown away.
const SAVED: &str = "histories/failed";
const END: &str = "<!-- end -->";
/// Words of plain text that are read in a minute, and lines of code or of a drawing.
const WORDS_A_MINUTE: usize = 230;
const LINES_A_MINUTE: usize = 120;

/// Runs `oversell` with these arguments and gives what it prints.
pub(crate) type Run<'a> = &'a dyn Fn(&[&str]) -> String;

/// A file as it should be.
pub(crate) struct Current {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The chapters as they are, the index first.
pub(crate) fn chapters() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(FOLDER)
        .expect("the lesson is here: run this in the folder of the repository")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "md"))
        .collect();
    // Chapters begin with their number.
    names.sort_by_key(|name| (name != "README.md", name.clone()));
    names
}

/// Every file of the lesson as it should be: the chapters, their pictures, and the index with the times.
pub(crate) fn current(run: Run<'_>) -> Vec<Current> {
    let folder = tempfile::tempdir().expect("a folder for what is saved");
    let saved = folder.path().display().to_string();
    let run = |arguments: &str| {
        let arguments = arguments.replace(SAVED, &saved);
        let mut arguments: Vec<&str> = arguments.split(' ').collect();
        if arguments.first() == Some(&"prove") {
            arguments.extend(["--out", &saved]);
        }
        lasting(&run(&arguments).replace(&saved, SAVED))
    };
    let mut files = Vec::new();
    let mut contents = String::from("| chapter | minutes |\n| --- | --- |\n");
    let mut all = 0;
    for name in chapters().into_iter().filter(|name| name != "README.md") {
        let text = renewed(&read(&name), &run, "", &mut files);
        let minutes = minutes(&text);
        all += minutes;
        let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        contents += &format!("| [{title}]({name}) | {minutes} |\n");
        files.push(Current {
            path: format!("{FOLDER}/{name}"),
            text,
        });
    }
    contents += &format!("| all | {all} |\n");
    let text = renewed(&read("README.md"), &run, &contents, &mut files);
    files.push(Current {
        path: format!("{FOLDER}/README.md"),
        text,
    });
    files
}

fn read(name: &str) -> String {
    fs::read_to_string(format!("{FOLDER}/{name}")).expect("a chapter can be read")
}

/// The chapter with its samples made anew.
fn renewed(chapter: &str, run: &dyn Fn(&str) -> String, contents: &str, files: &mut Vec<Current>) -> String {
    let mut text = String::new();
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        text += line;
        text.push('\n');
        let Some(marker) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) else {
            continue;
        };
        let (what, of) = marker.split_once(": ").unwrap_or((marker, ""));
        let picture = |(name, of): (&str, &str), svg: &dyn Fn(&str) -> String| Current {
            path: format!("{FOLDER}/{name}"),
            text: svg(of),
        };
        let two = || of.split_once(": ").unwrap_or_else(|| panic!("`{line}` lacks a part"));
        let sample = match what {
            "code" => code(of),
            "run" => format!("```console\n$ {of}\n{}\n```\n", printed(of, "never", run)),
            "terminal" => {
                files.push(picture(two(), &|of| {
                    let svg = anstyle_svg::Term::new().render_svg(&printed(of, "always", run));
                    format!("{}\n", svg.trim_end())
                }));
                continue;
            }
            "intervals" => {
                files.push(picture(two(), &intervals::svg));
                continue;
            }
            "contents" => contents.to_string(),
            "measured" | "end" => continue,
            _ => panic!("`{line}` is no marker of a sample"),
        };
        text += &sample;
        let end = lines.by_ref().find(|line| *line == END);
        assert!(end.is_some(), "`{line}` has no `{END}`");
        text += END;
        text.push('\n');
    }
    text
}

/// What `oversell …` prints, or the end of it.
fn printed(command: &str, colour: &str, run: &dyn Fn(&str) -> String) -> String {
    let (command, last) = match command.split_once(" | tail -") {
        Some((command, last)) => (command, last.parse().expect("a number of lines")),
        None => (command, usize::MAX),
    };
    let arguments = command
        .strip_prefix("oversell ")
        .unwrap_or_else(|| panic!("`{command}` is not `oversell …`"));
    let text = run(&format!("{arguments} --color {colour}"));
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(last)..].join("\n")
}

/// What is printed without what differs from run to run: how long it took, and which server it was.
fn lasting(printed: &str) -> String {
    let mut lines = Vec::new();
    for line in printed.trim_end().lines() {
        let timed = line.rsplit_once([' ', '\u{a0}']).filter(|(_, unit)| *unit == "s");
        let time = timed.and_then(|(line, _)| line.rsplit_once(' '));
        let untimed = time
            .filter(|(_, time)| time.parse::<f64>().is_ok())
            .map(|(line, _)| line);
        let line = untimed.map_or(line, |line| line.trim_end_matches(" in").trim_end_matches(','));
        let line = match line.split_once(" (redis ").or_else(|| line.split_once(" (valkey ")) {
            Some((before, after)) if before.ends_with("a real server") => {
                format!("{before}{}", after.split_once(')').map_or("", |(_, rest)| rest))
            }
            _ => line.to_string(),
        };
        lines.push(line);
    }
    lines.join("\n")
}

/// Code as it stands in a file: all of it, or the item whose first line holds the last of the parts.
fn code(of: &str) -> String {
    let mut parts = of.split(": ");
    let path = parts.next().unwrap_or_default();
    let file = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let language = if path.ends_with(".lua") { "lua" } else { "rust" };
    let lines: Vec<&str> = file.lines().collect();
    let mut first = 0;
    let mut whole = true;
    for part in parts {
        let found = lines[first..].iter().position(|line| line.contains(part));
        first += found.unwrap_or_else(|| panic!("{path} has no `{part}`"));
        whole = false;
    }
    let indent = lines[first].len() - lines[first].trim_start().len();
    let closes = format!("{}}}", " ".repeat(indent));
    let last = lines[first..]
        .iter()
        .position(|line| *line == closes)
        .filter(|_| !whole);
    let last = last.map_or(lines.len(), |length| first + length + 1);
    let item: Vec<&str> = lines[first..last]
        .iter()
        .map(|line| line.get(indent..).unwrap_or(""))
        .collect();
    format!("```{language}\n// {path}\n{}\n```\n", item.join("\n")).replace("```lua\n// ", "```lua\n-- ")
}

/// How long a chapter takes to read.
fn minutes(text: &str) -> usize {
    let (words, drawn) = measure(text);
    (words as f64 / WORDS_A_MINUTE as f64 + drawn as f64 / LINES_A_MINUTE as f64).round() as usize
}

/// Words of plain text, and lines of code and of drawings.
pub(crate) fn measure(text: &str) -> (usize, usize) {
    let (mut words, mut drawn, mut fenced) = (0, 0, false);
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            drawn += usize::from(!line.trim().is_empty());
        } else if !line.starts_with("<!--") {
            words += line
                .split_whitespace()
                .filter(|word| word.contains(char::is_alphanumeric))
                .count();
        }
    }
    (words, drawn)
}
