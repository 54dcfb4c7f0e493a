//! Makes the figures, outputs and pictures of `docs/lesson` anew, from real runs.
//!
//! `cargo run --release -p xtask --bin lesson` renews what is the same on every machine (code, proofs, counterexamples of corpus
//! files, replays, pictures), which `cargo test` compares; `-- --measure` after it also measures what the strategies cost
//! and what they sell, here and now, and puts the date beside it. The server is the one that any run uses: set
//! `OVERSELL_REDIS_SERVER` to measure another.

mod intervals;
mod measure;
mod samples;

use std::{
    fs,
    process::{Command, ExitCode, Stdio},
};

fn main() -> ExitCode {
    let measuring = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [only] if only == "--measure" => true,
        _ => {
            eprintln!("usage: lesson [--measure]");
            return ExitCode::from(2);
        }
    };
    build();
    if measuring {
        measure::renew(&oversell);
    }
    let mut changed = 0;
    for file in samples::current(&oversell) {
        if fs::read_to_string(&file.path).ok().as_ref() != Some(&file.text) {
            println!("renewed {}", file.path);
            fs::write(&file.path, &file.text).expect("a file of the lesson can be written");
            changed += 1;
        }
    }
    println!("{changed} files were renewed");
    ExitCode::SUCCESS
}

/// Builds the program of this package, so that nothing is built while it is measured.
fn build() {
    // The one that runs this, with its toolchain.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--bin", "oversell"])
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the program can be built");
}

/// Runs the program with these arguments, as a user would. It lies beside this one.
fn oversell(arguments: &[&str]) -> String {
    let this = std::env::current_exe().expect("this program knows where it is");
    let output = Command::new(this.with_file_name("oversell"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .stderr(Stdio::inherit())
        .output()
        .expect("the program was built");
    String::from_utf8(output.stdout).expect("the program prints UTF-8")
}
