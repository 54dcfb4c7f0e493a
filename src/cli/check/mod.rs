//! `oversell check`.

mod again;
mod certified;
mod copy;
mod feed;
mod follow;
mod growing;
mod input;
mod merged;
mod piped;
mod sources;
mod watching;

use std::{
    fs::File,
    io::{self, BufReader, Read},
    time::Duration,
};

use oversell_checker::{
    engines::{Limit, Limits},
    examine::{Conclusion, Inspection, inspect},
    history::{self, Header, History, quoted, visible},
};

use super::{
    args::CheckOptions,
    exit::{Exit, Failure, print_error, print_warning, shown},
    explain, json,
    output::println,
};
use crate::report::terminal::Style;

pub(super) use self::sources::{Source, sources};

/// Checks files, one after the other. What cannot be read is reported and does not keep the others from being checked.
pub(super) fn check(options: &CheckOptions) -> Result<Exit, Failure> {
    let limits = Limits {
        configurations: options.limit_configurations,
        time: options.limit_time,
        memory: options.limit_memory.0,
    };
    let style = explain::style(options.ascii);
    if let Some(path) = &options.certificate {
        return certified::check(options, path, &limits, &style);
    }
    if let Some(skew) = options.clock_skew {
        return merged::check(options, skew, &limits, &style);
    }
    if options.follow {
        return follow::follow(options, &limits, &style);
    }
    let mut exit = Exit::AsExpected;
    for source in sources(&options.paths)? {
        let checked = match &source {
            Source::StandardInput => piped::check(options, &limits, &style),
            Source::File(_) | Source::Unreadable(..) => read_as_far_as_it_goes(&source)
                .map(|(history, cut_short)| print_whole(options, &source.name(), &history, cut_short, &limits, &style)),
        };
        exit = exit.worse(checked.unwrap_or_else(|message| {
            print_error(&message);
            Exit::BadInput
        }));
    }
    Ok(exit)
}

/// Checks a history that is in memory, and prints what comes of it.
fn print_whole(
    options: &CheckOptions,
    name: &str,
    history: &History,
    cut_short: Option<&str>,
    limits: &Limits,
    style: &Style,
) -> Exit {
    let inspection = inspect(history, limits);
    if options.json {
        println!("{}", json::check(name, history, &inspection, cut_short));
    } else {
        print(options, name, history, &inspection, style);
    }
    inspection.examination.conclusion.into()
}

pub(super) fn read(source: &Source) -> Result<History, String> {
    read_as_far_as_it_goes(source).map(|(history, _)| history)
}

/// The history, and why there is more of it than what was read, if there is.
pub(super) fn read_as_far_as_it_goes(source: &Source) -> Result<(History, Option<&'static str>), String> {
    let name = source.name();
    let from: Box<dyn Read + Send> = match source {
        Source::StandardInput => Box::new(io::stdin()),
        Source::File(path) => Box::new(File::open(path).map_err(|error| {
            format!(
                "{}: failed to open it: {error}; expected a history file, a folder, or `-`",
                shown(path)
            )
        })?),
        Source::Unreadable(folder, error) => {
            return Err(format!(
                "failed to look into {}: {error}; expected a folder that can be read, as it may hold histories",
                shown(folder)
            ));
        }
    };
    let (history, warnings) = history::read(&name, BufReader::with_capacity(1 << 18, from))
        .map_err(|error| format!("{error}{}", elsewhere(source, &error.to_string())))?;
    let mut cut_short = None;
    for warning in warnings {
        print_warning(&warning);
        cut_short.get_or_insert(warning.notice.cut_short());
    }
    Ok((history, cut_short))
}

/// What to do with what seems to be in the format of another checker, or a schedule.
fn elsewhere(source: &Source, error: &str) -> String {
    let Source::File(path) = source else {
        let no_header =
            error.starts_with("-:1: ") && (error.contains("expected a header") || error.contains("not JSON"));
        return if no_header {
            "\n  If this is Jepsen's EDN: oversell convert - --from edn -o h.jsonl\
             \n  If this is Porcupine's JSON: the same with --from porcupine-events, or -operations"
                .to_string()
        } else {
            String::new()
        };
    };
    if path.to_string_lossy().ends_with(".schedule.json") {
        return format!(
            "\n  If this is a schedule that `oversell prove` saved: oversell replay {}",
            quoted(path)
        );
    }
    let format = match path.extension().and_then(|ending| ending.to_str()) {
        Some("edn") => "Jepsen's EDN",
        Some("json") => "Porcupine's JSON",
        _ => return String::new(),
    };
    let converted = path.with_extension("jsonl");
    format!(
        "\n  If this is {format}: oversell convert {} -o {}",
        quoted(path),
        quoted(&converted)
    )
}

fn print(options: &CheckOptions, name: &str, history: &History, inspection: &Inspection, style: &Style) {
    Headline::of(history, inspection).print(name);
    print_details(options, name, history, inspection, style);
}

/// What is said in the first line, whichever way the history was read.
struct Headline<'a> {
    conclusion: Conclusion,
    header: &'a Header,
    operations: u64,
    keys: usize,
    took: Duration,
}

impl<'a> Headline<'a> {
    fn of(history: &'a History, inspection: &Inspection) -> Self {
        Self {
            conclusion: inspection.examination.conclusion,
            header: &history.header,
            operations: history.operations() as u64,
            keys: history.keys(),
            took: inspection.examination.elapsed,
        }
    }

    fn text(&self, name: &str) -> String {
        format!(
            "{}: {}{}, {} on {} in {:.3} s",
            visible(name),
            explain::conclusion(self.conclusion),
            match self.header.metadata.get("strategy").and_then(|name| name.as_str()) {
                Some(strategy) => format!(" ({})", visible(strategy)),
                None => String::new(),
            },
            explain::operations(self.operations),
            explain::keys(self.keys),
            self.took.as_secs_f64(),
        )
    }

    fn print(&self, name: &str) {
        println!("{}", self.text(name));
        if self.operations == 0 && self.keys == 0 {
            println!("  It holds no operation, so this says nothing: was its run interrupted?");
        }
    }
}

fn print_details(options: &CheckOptions, name: &str, history: &History, inspection: &Inspection, style: &Style) {
    for undecided in &inspection.examination.undecided {
        let hint = match undecided.what {
            Limit::Interrupted => "",
            _ => "; raise --limit-time, --limit-memory or --limit-configurations",
        };
        println!(
            "  {}: not decided: {}{hint}",
            history::the_key(history.key(undecided.index)),
            undecided.what
        );
    }
    explain::file(options.explain, name, history, inspection, style);
}
