//! `oversell convert`.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use oversell_checker::{
    engines::memory::{Bytes, held},
    history::{Problem, Spec, number, shown, the_key},
    interchange::{self, Column, Format, Reading, Trouble},
};
use serde_json::Value;

use super::{
    exit::{Exit, Failure},
    explain,
    files::{ensure_output, is_standard_output, not_written, open_input, with_beginning, write_output},
    memory::{MemoryLimit, Within},
    output::{eprintln, print_warning},
    purchases::TableOptions,
};

/// What `convert` takes.
#[derive(Args, Debug)]
pub(super) struct ConvertOptions {
    /// A history: a file, or `-` for standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The file to write, or `-` for standard output. A file that is there is replaced.
    #[arg(short, long, value_name = "OUT")]
    out: PathBuf,
    /// The format of IN [default: what its name says: .jsonl (also .gz, .zst), .edn, .json; else what it
    /// looks like].
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "columns")]
    from: Option<Name>,
    /// The format of OUT [default: what its name says; `history` for standard output].
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Option<Name>,
    /// What the history is about, where IN does not say it and the operations do not tell.
    #[arg(long, value_name = "SPEC", value_parser = spec(), conflicts_with = "columns")]
    spec: Option<Spec>,
    /// What each key holds at the start, as JSON, where IN does not say it [default: null for a register, "" for a store].
    #[arg(long, value_name = "JSON", value_parser = json)]
    initial: Option<Value>,
    /// Leave out the times of IN: the order of its operations is the order of time, as Knossos takes it.
    #[arg(long, conflicts_with = "columns")]
    by_lines: bool,
    /// Are values in EDN `[key value]`, as jepsen.independent has them? For IN, its operations tell as a rule; OUT has them if this is
    /// given.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    independent: Option<bool>,
    /// Only the operations on this key.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    memory: MemoryLimit,
    #[command(flatten)]
    table: TableOptions,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// JSON lines: docs/format.md.
    History,
    /// Jepsen's EDN.
    Edn,
    /// Porcupine's events, as JSON.
    PorcupineEvents,
    /// Porcupine's operations, as JSON.
    PorcupineOperations,
}

impl From<Name> for Format {
    fn from(name: Name) -> Self {
        match name {
            Name::History => Self::History,
            Name::Edn => Self::Edn,
            Name::PorcupineEvents => Self::PorcupineEvents,
            Name::PorcupineOperations => Self::PorcupineOperations,
        }
    }
}

fn spec() -> impl TypedValueParser<Value = Spec> {
    let find = |name: String| Spec::ALL.into_iter().find(|spec| spec.name() == name);
    PossibleValuesParser::new(Spec::ALL.map(Spec::name)).try_map(move |name| find(name).ok_or("it is none of them"))
}

/// A tree of EDN or JSON takes so many times as much memory as its text.
const TREE: u64 = 16;

/// Bytes that writing an operation takes, about: of EDN the lines are kept as text, of Porcupine's lists all of it as a tree.
const fn bytes_each(format: Format) -> u64 {
    match format {
        Format::History => 0,
        Format::Edn => 400,
        Format::PorcupineEvents | Format::PorcupineOperations => 6_500,
    }
}

