//! Reads a history whole.

use std::path::Path;

use oversell_checker::{
    history::{self, History, quoted, shown},
    interchange::Format,
};

use super::sources::Source;
use crate::cli::{
    exit::{Exit, Failure},
    files::{open_input, with_beginning},
    memory::MemoryLimit,
    output::print_warning,
};

/// The history.
pub(in crate::cli) fn read(source: &Source, memory: MemoryLimit) -> Result<History, Failure> {
    read_as_far_as_it_goes(source, memory).map(|(history, _)| history)
}

/// The history, and why there is more of it than what was read, if there is.
pub(in crate::cli) fn read_as_far_as_it_goes(
    source: &Source,
    memory: MemoryLimit,
) -> Result<(History, Option<&'static str>), Failure> {
    let name = source.name();
    if let Source::Unreadable(folder, error) = source {
        return Err(Failure::bad_input(format!(
            "failed to look into {}: {error}; expected a folder that can be read, as it may hold histories",
            shown(folder)
        )));
    }
    let from = open_input(source.path(), "; expected a history file, a folder, or `-`")?;
    let (history, warnings) = history::read(&name, memory.within(from)).map_err(|error| {
        let failure = Failure::of_reading(&error);
        let instead = match failure.exit() {
            Exit::Undecided => INSTEAD.to_string(),
            _ => elsewhere(source, &error.to_string()),
        };
        failure.and(&instead)
    })?;
    let mut cut_short = None;
    for warning in warnings {
        print_warning(&warning);
        cut_short.get_or_insert(warning.notice.cut_short());
    }
    Ok((history, cut_short))
}

/// What to do with what does not fit into memory.
const INSTEAD: &str =
    "\n  If its lines are in order of time, it needs far less as it comes: oversell check --follow - < FILE";

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
    let mut converted = path.with_extension("jsonl");
    if converted == *path {
        converted = path.with_extension("history.jsonl");
    }
    let (from, to) = (quoted(path), quoted(&converted));
    let named = Format::of(path).filter(|format| *format != Format::History);
    let (format, option) = match named.or_else(|| guess(path)) {
        Some(Format::Edn) => ("Jepsen's EDN", " --from edn"),
        Some(Format::PorcupineEvents | Format::PorcupineOperations) => ("Porcupine's JSON", " --from porcupine-events"),
        None if error.contains("header such as {\"") || error.contains("no `format`") => {
            return format!(
                "\n  If each line is a purchase (CSV, or JSON): oversell convert {from} -o {to} --columns \
                 'asked=…,answered=…,outcome=…'"
            );
        }
        _ => return String::new(),
    };
    let option = if named.is_some() { "" } else { option };
    format!("\n  If this is {format}: oversell convert {from}{option} -o {to}")
}

/// What the file looks like.
fn guess(path: &Path) -> Option<Format> {
    let (beginning, _) = with_beginning(open_input(path, "").ok()?).ok()?;
    Format::guess(&beginning)
}
