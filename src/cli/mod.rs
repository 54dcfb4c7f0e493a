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
mod interrupt;
mod json;
mod output;
mod progress;
mod prove;
mod prove_table;
mod replace;
mod replay;
mod report;
mod run;
mod script;
mod table;
mod unfinished;
mod verify;

use std::{io, process::ExitCode};

use clap::Parser as _;

pub use exit::Exit;

/// Runs the program with the arguments it was called with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = args::Cli::try_parse().unwrap_or_else(|error| told_by_clap(&error));
    cli.color.apply();
    let outcome = match cli.command {
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
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit().into()
        }
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
