//! The command line: reads arguments, calls the other rooms, prints, and ends with an exit code.
//!
//! Nothing imports this. What is asked for goes to standard output; progress, warnings and errors go to standard error.

mod args;
mod catalogue;
mod check;
mod convert;
mod exit;
mod explain;
mod explore;
mod host;
mod interrupt;
mod json;
mod output;
mod places;
mod progress;
mod prove;
mod prove_table;
mod replace;
mod replay;
mod report;
mod run;
mod runtime;
mod script;
mod table;
mod unfinished;
mod verify;

use std::{error::Error as _, io, process::ExitCode};

pub use exit::Exit;
use exit::Failure;

/// Runs the program with the arguments it was called with.
#[must_use]
pub fn main() -> ExitCode {
    unfinished::survive_size_limits();
    let cli = args::parse().unwrap_or_else(|error| told_by_clap(&error));
    cli.color.apply();
    let outcome = start_threads().and_then(|()| carry_out(cli));
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit().into()
        }
    }
}

fn carry_out(cli: args::Cli) -> Result<Exit, Failure> {
    match cli.command {
        None => run::run(&cli.run, &[]),
        Some(args::Command::Run { strategies, options }) => run::run(&options, &strategies),
        Some(args::Command::Check(options)) => check::check(&options),
        Some(args::Command::Verify(options)) => verify::verify(&options),
        Some(args::Command::Prove(options)) => prove::prove(&options),
        Some(args::Command::Replay(options)) => replay::replay_file(&options),
        Some(args::Command::Explore(options)) => explore::explore(&options),
        Some(args::Command::Report(options)) => report::report(&options),
        Some(args::Command::Convert(options)) => convert::convert(&options),
        Some(args::Command::Strategies { json }) => catalogue::strategies(json),
    }
}

/// Starts the threads that share the work, one for each core: where the system refuses them, rayon would panic later.
fn start_threads() -> Result<(), Failure> {
    match rayon::ThreadPoolBuilder::new().build_global() {
        // Without a cause, there is such a pool already.
        Err(error) if error.source().is_some() => Err(Failure::cannot_start(&error)),
        _ => Ok(()),
    }
}

/// Tells what is wrong with the arguments, or what was asked for instead of a run: help, or the version.
fn told_by_clap(error: &clap::Error) -> ! {
    match error.print() {
        Err(failed) if !error.use_stderr() && failed.kind() != io::ErrorKind::BrokenPipe => {
            output::output_failed(&failed)
        }
        _ => std::process::exit(error.exit_code()),
    }
}
