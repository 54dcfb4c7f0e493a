//! Why there is no report.

use std::{io, path::PathBuf};

use oversell_checker::history::shown;
use thiserror::Error;

use crate::{server::ServerError, stress::StressError};

/// Why there is no report.
#[derive(Debug, Error)]
pub enum TrialError {
    /// No usable server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The clients could not work.
    #[error(transparent)]
    Stress(#[from] StressError),
    /// The history could not be saved. The run was stopped, and no violation was found until then: what is not recorded cannot
    /// pass. (A violation is told, see [`Report::unsaved`](super::Report::unsaved).)
    #[error(
        "failed to save the history in {}: {source}{}", shown(.folder),
        .written.as_ref().map_or_else(String::new, |path| format!("; what had been written is in {}", shown(path)))
    )]
    Save {
        /// Where.
        folder: PathBuf,
        /// The file that holds what was written until then.
        written: Option<PathBuf>,
        /// In the system's words.
        source: io::Error,
    },
    /// The code keeps its stock at a key that it names itself, and the server is somebody else's.
    #[error(
        "the code keeps its stock at `{0}`, whichever server it is on: that could overwrite what a named server has there; let a \
         private server be started (no `on`), or write the purchase for `Context::key`"
    )]
    OwnKey(String),
    /// There is nobody to buy anything.
    #[error("found 0 clients, expected at least 1: with none nothing happens, and nothing is tested")]
    NoClients,
}
