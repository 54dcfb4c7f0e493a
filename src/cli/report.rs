//! `oversell report`.

use std::{fs, path::Path};

use anstream::eprintln;

use super::{
    args::ReportOptions,
    check::{Source, read, sources},
    exit::{Exit, Failure, print_error},
    explain,
};
use crate::{
    checker::Limits,
    history::History,
    prove,
    report::page::{self, Extent, Play, Subject},
    strategy,
    trial::{self, Conclusion, Inspection, inspect},
};

/// Checks files and writes one page about them. What cannot be read is reported and does not keep the others from the page.
pub(super) fn report(options: &ReportOptions) -> Result<Exit, Failure> {
    let limits = Limits {
        time: options.limit_time,
        ..Limits::default()
    };
    let mut exit = Exit::AsExpected;
    let mut read_files: Vec<(Source, History, Inspection)> = Vec::new();
    for source in sources(&options.paths)? {
        match read(&source) {
            Err(message) => {
                print_error(&message);
                exit = Exit::BadInput;
            }
            Ok(history) => {
                let inspection = inspect(&history, &limits);
                read_files.push((source, history, inspection));
            }
        }
    }
    // A page about nothing would look like a pass.
    if read_files.is_empty() {
        return Ok(exit);
    }
    let subjects: Vec<Subject<'_>> = read_files
        .iter()
        .map(|(source, history, inspection)| {
            explain::with_about(&source.name(), history, |about| {
                trial::subject(&source.name(), history, inspection, about)
            })
        })
        .collect();
    let extent = Extent {
        timeline: !options.counterexample_only,
        operations: options.operations,
        plays: plays(&read_files),
    };
    write(&options.out, &subjects, &extent)?;
    let conclusions = read_files
        .iter()
        .map(|(_, _, inspection)| inspection.examination.conclusion);
    Ok(conclusions.fold(exit, |exit, conclusion| exit.worse(conclusion.into())))
}

/// What can be tried out beside a violation: the strategy that violates, if it is one of the catalogue that can be
/// explored, or else `naive`; and safe ones to compare it with.
fn plays(files: &[(Source, History, Inspection)]) -> Vec<Play> {
    let violating: Vec<&History> = files
        .iter()
        .filter(|(_, _, inspection)| inspection.examination.conclusion == Conclusion::Violation)
        .map(|(_, history, _)| history)
        .collect();
    if violating.is_empty() {
        return Vec::new();
    }
    let named = violating
        .iter()
        .find_map(|history| history.header.metadata.get("strategy")?.as_str());
    let of = |name: &str| prove::play(&strategy::find(name)?.strategy).ok().flatten();
    let breaks = |play: &Play| {
        play.nodes
            .iter()
            .any(|node| i128::from(node.told) > i128::from(play.stock))
    };
    let broken = named.and_then(of).filter(breaks).or_else(|| of("naive"));
    broken
        .into_iter()
        .chain(["watch", "lua"].into_iter().filter_map(of))
        .collect()
}

/// Writes a page and says where it is.
pub(super) fn write(path: &Path, subjects: &[Subject<'_>], extent: &Extent) -> Result<(), Failure> {
    let html = page::render(subjects, extent).map_err(Failure::bad_input)?;
    fs::write(path, &html)
        .map_err(|error| Failure::bad_input(format!("failed to write {}: {error}", path.display())))?;
    eprintln!(
        "{}: {} kB, open it in a browser",
        path.display(),
        html.len().div_ceil(1000)
    );
    Ok(())
}
