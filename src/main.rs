//! The command line: see [`oversell::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    oversell::cli::main()
}
