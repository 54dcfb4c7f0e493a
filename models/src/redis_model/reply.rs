//! What a server answers.

use std::fmt;

use redis::{Value, parse_redis_value};

/// A reply, as a client of the second protocol version reads it. A null bulk string and a null array are both
/// [`Reply::Nil`], as they are to redis-rs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Nothing there; also an `EXEC` that was given up.
    Nil,
    /// A status: `OK`, `QUEUED`, a type.
    Status(String),
    /// An integer.
    Int(i64),
    /// A string.
    Bulk(Vec<u8>),
    /// Several replies.
    Array(Vec<Reply>),
    /// An error with its code: `WRONGTYPE Operation against …`.
    Error(String),
}

impl Reply {
    /// `OK`.
    #[must_use]
    pub fn ok() -> Self {
        Self::Status("OK".to_string())
    }

    /// A number of things.
    pub(super) fn count(number: usize) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Yes or no.
    pub(super) fn flag(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }

    /// A string.
    pub(super) fn bulk(text: &[u8]) -> Self {
        Self::Bulk(text.to_vec())
    }

    /// A string, or nothing.
    pub(super) fn maybe<T: AsRef<[u8]>>(text: Option<T>) -> Self {
        text.map_or(Self::Nil, |text| Self::bulk(text.as_ref()))
    }

    /// Strings.
    pub(super) fn bulks<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::Array(texts.into_iter().map(|text| Self::bulk(text.as_ref())).collect())
    }

    /// The bytes that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Nil | Self::Int(_) => 0,
                Self::Status(text) | Self::Error(text) => text.len(),
                Self::Bulk(text) => text.len(),
                Self::Array(replies) => replies.iter().map(Self::bytes).sum(),
            }
    }

    /// Is it an error?
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }
}

/// As redis-rs gives it to its callers: an error is a [`Value::ServerError`] with its code and the rest.
impl From<Reply> for Value {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Nil => Self::Nil,
            Reply::Status(status) if status == "OK" => Self::Okay,
            Reply::Status(status) => Self::SimpleString(status),
            Reply::Int(number) => Self::Int(number),
            Reply::Bulk(bytes) => Self::BulkString(bytes),
            Reply::Array(replies) => Self::Array(replies.into_iter().map(Self::from).collect()),
            // Its own parser is the only way to a server error with a code such as NOSCRIPT, which `Script` looks for.
            Reply::Error(text) => parse_redis_value(format!("-{}\r\n", one_line(&text)).as_bytes())
                .unwrap_or_else(|_| Self::SimpleString(text)),
        }
    }
}

/// A status or an error on the wire ends with its line; a server replaces line breaks as well.
pub(super) fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// For people: `1`, `nil`, `OK`, `"text"` without its quotes, `[1, nil]`, `ERR …`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Status(text) | Self::Error(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bulk(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::Array(replies) => {
                f.write_str("[")?;
                for (index, reply) in replies.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{reply}")?;
                }
                f.write_str("]")
            }
        }
    }
}
