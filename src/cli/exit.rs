//! Exit codes, and errors that end the program.

use std::{
    fmt, fs,
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
};

use anstyle::{AnsiColor, Style};
use oversell_checker::{examine::Conclusion, history::visible};

use super::{catalogue::console_width, output::eprintln};
use crate::{server::ServerError, stress::StressError};
pub(super) use oversell_checker::history::shown;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// As expected: every history linearizable, every strategy as the catalogue says.
    AsExpected,
    /// A violation was found.
    Violation,
    /// Bad usage or bad input.
    BadInput,
    /// Not decided within the limits. Never reported as a pass.
    Undecided,
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

    /// Of several things, the one that decides how the program ends: bad input before a violation before undecided.
    #[must_use]
    pub(super) fn worse(self, other: Self) -> Self {
        const ORDER: [Exit; 5] = [
            Exit::NoServer,
            Exit::BadInput,
            Exit::Violation,
            Exit::Undecided,
            Exit::AsExpected,
        ];
        let rank = |exit| ORDER.iter().position(|each| *each == exit);
        if rank(self) <= rank(other) { self } else { other }
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
    /// What went wrong.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Bad usage or bad input.
    pub(super) fn bad_input(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::BadInput,
            message: message.to_string(),
        }
    }

    /// The system refuses a thread, or what a runtime needs.
    pub(super) fn cannot_start(error: &dyn fmt::Display) -> Self {
        Self::bad_input(format!(
            "failed to start: {error}; allow more processes (`ulimit -u`), memory (`ulimit -v`) or open files (`ulimit -n`), or ask \
             for fewer threads with RAYON_NUM_THREADS=1"
        ))
    }

    /// There is no server that can be used.
    pub(super) fn no_server(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::NoServer,
            message: message.to_string(),
        }
    }

    /// The code.
    pub(super) const fn exit(&self) -> Exit {
        self.exit
    }

    /// Prints the message to standard error.
    pub(super) fn print(&self) {
        print_error(&self.message);
    }
}

/// Does this name standard input, or standard output?
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Can files be made in this folder? It is made, if need be.
pub(super) fn ensure_writable_folder(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::bad_input(format!("failed to save anything in {}: {error}", shown(folder)));
    fs::create_dir_all(folder).map_err(failed)?;
    // Gone by itself.
    tempfile::tempfile_in(folder).map(drop).map_err(failed)
}

/// Prints one error to standard error.
pub(super) fn print_error(message: &dyn fmt::Display) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    print_wrapped("error: ", &format!("{red}error{red:#}: "), message);
}

/// Prints one warning to standard error.
pub(super) fn print_warning(message: &dyn fmt::Display) {
    let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
    print_wrapped("warning: ", &format!("{yellow}warning{yellow:#}: "), message);
}

/// Wraps for a terminal; what another program reads keeps its lines. No word is broken: it may be a path.
fn print_wrapped(label: &str, shown: &str, message: &dyn fmt::Display) {
    // The lines are ours; what else a terminal would heed is not.
    let message = message.to_string();
    let message = message.split('\n').map(visible).collect::<Vec<_>>().join("\n");
    if !io::stderr().is_terminal() {
        eprintln!("{shown}{message}");
        return;
    }
    let options = textwrap::Options::new(console_width())
        .subsequent_indent("  ")
        .break_words(false);
    let text = format!("{label}{message}");
    for (number, line) in textwrap::wrap(&text, options).into_iter().enumerate() {
        match line.strip_prefix(label.trim_end()) {
            Some(rest) if number == 0 => eprintln!("{}{rest}", shown.trim_end()),
            _ => eprintln!("{line}"),
        }
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
