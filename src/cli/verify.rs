//! `oversell verify`.

use std::path::Path;

use clap::Args;
use oversell_checker::{
    certificate::{self, KeyOutcome, Report},
    history::{self, Excerpt, History, quoted, visible},
};
use serde_json::{Value, json};

use super::{
    check::{Source, read_as_far_as_it_goes},
    exit::{Exit, Failure},
    explain,
    files::{is_standard, open_input},
    memory::MemoryLimit,
    output::{print_json, wrapped},
};

/// What `verify` takes.
#[derive(Args, Debug)]
pub(super) struct VerifyOptions {
    /// The history file, or `-` for standard input.
    #[arg(value_name = "FILE")]
    history: std::path::PathBuf,
    /// The certificate that `oversell check --certificate` wrote, or `-` for standard input.
    #[arg(value_name = "CERTIFICATE")]
    certificate: std::path::PathBuf,
    /// One JSON object on standard output, and nothing else there.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    memory: MemoryLimit,
}

/// Holds a certificate against a history.
pub(super) fn verify(options: &VerifyOptions) -> Result<Exit, Failure> {
    if is_standard(&options.history) && is_standard(&options.certificate) {
        return Err(Failure::bad_input(
            "found `-` for the history and for the certificate, expected it once at most: standard input can be read once",
        ));
    }
    let source = Source::of(&options.history);
    let (history, cut_short) = read_as_far_as_it_goes(&source, options.memory).map_err(|error| {
        let swapped = if error.to_string().contains(certificate::FORMAT) {
            format!(
                "\n  If the history comes second, swap them: oversell verify {} {}",
                quoted(&options.certificate),
                quoted(&options.history)
            )
        } else {
            String::new()
        };
        error.and(&swapped)
    })?;
    let report = confirmed(&history, &options.certificate)?;
    let (verdict, exit) = if report.is_violation() {
        ("violation", Exit::Violation)
    } else if report.is_linearizable() {
        ("linearizable", Exit::AsExpected)
    } else {
        ("not-confirmed", Exit::Undecided)
    };
    if options.json {
        let mut line = line(&source.name(), &options.certificate, &history, verdict, &report);
        if let Some(why) = cut_short {
            line["cut_short"] = why.into();
        }
        print_json(&line);
    } else {
        print(&source.name(), &history, verdict, &report);
    }
    Ok(exit)
}

fn confirmed(history: &History, path: &Path) -> Result<Report, Failure> {
    let name = path.display().to_string();
    let expected = "; expected a certificate that `oversell check --certificate` wrote";
    let file = open_input(path, expected)?;
    certificate::verify(history, &name, file).map_err(Failure::bad_input)
}

fn print(name: &str, history: &History, verdict: &str, report: &Report) {
    let what = match verdict {
        "not-confirmed" => "not confirmed".to_string(),
        verdict => format!("confirmed: {verdict}"),
    };
    let keys = explain::keys(report.keys.len());
    let operations = explain::operations(history.operations() as u64);
    wrapped(&format!("{}: {what}, {operations} on {keys}", visible(name)), "  ");
    for (index, outcome) in report.keys.iter().enumerate() {
        let key = history::the_key(history.key(index));
        match outcome {
            KeyOutcome::Linearizable => {}
            KeyOutcome::Violation { rule, explanation, .. } => {
                let says = if explanation.is_empty() {
                    ""
                } else {
                    "; the checker says:"
                };
                wrapped(&format!("  {key}: violation, confirmed by rule `{rule}`{says}"), "    ");
                // These words are the certificate's, which may be anybody's: no line of theirs looks like one of ours.
                for line in explanation.lines() {
                    wrapped(&format!("    | {}", visible(line)), "    | ");
                }
            }
            other => wrapped(&format!("  {key}: not confirmed: {}", why(other)), "    "),
        }
    }
}

fn why(outcome: &KeyOutcome) -> String {
    match outcome {
        KeyOutcome::Linearizable | KeyOutcome::Violation { .. } => String::new(),
        KeyOutcome::NotCertified => {
            "the certificate says that there is a violation, but has no claim to recompute; `check` looks for it"
                .to_string()
        }
        KeyOutcome::TooLarge { rule } => format!("recomputing rule `{rule}` takes more than `verify` allows"),
        KeyOutcome::Undecided(limit) => format!("the checker did not decide it: `{}`", Excerpt::new(limit)),
    }
}

fn line(name: &str, certificate: &Path, history: &History, verdict: &str, report: &Report) -> Value {
    let mut violations = Vec::new();
    let mut not_confirmed = Vec::new();
    for (index, outcome) in report.keys.iter().enumerate() {
        let key = history.key(index);
        match outcome {
            KeyOutcome::Linearizable => {}
            KeyOutcome::Violation { rule, kind, .. } => {
                violations.push(json!({"key": key, "rule": rule, "kind": kind}));
            }
            other => not_confirmed.push(json!({"key": key, "why": why(other)})),
        }
    }
    json!({
        "file": name,
        "certificate": certificate.display().to_string(),
        "spec": history.header.spec.name(),
        "confirmed": verdict,
        "operations": history.operations(),
        "keys": history.keys(),
        "violations": violations,
        "not_confirmed": not_confirmed,
    })
}
