//! The command line: reads arguments, calls the other rooms, prints, and ends with an exit code.
//!
//! Nothing imports this. What is asked for goes to standard output; progress, warnings and errors go to standard error.

mod args;
mod catalogue;
mod check;
mod chosen;
mod convert;
mod exit;
mod explain;
mod explore;
mod files;
mod guard;
mod host;
mod init;
mod interrupt;
mod json;
mod memory;
mod named;
mod output;
mod progress;
mod prove;
mod prove_table;
mod purchases;
mod rehearse;
mod replay;
mod report;
mod run;
mod run_options;
mod script;
mod shop;
mod start;
mod table;
mod values;
mod verify;

use std::{io, process::ExitCode};

pub use exit::Exit;
use exit::Failure;

/// Runs the program with the arguments it was called with.
#[must_use]
pub fn main() -> ExitCode {
    interrupt::survive_size_limits();
    let cli = args::parse().unwrap_or_else(|error| told_by_clap(&error));
    cli.color.apply();
    let outcome = start::start().and_then(|()| carry_out(cli));
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::print_error(&failure);
            failure.exit().into()
        }
    }
}

fn carry_out(cli: args::Cli) -> Result<Exit, Failure> {
    match cli.command {
        None => run::run(&cli.run, None),
        Some(args::Command::Run(command)) => run::run(&command.options, Some(&command)),
        Some(args::Command::Check(options)) => check::check(&options),
        Some(args::Command::Verify(options)) => verify::verify(&options),
        Some(args::Command::Prove(options)) => prove::prove(&options),
        Some(args::Command::Init(options)) => init::init(&options),
        Some(args::Command::Rehearse(options)) => rehearse::rehearse(&options),
        Some(args::Command::Replay(options)) => replay::replay_file(&options),
        Some(args::Command::Explore(options)) => explore::explore(&options),
        Some(args::Command::Report(options)) => report::report(&options),
        Some(args::Command::Convert(options)) => convert::convert(&options),
        Some(args::Command::Strategies(options)) => catalogue::strategies(&options),
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