/// Reads one file, and writes another.
pub(super) fn convert(options: &ConvertOptions) -> Result<Exit, Failure> {
    let to = match options.to {
        None if is_standard_output(&options.out) => Format::History,
        given => format(given, &options.out, "--to")?,
    };
    ensure_output(&options.out, [options.input.as_path()], not_written)?;
    let name = options.input.display().to_string();
    let input = with_beginning(open_input(&options.input, "")?);
    let (beginning, input) =
        input.map_err(|error| Failure::bad_input(format!("{}: cannot be read: {error}", shown(&options.input))))?;
    let table = options.table.table();
    let from = match (&table, format(options.from, &options.input, "--from")) {
        (Some(_), _) => None,
        (None, Ok(format)) => Some(format),
        (None, Err(unknown)) => Some(Format::guess(&beginning).ok_or(unknown)?),
    };
    let reading = Reading {
        spec: options.spec,
        initial: options.initial.clone(),
        by_lines: options.by_lines,
        independent: options.independent,
    };
    let input = match from {
        Some(Format::History) => options.memory.within(input),
        // What is made of a text takes far more than the text.
        _ => Within::new(input, held() + options.memory.bytes() / TREE),
    };
    let read = match (from, &table) {
        (_, Some(table)) => interchange::read_table(&name, input, table, &reading),
        (from, None) => interchange::read(&name, input, from.unwrap_or(Format::History), &reading),
    };
    let mut converted = read.map_err(|error| match &error.trouble {
        Trouble::Unreadable(io) | Trouble::History(Problem::Io(io)) if io.kind() == ErrorKind::OutOfMemory => {
            let part = match from {
                Some(Format::History) => String::new(),
                _ => format!(
                    "\n  What is made of such a text takes some {TREE} times as much, so that part of --limit-memory {} is for the text",
                    Bytes(options.memory.bytes())
                ),
            };
            Failure::undecided(format!("{error}{part}"))
        }
        _ => Failure::bad_input(error),
    })?;
    for warning in &converted.warnings {
        print_warning(warning);
    }
    if converted.raised > 0 {
        eprintln!(
            "{}: the counter may go below zero, and a stock never does: all values are {} higher than in it",
            shown(&options.out),
            number(converted.raised)
        );
    }
    if let Some(key) = &options.key
        && !interchange::keep_key(&mut converted.history, key)
    {
        return Err(Failure::bad_input(format!(
            "{}: found no operation on {}",
            shown(&options.input),
            the_key(key)
        )));
    }
    let history = &converted.history;
    let needed = held() + history.operations() as u64 * bytes_each(to);
    if needed > options.memory.bytes() {
        return Err(Failure::undecided(format!(
            "{}: to write {} in this format takes some {} of memory, expected at most {}; allow more with --limit-memory",
            shown(&options.out),
            explain::operations(history.operations() as u64),
            Bytes(needed),
            Bytes(options.memory.bytes())
        )));
    }
    write_output(&options.out, |out| {
        interchange::write(history, out, to, options.independent == Some(true))
    })
    .map_err(|error| not_written(&options.out, &error))?;
    let table_lacks = table.map_or_else(String::new, |table| {
        let known = |column: Column| table.columns.contains_key(&column);
        let quantity = if known(Column::Quantity) {
            ""
        } else {
            "; each row is 1 unit"
        };
        let lacks = [Column::Item, Column::Buyer, Column::Remaining, Column::Unit]
            .into_iter()
            .filter(|column| !known(*column));
        let lacks: Vec<&str> = lacks.map(Column::name).collect();
        let lacks = if lacks.is_empty() {
            String::new()
        } else {
            format!("; no column says {}", lacks.join(", "))
        };
        quantity.to_string() + &lacks
    });
    eprintln!(
        "{}: {} on {}{}{table_lacks}",
        shown(&options.out),
        explain::operations(history.operations() as u64),
        explain::keys(history.keys()),
        match converted.faults {
            0 => String::new(),
            faults => format!("; {faults} events of no client are kept as `faults` in the header"),
        },
    );
    Ok(Exit::AsExpected)
}

fn format(given: Option<Name>, path: &Path, option: &str) -> Result<Format, Failure> {
    given.map(Format::from).or_else(|| Format::of(path)).ok_or_else(|| {
        Failure::bad_input(format!(
            "the name {} does not say its format: expected .jsonl, .jsonl.gz, .jsonl.zst, .edn or .json; say it with \
             {option}, or what the columns of a table are called with --columns",
            shown(path)
        ))
    })
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("expected JSON, such as 100, null or '\"\"': {error}"))
}
