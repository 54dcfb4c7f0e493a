//! Which server binary: named, on PATH, fetched earlier, or fetched now.

use std::{env, fmt, path::PathBuf};

use super::{ServerError, fetch};

/// The variable that names a server binary.
const VARIABLE: &str = "OVERSELL_REDIS_SERVER";

/// Where a binary came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `OVERSELL_REDIS_SERVER`.
    Environment,
    /// On PATH.
    Path,
    /// Fetched into the user's cache folder.
    Fetched,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => VARIABLE,
            Self::Path => "PATH",
            Self::Fetched => "fetched",
        })
    }
}

/// A server binary, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// The file. Never canonicalised: Debian's `redis-server` is a link that looks at the name it was called by.
    pub path: PathBuf,
    /// How it was found.
    pub source: Source,
}

impl Binary {
    /// Finds a binary, and fetches one as the last resort; `say` is told before anything is fetched.
    ///
    /// # Errors
    /// When `OVERSELL_REDIS_SERVER` is set and wrong, or when there is none and none can be fetched.
    pub fn find(say: &dyn Fn(&str)) -> Result<Self, ServerError> {
        if let Some(path) = env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            let named = PathBuf::from(path);
            return match which::which(&named) {
                Ok(path) => Ok(Self::new(path, Source::Environment)),
                Err(_) => Err(ServerError::NotExecutable(named)),
            };
        }
        let mut names = ["redis-server", "valkey-server"].iter();
        match names.find_map(|name| which::which(name).ok()) {
            Some(path) => Ok(Self::new(path, Source::Path)),
            None => Ok(Self::new(fetch::fetched(say)?, Source::Fetched)),
        }
    }

    const fn new(path: PathBuf, source: Source) -> Self {
        Self { path, source }
    }
}
