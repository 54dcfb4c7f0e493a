//! What can be wrong with a certificate.

use std::{fmt, io};

use thiserror::Error;

use super::format::{FORMAT, Named, VERSION};
use crate::history::visible;

/// A certificate that does not say what is so, or that cannot be read.
#[derive(Debug, Error)]
#[error("{}:{line}: {wrong}", visible(.file))]
pub struct CertificateError {
    /// The certificate.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong.
#[derive(Debug, Error)]
pub enum Wrong {
    /// It cannot be read.
    #[error("failed to read it: {0}")]
    Io(#[from] io::Error),
    /// It ends too early.
    #[error("found the end of the certificate, expected {0}: it is cut off")]
    Ends(String),
    /// A line says something else than it should.
    #[error("found {found}, expected {expected}")]
    Line {
        /// What is there, and why it does not fit.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// It is another kind of file.
    #[error("found {0}, expected the header of a certificate: {{\"format\":\"{FORMAT}\",\"version\":{VERSION},…}}")]
    NotACertificate(String),
    /// A version that is not known.
    #[error(
        "found version {0} of the format, expected version {VERSION}: it was made by another version of this program"
    )]
    Version(u64),
    /// It is about another history.
    #[error("found a certificate for another history: {what} is {found}, expected {expected}")]
    OtherHistory {
        /// What differs.
        what: &'static str,
        /// In the certificate.
        found: String,
        /// In the history.
        expected: String,
    },
    /// An operation is not the one that has this place in the history.
    #[error("found {found} as operation {place} of this key, expected {}", expected.as_ref().map_or_else(|| "no operation with this number".to_string(), ToString::to_string))]
    OtherOperation {
        /// Its number.
        place: u64,
        /// What the certificate says of it.
        found: Named,
        /// What the history says of it; `None`: it has no operation with this number.
        expected: Option<Named>,
    },
    /// An operation takes effect twice.
    #[error("found {0} for the second time, expected each operation once at most")]
    Twice(Named),
    /// An order against real time.
    #[error("found {later} after {earlier}, expected it before: it had returned when the other was invoked")]
    Order {
        /// What the order has first.
        earlier: Named,
        /// What it has later.
        later: Named,
    },
    /// The specification gives another answer.
    #[error("found {0} here in the order, expected another place: the specification refuses its answer here")]
    Refused(Named),
    /// A completed operation is missing.
    #[error("found an order without {0}, expected every operation that was answered")]
    Missing(Named),
    /// A claim that does not hold.
    #[error("found a claim by rule `{rule}` that does not hold, expected one that can be recomputed from the history")]
    Claim {
        /// The rule.
        rule: &'static str,
    },
    /// The verdict of the header is not that of the keys.
    #[error("found the verdict `{found}` in the header, expected `{expected}`, which is what the keys add up to")]
    Verdict {
        /// In the header.
        found: &'static str,
        /// What follows from the keys.
        expected: &'static str,
    },
    /// Something after the end.
    #[error("found another line, expected the end of the certificate after the last key")]
    Trailing,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "operation {} (process {}, invoked at {})",
            self.operation, self.process, self.invoked
        )
    }
}
