//! What `oversell` and `oversell run` take.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use oversell_checker::history::Compression;

use super::{
    explain::Explain,
    script::ScriptOptions,
    shop::{Named, named},
    values::{patience, time, whole},
};
use crate::recorder::Recording;

/// What `run` takes.
#[derive(Args, Debug)]
pub(super) struct RunCommand {
    /// Names from `oversell strategies`, or shop files (*.toml).
    #[arg(value_name = "STRATEGY", conflicts_with = "script", value_parser = named())]
    pub(super) strategies: Vec<Named>,
    #[command(flatten)]
    pub(super) script: ScriptOptions,
    /// With --redis: `put` of a shop file may write keys that have no {item} in them.
    #[arg(long)]
    pub(super) overwrite: bool,
    #[command(flatten)]
    pub(super) options: RunOptions,
}

/// The options, with which all strategies are run where there is no command.
#[derive(Args, Debug)]
pub(super) struct RunOptions {
    /// Clients at once, each with one operation in flight.
    #[arg(long, value_name = "N", default_value_t = 16, allow_negative_numbers = true, value_parser = whole::<u16>(1..=4096))]
    pub(super) clients: u16,
    /// Units of each item on sale.
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true, value_parser = whole::<u64>(0..=1_000_000_000_000))]
    pub(super) stock: u64,
    /// Where every random choice comes from [default: drawn and printed].
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(super) seed: Option<u64>,
    /// Units in one purchase: a number, or a range such as 1..3 [default: 1, or what provokes the strategy].
    #[arg(long, value_name = "N[..N]", allow_hyphen_values = true, value_parser = quantity)]
    pub(super) quantity: Option<RangeInclusive<u64>>,
    /// Share of operations that read the stock, 0 to 1.
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, default_value_t = 0.0, value_parser = share)]
    pub(super) read_ratio: f64,
    /// Share of operations that put units back, 0 to 1.
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, default_value_t = 0.0, value_parser = share)]
    pub(super) restock_ratio: f64,
    /// Items sold one after the other [default: until about 10,000 operations or 1.5 seconds].
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(1..=u64::MAX))]
    pub(super) rounds: Option<u64>,
    /// Stop a strategy after so many operations.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(1..=u64::MAX))]
    pub(super) operations: Option<u64>,
    /// Stop a strategy after this time, such as 10s or 1h30m. However long it is, memory stays the same.
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true, value_parser = some_time)]
    pub(super) duration: Option<Duration>,
    /// Check while the clients act, and stop a strategy at its first violation.
    #[arg(long)]
    pub(super) stop_on_violation: bool,
    /// How long a client waits for an answer before it gives the operation up as unknown.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "5s", value_parser = patience)]
    pub(super) timeout: Duration,
    /// Clients stall now and then for this long, at the worst moment [default: what provokes the strategy].
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    pub(super) stall: Option<Duration>,
    /// What is recorded. With `off` there is no verdict: it shows what recording costs.
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(super) record: Record,
    /// The folder in which histories are saved. Each is written there while the run goes on, some 320 bytes an operation, and
    /// removed in the end unless it is to be kept.
    #[arg(long, value_name = "DIR", default_value = "histories/failed")]
    pub(super) out: PathBuf,
    /// Which histories are saved.
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    pub(super) save: Save,
    /// How saved histories are compressed.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(super) compress: Compress,
    /// How much is said about a violation [default: full for strategies that are named and for `naive`].
    #[arg(long, value_enum, value_name = "HOW")]
    pub(super) explain: Option<Explain>,
    /// Write a page about what was recorded, too.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "report.html")]
    pub(super) report: Option<PathBuf>,
    /// Draw with plain ASCII.
    #[arg(long)]
    pub(super) ascii: bool,
    /// A running server, as redis://[USER:PASSWORD@]HOST[:PORT][/DB] or redis+unix:///PATH. Keys get a prefix of their own
    /// and are removed afterwards.
    #[arg(long, value_name = "URL", env = "OVERSELL_REDIS_URL", hide_env_values = true)]
    pub(super) redis: Option<String>,
    /// One JSON object a strategy on standard output, and nothing else there.
    #[arg(long)]
    pub(super) json: bool,
}

/// What is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Record {
    /// Operations and the commands inside them.
    #[default]
    Commands,
    /// Operations.
    Operations,
    /// Nothing.
    Off,
}

impl From<Record> for Recording {
    fn from(record: Record) -> Self {
        match record {
            Record::Commands => Self::Commands,
            Record::Operations => Self::Operations,
            Record::Off => Self::Off,
        }
    }
}

/// How saved histories are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Compress {
    /// Not at all.
    #[default]
    None,
    /// As *.jsonl.gz.
    Gzip,
    /// As *.jsonl.zst: smaller, and several times as fast.
    Zstd,
}

impl From<Compress> for Compression {
    fn from(compress: Compress) -> Self {
        match compress {
            Compress::None => Self::None,
            Compress::Gzip => Self::Gzip,
            Compress::Zstd => Self::Zstd,
        }
    }
}

/// Which histories are saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Save {
    /// Those that are not linearizable, or not decided.
    #[default]
    Failing,
    /// All.
    All,
}

fn some_time(text: &str) -> Result<Duration, String> {
    match time(text) {
        Ok(Duration::ZERO) => Err("expected more than no time: nothing would be done, and nothing shown".to_string()),
        parsed => parsed,
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_string()),
    }
}

/// Units in one purchase, at most.
const MOST_UNITS: u64 = 1_000_000;

fn quantity(text: &str) -> Result<RangeInclusive<u64>, String> {
    let expected = || format!("expected a number of at least 1 and at most {MOST_UNITS}, or a range such as 1..3");
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (first, last.trim_start_matches('=')),
        None => (text, text),
    };
    let first: u64 = first.parse().map_err(|_| expected())?;
    let last: u64 = last.parse().map_err(|_| expected())?;
    if first >= 1 && first <= last && last <= MOST_UNITS {
        Ok(first..=last)
    } else {
        Err(expected())
    }
}
