//! What can be asked for.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::{
    Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
    error::ErrorKind,
    parser::ValueSource,
};
use oversell_checker::{
    engines::memory::{self, Bytes},
    history::Compression,
};

use crate::{
    recorder::Recording,
    strategy::{self, Entry},
};

const EXAMPLES: &str = "\
Examples:
  oversell                           every strategy on a real server
  oversell run naive                 one strategy, explained in full
  oversell run lua --clients 64 --stock 1000000
  oversell run watch --quantity 1..3 --read-ratio 0.2
  oversell check histories/failed    check saved histories again
  oversell check --json h.jsonl | jq .verdict
  oversell check h.jsonl --certificate c.jsonl
  oversell verify h.jsonl c.jsonl    confirm that verdict
  oversell prove                     every interleaving, and faults
  oversell report h.jsonl -o h.html  the same as a page
  oversell convert h.jsonl -o h.edn  for Jepsen's checkers, and back
  oversell strategies                what there is, how each breaks

Exit codes:
  0  as expected: every history linearizable, every strategy as
     the catalogue says
  1  a violation was found
  2  bad usage or bad input
  3  not decided within the limits (never a pass)
  4  no usable Redis server";

const USAGE: &str = "\
oversell [OPTIONS]
       oversell [--color <WHEN>] <COMMAND>";

/// Finds out whether a stock counter in Redis can sell more than it has, and shows how.
///
/// Without a command it does the main job: many clients at once buy limited stock from a real Redis server under each
/// strategy of the catalogue, everything they are told is recorded, and the record is checked against what a counter
/// may say. Without --redis a private server is found (or fetched), started and stopped.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, override_usage = USAGE, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunOptions,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: Color,
}

/// What the program was called with.
pub(super) fn parse() -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    // Options before a command are those of a run without one, but for what goes with every command. Clap's own setting for that
    // makes no exception.
    let given = |argument: &&Arg| {
        let id = argument.get_id().as_str();
        !argument.is_global_set() && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let given = command.get_arguments().find(given).map(ToString::to_string);
    if let (Some(name), Some(argument)) = (matches.subcommand_name(), given) {
        let what =
            format!("the subcommand '{name}' cannot be used with '{argument}'; options of a command come after it");
        return Err(command.error(ErrorKind::ArgumentConflict, what));
    }
    Cli::from_arg_matches(&matches)
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run strategies against a real server and check what they did.
    ///
    /// Without names, every strategy, as without a command: exit code 0 when each behaves as the catalogue says. With
    /// names, exit code 1 when any of them oversells or lies.
    #[command(after_help = EXAMPLES)]
    Run {
        /// Names from `oversell strategies`.
        #[arg(value_name = "STRATEGY", value_parser = entry(), hide_possible_values = true)]
        strategies: Vec<Entry>,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Check history files.
    #[command(after_help = EXAMPLES)]
    Check(CheckOptions),
    /// Confirm a certificate that `check --certificate` wrote, without the engines that found it: exit code 0 or 1 when it
    /// is confirmed that the history is linearizable or is not, 3 when nothing is confirmed, 2 when the certificate is
    /// wrong or is about another history.
    #[command(after_help = EXAMPLES)]
    Verify(super::verify::VerifyOptions),
    /// Write a page about history files: one HTML file that needs nothing else.
    ///
    /// The counterexample with its sentence, to be stepped through; the run at a glance; a timeline of all operations to
    /// zoom and search in. Exit codes as of `check`.
    #[command(after_help = EXAMPLES)]
    Report(ReportOptions),
    /// Convert a history to and from Jepsen's EDN and Porcupine's lists as JSON.
    #[command(after_help = EXAMPLES)]
    Convert(super::convert::ConvertOptions),
    /// Explore every order in which the commands of some clients can reach Redis: a proof, or the shortest schedule that
    /// oversells.
    ///
    /// Without names, every strategy under every fault: exit code 0 when each cell is as the catalogue says. No server is
    /// needed: the unchanged code runs against a model of Redis.
    #[command(after_help = EXAMPLES)]
    Prove(super::prove::ProveOptions),
    /// Execute a saved schedule on a real server, command by command: exit code 1 when it breaks its promise there, too.
    #[command(after_help = EXAMPLES)]
    Replay(super::replay::ReplayOptions),
    /// Look at the states of a strategy one by one in a browser: stateright's Explorer, on this machine only.
    #[command(after_help = EXAMPLES)]
    Explore(super::explore::ExploreOptions),
    /// The catalogue: what each strategy does, whether it is safe, and what goes wrong.
    Strategies {
        /// One JSON object a line on standard output.
        #[arg(long)]
        json: bool,
    },
}

/// What `run` takes.
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

/// What `check` takes.
#[derive(Args, Debug)]
pub(super) struct CheckOptions {
    /// History files, folders (every *.jsonl below, also compressed as .gz or .zst), or `-` for standard input, which is checked
    /// as it comes: memory does not grow with a history whose lines are in order of time.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// One JSON object a file on standard output, and nothing else there.
    #[arg(long)]
    pub(super) json: bool,
    /// How much is said about a violation.
    #[arg(long, value_enum, default_value = "full", value_name = "HOW")]
    pub(super) explain: Explain,
    /// Draw with plain ASCII.
    #[arg(long)]
    pub(super) ascii: bool,
    /// Check one history while it is being written, or comes through a pipe (`-`): says so as soon as there is a violation,
    /// and keeps no more in memory than what is open and the last operations. A file is followed until it is interrupted, or removed or
    /// replaced; one that is truncated is an error.
    /// Lines must be in order of time.
    #[arg(long, conflicts_with_all = ["certificate", "clock_skew"])]
    pub(super) follow: bool,
    /// The files are several recorders' of one run, with clocks that may each be wrong by this much, such as 2ms: they are
    /// merged, and checked with intervals wider by it. A violation stays real, a pass says less.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    pub(super) clock_skew: Option<Duration>,
    /// Write what confirms the verdict: an order that explains every answer, or what shows that there is none. For one
    /// history; a name that ends in .jsonl.gz or .jsonl.zst is compressed, and `-` is standard output. A file that is there is
    /// replaced.
    #[arg(long, value_name = "FILE")]
    pub(super) certificate: Option<PathBuf>,
    /// How long one key may take before it is left undecided.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "1m", value_parser = time)]
    pub(super) limit_time: Duration,
    /// How many configurations one key may take before it is left undecided.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 100_000_000, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(super) limit_configurations: u64,
    /// How much memory the program may hold, of all keys together, before those that need more are left undecided
    /// [default: a quarter of what is available].
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, default_value_t = Bytes(memory::share()), hide_default_value = true)]
    pub(super) limit_memory: Bytes,
}

