//! `oversell check --certificate`: the verdict, with what confirms it.

use std::{
    io::{self, BufWriter, Write as _},
    path::Path,
};

use oversell_checker::{
    certificate,
    examine::certify,
    history::{self, quoted, shown},
};
use serde_json::json;

use super::{
    checked::{Checked, Shown},
    options::CheckOptions,
    reading::read_as_far_as_it_goes,
    sources::{Source, sources},
};
use crate::cli::{
    exit::{Exit, Failure},
    files::{ensure_output, is_standard, is_standard_output, named, write_output},
    output::{filled, print_warning},
};

/// Checks one file and writes its certificate to `path`.
pub(super) fn check(options: &CheckOptions, path: &Path) -> Result<Exit, Failure> {
    if options.clock_skew.is_some() {
        return Err(Failure::bad_input(
            "found --certificate with --clock-skew, expected one of them: a certificate is about one history file as it is",
        ));
    }
    let sources = sources(&options.paths)?;
    if let Some(unreadable) = sources.iter().find(|source| matches!(source, Source::Unreadable(..))) {
        read_as_far_as_it_goes(unreadable, options.memory)?;
    }
    let [source] = sources.as_slice() else {
        return Err(Failure::bad_input(format!(
            "found {} histories for one --certificate, expected one: run `check` for each, with a certificate of its own",
            sources.len()
        )));
    };
    let is_output = is_standard_output(path);
    if is_output && options.json {
        return Err(Failure::bad_input(format!(
            "found --json with --certificate {}, expected one of them: both go to standard output; give the certificate a file",
            shown(path)
        )));
    }
    ensure_output(path, [source.path()], not_written)?;
    let (history, cut_short) = read_as_far_as_it_goes(source, options.memory)?;
    let certified = certify(&history, &options.limits());
    let name = source.name();
    let written = write_output(path, |to| {
        // Lines are short, and a compressor takes them in larger pieces more willingly.
        let mut to = BufWriter::with_capacity(1 << 16, to);
        certificate::write(&mut to, &name, &history, &certified.proofs())?;
        to.flush()
    });
    let not_certified = certified.not_certified().map(|index| history.key(index).to_string());
    let not_certified: Vec<String> = not_certified.collect();
    let mut checked = Checked::whole(name, Shown::whole(history, certified.inspection), cut_short);
    let without = not_certified.iter().map(|key| without_certificate(key));
    // A certificate that cannot be written must not hide what it is about.
    let exit = if is_output {
        // What it says in full stands in the certificate.
        let exit = checked.print_aside();
        without.for_each(|warning| print_warning(&warning));
        exit
    } else {
        if written.is_ok() {
            checked.notes.push(confirm(&checked.name, path));
            checked.notes.extend(without.map(|note| filled(&note, "    ")));
        }
        let path = written.is_ok().then(|| path.display().to_string());
        checked.fields.insert("certificate".to_string(), json!(path));
        checked.fields.insert("not_certified".to_string(), json!(not_certified));
        checked.print(options)
    };
    written.map_err(|error| not_written(path, &error))?;
    Ok(exit)
}

/// Where the certificate is, and what is done with it.
fn confirm(name: &str, path: &Path) -> String {
    let (name, certificate) = (quoted(name), quoted(path));
    let note = format!(
        "certificate  {}; confirm it with: oversell verify {name} {certificate}",
        shown(path)
    );
    // A command with a line break within a name could not be copied.
    if [name, certificate].iter().any(|name| name.contains(' ')) {
        note
    } else {
        filled(&note, "    ")
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    let to = if is_standard(path) { "to " } else { "" };
    Failure::bad_input(format!("failed to write the certificate {to}{}: {error}", named(path)))
}

fn without_certificate(key: &str) -> String {
    format!(
        "{}: violation, no independent certificate: none of the rules that `verify` knows shows it",
        history::the_key(key)
    )
}
