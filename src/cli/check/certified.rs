//! `oversell check --certificate`: the verdict, with what confirms it.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use oversell_checker::{
    certificate,
    engines::Limits,
    examine::{Certified, certify},
    history::{self, Compression, History, compressed, quoted},
};
use serde_json::json;

use super::{CheckOptions, Exit, Failure, Headline, Source, json, print, read_as_far_as_it_goes, sources};
use crate::cli::{
    catalogue::wrapped,
    exit::{is_standard, print_warning, shown},
    output::{eprintln, println},
    places::{is_standard_output, refuse_to_replace},
    replace::{ensure_writable, named, replace},
};
use crate::report::terminal::Style;

/// Checks one file and writes its certificate to `path`.
pub(super) fn check(options: &CheckOptions, path: &Path, limits: &Limits, style: &Style) -> Result<Exit, Failure> {
    if options.clock_skew.is_some() {
        return Err(Failure::bad_input(
            "found --certificate with --clock-skew, expected one of them: a certificate is about one history file as it is",
        ));
    }
    let sources = sources(&options.paths)?;
    if let Some(unreadable) = sources.iter().find(|source| matches!(source, Source::Unreadable(..))) {
        read_as_far_as_it_goes(unreadable).map_err(Failure::bad_input)?;
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
    refuse_to_replace(path, [source.path()])?;
    if !is_output {
        ensure_writable(path).map_err(|error| not_written(path, &error))?;
    }
    let (history, cut_short) = read_as_far_as_it_goes(source).map_err(Failure::bad_input)?;
    let certified = certify(&history, limits);
    let name = source.name();
    let written = if is_output {
        write(io::stdout().lock(), &name, &history, &certified)
    } else {
        save(path, &name, &history, &certified)
    };
    tell(
        options,
        path,
        &name,
        &history,
        &certified,
        cut_short,
        style,
        written.is_ok(),
    );
    // A certificate that cannot be written must not hide what it is about.
    written.map_err(|error| not_written(path, &error))?;
    Ok(certified.inspection.examination.conclusion.into())
}

/// The verdict, and where what confirms it is, if it is there.
#[allow(clippy::too_many_arguments, reason = "it prints all of them")]
fn tell(
    options: &CheckOptions,
    path: &Path,
    name: &str,
    history: &History,
    certified: &Certified,
    cut_short: Option<&str>,
    style: &Style,
    is_written: bool,
) {
    let inspection = &certified.inspection;
    let not_certified = certified.not_certified().map(|index| history.key(index));
    if options.json {
        let mut line = json::check(name, history, inspection, cut_short);
        line["certificate"] = json!(is_written.then(|| path.display().to_string()));
        line["not_certified"] = json!(not_certified.collect::<Vec<_>>());
        println!("{line}");
    } else if is_standard_output(path) {
        // What it says in full stands in the certificate.
        eprintln!("{}", Headline::of(history, inspection).text(name));
        for key in not_certified {
            print_warning(&without_certificate(key));
        }
    } else {
        print(options, name, history, inspection, style);
        if !is_written {
            return;
        }
        let (name, certificate) = (quoted(name), quoted(path));
        let line = format!(
            "  certificate  {}; confirm it with: oversell verify {name} {certificate}",
            shown(path)
        );
        // A command with a line break within a name could not be copied.
        if [name, certificate].iter().any(|name| name.contains(' ')) {
            println!("{line}");
        } else {
            wrapped(&line, "    ");
        }
        for key in not_certified {
            wrapped(&format!("  {}", without_certificate(key)), "    ");
        }
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

fn write(to: impl Write, name: &str, history: &History, certified: &Certified) -> io::Result<()> {
    // Lines are short, and a compressor takes them in larger pieces more willingly.
    let mut to = BufWriter::with_capacity(1 << 16, to);
    certificate::write(&mut to, name, history, &certified.proofs())?;
    to.flush()
}

fn save(path: &Path, name: &str, history: &History, certified: &Certified) -> io::Result<()> {
    let compression = Compression::of(path).unwrap_or_default();
    replace(path, |file| {
        let mut file = BufWriter::with_capacity(1 << 16, file);
        compressed(compression, &mut file, |to| write(to, name, history, certified))?;
        file.flush()
    })
}