/// What `report` takes.
#[derive(Args, Debug)]
pub(super) struct ReportOptions {
    /// History files, folders (every *.jsonl below), `-` for standard input, or schedules (*.schedule.json) of `oversell prove`.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The page, or `-` for standard output. A file that is there is replaced.
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub(super) out: PathBuf,
    /// Leave the timeline out: the counterexamples and the run at a glance only.
    #[arg(long)]
    pub(super) counterexample_only: bool,
    /// Operations in the timeline, at most; the keys that violate come first.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 150_000, value_parser = whole::<usize>(0..=u64::MAX))]
    pub(super) operations: usize,
    /// How long one key may take before it is left undecided.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "1m", value_parser = time)]
    pub(super) limit_time: Duration,
    /// How much memory the program may hold, of all keys together, before those that need more are left undecided
    /// [default: a quarter of what is available].
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, default_value_t = Bytes(memory::share()), hide_default_value = true)]
    pub(super) limit_memory: Bytes,
    #[command(flatten)]
    pub(super) script: super::script::ScriptOptions,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal that wants it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// From now on.
    pub(super) fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
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

/// How much is said about a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Explain {
    /// The counterexample, step by step.
    Full,
    /// One sentence.
    Short,
}

/// A strategy of the catalogue by its name; clap suggests what was probably meant.
pub(super) fn entry() -> impl TypedValueParser<Value = Entry> {
    let names = strategy::catalogue()
        .into_iter()
        .map(|entry| entry.strategy.info().name);
    PossibleValuesParser::new(names).try_map(|name| strategy::find(&name).ok_or("it is not in the catalogue"))
}

/// A number in this range.
pub(super) fn whole<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            let (least, most) = range.clone().into_inner();
            let is_too_large = text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_err();
            match most {
                u64::MAX if !is_too_large => format!("expected a whole number of at least {least}"),
                most => format!("expected a whole number from {least} to {most}"),
            }
        })
    }
}

/// How long something may take.
fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| {
        if text.starts_with('-') {
            "expected a time that is not negative, such as 10s or 1h30m".to_string()
        } else {
            format!("{error}; expected a time such as 10s or 1h30m")
        }
    })
}

fn some_time(text: &str) -> Result<Duration, String> {
    match time(text) {
        Ok(Duration::ZERO) => Err("expected more than no time: nothing would be done, and nothing shown".to_string()),
        parsed => parsed,
    }
}

pub(super) fn patience(text: &str) -> Result<Duration, String> {
    match time(text) {
        Ok(Duration::ZERO) => Err("expected more than no time: every answer would come too late".to_string()),
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
