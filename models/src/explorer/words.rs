//! Requests and answers for people.

use std::fmt;

use super::learn::{Answer, Next, Request};
use crate::strategy::Purchase;

/// Longest argument shown.
const LONGEST: usize = 40;

fn argument(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let text = String::from_utf8_lossy(bytes);
    // Whole scripts are no argument that a person wants to see.
    let line = if text.contains('\n') { "" } else { &text };
    let short: String = line.chars().take(LONGEST).collect();
    f.write_str(&short)?;
    if short.len() < text.len() {
        f.write_str("…")
    } else {
        Ok(())
    }
}

fn command(f: &mut fmt::Formatter<'_>, arguments: &[Vec<u8>]) -> fmt::Result {
    let script = arguments
        .first()
        .is_some_and(|name| name.eq_ignore_ascii_case(b"EVALSHA"));
    for (place, bytes) in arguments.iter().enumerate() {
        if place > 0 {
            f.write_str(" ")?;
        }
        // A script's hash says nothing to a reader: eight characters of it are enough to tell two apart.
        if script && place == 1 && bytes.len() > 8 {
            argument(f, &bytes[..8])?;
            f.write_str("…")?;
        } else {
            argument(f, bytes)?;
        }
    }
    Ok(())
}

/// As one would type it: `DECR stock`, `MULTI; DECR stock; EXEC`.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(arguments) => command(f, arguments),
            Self::Transaction(commands) => {
                f.write_str("MULTI; ")?;
                for arguments in commands {
                    command(f, arguments)?;
                    f.write_str("; ")?;
                }
                f.write_str("EXEC")
            }
        }
    }
}

/// `bought, 3 left`, `sold out`, `5`.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purchase(Purchase::Bought { remaining, unit }) => {
                f.write_str("bought")?;
                if let Some(unit) = unit {
                    write!(f, " unit {unit}")?;
                }
                match remaining {
                    Some(remaining) => write!(f, ", {remaining} left"),
                    None => Ok(()),
                }
            }
            Self::Purchase(Purchase::SoldOut) => f.write_str("sold out"),
            Self::Purchase(Purchase::Already) => f.write_str("already had"),
            Self::Purchase(Purchase::Refused) => f.write_str("refused"),
            Self::Stock(stock) => write!(f, "{stock} left"),
            Self::Restocked(Some(stock)) => write!(f, "restocked, {stock} left"),
            Self::Restocked(None) => f.write_str("restocked"),
            Self::Done => f.write_str("done"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask(request) => write!(f, "`{request}`"),
            Self::Retry => f.write_str("another attempt"),
            Self::Done(answer) => write!(f, "the end ({answer})"),
        }
    }
}
