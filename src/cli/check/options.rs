//! What `check` takes.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use oversell_checker::engines::Limits;

use crate::cli::{
    explain::Explain,
    memory::MemoryLimit,
    values::{time, whole},
};

/// What `check` takes.
#[derive(Args, Debug)]
pub(in crate::cli) struct CheckOptions {
    /// History files, folders (every *.jsonl below, also compressed as .gz or .zst), or `-` for standard input.
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
    #[command(flatten)]
    pub(super) memory: MemoryLimit,
}

impl CheckOptions {
    /// For one key.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            configurations: self.limit_configurations,
            time: self.limit_time,
            memory: self.memory.bytes(),
        }
    }
}
