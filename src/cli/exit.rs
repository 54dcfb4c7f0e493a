//! Exit codes, and errors that end the program.

use std::{fmt, io, process::ExitCode};

use oversell_checker::{
    examine::Conclusion,
    history::{Problem, ReadError},
};

use crate::{server::ServerError, stress::StressError};

/// How the program ends. Of several things the greatest decides: bad input before a violation before undecided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// As expected: every history linearizable, every strategy as the catalogue says.
    AsExpected,
    /// Not decided within the limits. Never reported as a pass.
    Undecided,
    /// A violation was found.
    Violation,
    /// Bad usage or bad input.
    BadInput,
    /// No usable Redis server.
    NoServer,
}

impl Exit {
    /// The number.
    #[must_use]
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::Violation => 1,
            Self::BadInput => 2,
            Self::Undecided => 3,
            Self::NoServer => 4,
        }
    }
}

impl From<Conclusion> for Exit {
    fn from(conclusion: Conclusion) -> Self {
        match conclusion {
            Conclusion::Linearizable => Self::AsExpected,
            Conclusion::Violation => Self::Violation,
            Conclusion::Undecided => Self::Undecided,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that ends the program, with its exit code.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Bad usage or bad input.
    pub(super) fn bad_input(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::BadInput,
            message: message.to_string(),
        }
    }

    /// A history cannot be read: it is not right, or not within the limit of memory.
    pub(super) fn of_reading(error: &ReadError) -> Self {
        let exit = match &error.problem {
            Problem::Io(error) if error.kind() == io::ErrorKind::OutOfMemory => Exit::Undecided,
            _ => Exit::BadInput,
        };
        Self {
            exit,
            message: error.to_string(),
        }
    }

    /// The system refuses a thread, or what a runtime needs.
    pub(super) fn cannot_start(error: &dyn fmt::Display) -> Self {
        Self::bad_input(format!(
            "failed to start: {error}; allow more processes (`ulimit -u`), memory (`ulimit -v`) or open files (`ulimit -n`), or ask \
             for fewer threads with RAYON_NUM_THREADS=1"
        ))
    }

    /// It cannot be done within the limits.
    pub(super) fn undecided(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Undecided,
            message: message.to_string(),
        }
    }

    /// There is no server that can be used.
    pub(super) fn no_server(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::NoServer,
            message: message.to_string(),
        }
    }

    /// The same, and what else is to be said.
    pub(super) fn and(mut self, more: &str) -> Self {
        self.message += more;
        self
    }

    /// The code.
    pub(super) const fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self {
            exit: match error {
                ServerError::BadUrl { .. } => Exit::BadInput,
                _ => Exit::NoServer,
            },
            message: error.to_string(),
        }
    }
}

impl From<StressError> for Failure {
    fn from(error: StressError) -> Self {
        Self {
            exit: Exit::NoServer,
            message: error.to_string(),
        }
    }
}
