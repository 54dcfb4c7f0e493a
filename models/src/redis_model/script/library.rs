//! The function libraries a server keeps.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{Digest, digest};
use crate::redis_model::fail::Fail;

/// A registered function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::redis_model) struct Function {
    pub(in crate::redis_model) name: String,
    pub(in crate::redis_model) description: Option<Vec<u8>>,
    /// In the order of the script.
    pub(in crate::redis_model) flags: Vec<String>,
}

impl Function {
    pub(in crate::redis_model) fn is_read_only(&self) -> bool {
        self.flags.iter().any(|flag| flag == "no-writes")
    }
}

/// A library, immutable once loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::redis_model) struct Library {
    pub(in crate::redis_model) name: String,
    pub(in crate::redis_model) code: Vec<u8>,
    pub(in crate::redis_model) digest: Digest,
    pub(in crate::redis_model) functions: Vec<Function>,
}

/// The code decides everything else.
impl Hash for Library {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

/// The libraries of a server, by name; shared between the copies of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::redis_model) struct Libraries(Arc<Vec<Arc<Library>>>);

impl Libraries {
    pub(in crate::redis_model) fn all(&self) -> &[Arc<Library>] {
        &self.0
    }

    pub(in crate::redis_model) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|library| library.name == name)
    }

    /// The library and the function of this name, in upper or lower case.
    pub(in crate::redis_model) fn find(&self, function: &[u8]) -> Option<(&Arc<Library>, &Function)> {
        self.0.iter().find_map(|library| {
            let mut functions = library.functions.iter();
            let found = functions.find(|known| known.name.as_bytes().eq_ignore_ascii_case(function))?;
            Some((library, found))
        })
    }

    pub(in crate::redis_model) fn add(&mut self, library: Library) {
        let libraries = Arc::make_mut(&mut self.0);
        libraries.retain(|other| other.name != library.name);
        let at = libraries.partition_point(|other| other.name < library.name);
        libraries.insert(at, Arc::new(library));
    }

    pub(in crate::redis_model) fn remove(&mut self, name: &[u8]) -> bool {
        let there = self.0.iter().any(|library| library.name.as_bytes() == name);
        if there {
            Arc::make_mut(&mut self.0).retain(|library| library.name.as_bytes() != name);
        }
        there
    }

    pub(in crate::redis_model) fn clear(&mut self) {
        self.0 = Arc::default();
    }
}

/// Are these letters, digits and underscores, and at least one of them?
pub(in crate::redis_model) fn valid_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// The first line of a library: `#!lua name=…`.
pub(in crate::redis_model) struct Metadata {
    pub(in crate::redis_model) name: String,
}

impl Metadata {
    /// As `functionExtractLibMetaData` in `src/functions.c` reads it.
    pub(in crate::redis_model) fn parse(code: &[u8]) -> Result<Self, Fail> {
        if !code.starts_with(b"#!") {
            return Err(Fail::text("ERR Missing library metadata"));
        }
        let Some(end) = code.iter().position(|byte| *byte == b'\n') else {
            return Err(Fail::text("ERR Invalid library metadata"));
        };
        let line = String::from_utf8_lossy(&code[2..end]).into_owned();
        let mut words = line.split_ascii_whitespace();
        let engine = words.next().unwrap_or_default();
        let mut name = None;
        for word in words {
            let Some(value) = word.strip_prefix("name=") else {
                return Err(Fail::owned(format!("ERR Invalid metadata value given: {word}")));
            };
            if name.replace(value).is_some() {
                return Err(Fail::text(
                    "ERR Invalid metadata value, name argument was given multiple times",
                ));
            }
        }
        let name = name.ok_or(Fail::text("ERR Library name was not given"))?;
        if !valid_name(name.as_bytes()) {
            return Err(Fail::text(
                "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one \
                 character long",
            ));
        }
        if !engine.eq_ignore_ascii_case("lua") {
            return Err(Fail::owned(format!("ERR Engine '{engine}' not found")));
        }
        Ok(Self { name: name.to_string() })
    }

    /// A library of this name with what it registered.
    pub(in crate::redis_model) fn into_library(self, code: &[u8], functions: Vec<Function>) -> Library {
        Library {
            name: self.name,
            code: code.to_vec(),
            digest: digest(code),
            functions,
        }
    }
}
