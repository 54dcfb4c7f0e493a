//! What can be asked for.

use clap::{
    Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum, error::ErrorKind, parser::ValueSource,
};

use super::{
    catalogue::StrategiesOptions,
    check::CheckOptions,
    convert::ConvertOptions,
    explore::ExploreOptions,
    init::InitOptions,
    prove::ProveOptions,
    rehearse::RehearseOptions,
    replay::ReplayOptions,
    report::ReportOptions,
    run_options::{RunCommand, RunOptions},
    verify::VerifyOptions,
};

const EXAMPLES: &str = "\
Examples:
  oversell                           every strategy on a real server
  oversell run naive                 one strategy, explained in full
  oversell run lua --clients 64 --stock 1000
  oversell run watch --quantity 1..3 --read-ratio 0.2
  oversell check histories/failed    check saved histories again
  oversell check --json h.jsonl | jq .verdict
  oversell check h.jsonl --certificate c.jsonl
  oversell verify h.jsonl c.jsonl    confirm that verdict
  oversell prove                     every interleaving, and faults
  oversell init                      a shop file for a script of your own
  oversell prove shop.toml           your script: a proof, or how it breaks
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
    Run(RunCommand),
    /// Check history files.
    #[command(after_help = EXAMPLES)]
    Check(CheckOptions),
    /// Confirm a certificate that `check --certificate` wrote, without the engines that found it: exit code 0 or 1 when it
    /// is confirmed that the history is linearizable or is not, 3 when nothing is confirmed, 2 when the certificate is
    /// wrong or is about another history.
    #[command(after_help = EXAMPLES)]
    Verify(VerifyOptions),
    /// Write a page about history files: one HTML file that needs nothing else.
    ///
    /// The counterexample with its sentence, to be stepped through; the run at a glance; a timeline of all operations to
    /// zoom and search in. Exit codes as of `check`.
    #[command(after_help = EXAMPLES)]
    Report(ReportOptions),
    /// Write a commented shop file and a script, to begin with.
    #[command(after_help = EXAMPLES)]
    Init(InitOptions),
    /// One buyer alone at a shop of your own: what its answers mean, and whether it is right at all when nobody else is there.
    #[command(after_help = EXAMPLES)]
    Rehearse(RehearseOptions),
    /// Convert a history to and from Jepsen's EDN and Porcupine's lists as JSON.
    #[command(after_help = EXAMPLES)]
    Convert(ConvertOptions),
    /// Explore every order in which the commands of some clients can reach Redis: a proof, or the shortest schedule that
    /// oversells.
    ///
    /// Without names, every strategy under every fault: exit code 0 when each cell is as the catalogue says. No server is
    /// needed: the unchanged code runs against a model of Redis.
    #[command(after_help = EXAMPLES)]
    Prove(ProveOptions),
    /// Execute a saved schedule on a real server, command by command: exit code 1 when it breaks its promise there, too.
    #[command(after_help = EXAMPLES)]
    Replay(ReplayOptions),
    /// Look at the states of a strategy one by one in a browser: stateright's Explorer, on this machine only.
    #[command(after_help = EXAMPLES)]
    Explore(ExploreOptions),
    /// The catalogue: what each strategy does, whether it is safe, and what goes wrong.
    Strategies(StrategiesOptions),
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
