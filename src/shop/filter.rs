//! jq filters over answers.

use std::fmt;

use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::{Val, read};
use serde_json::Value;

/// A filter that was compiled.
pub(crate) struct Filter {
    text: String,
    compiled: jaq_core::Filter<data::JustLut<Val>>,
}

impl Filter {
    /// # Errors
    /// In words, where it is no filter.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let wrong = || format!("found `{text}`, expected a jq filter such as `.[0] == 1`");
        let modules = Loader::new(defs)
            .load(&arena, File { code: text, path: () })
            .map_err(|_| wrong())?;
        let compiled = Compiler::default().with_funs(funs).compile(modules).map_err(|errors| {
            match errors.first().and_then(|(_, errors)| errors.first()) {
                Some((name, _)) => format!("{}: `{name}` is not known there", wrong()),
                None => wrong(),
            }
        })?;
        Ok(Self {
            text: text.to_string(),
            compiled,
        })
    }

    /// What comes first of it. `None`: nothing, or an error.
    pub(crate) fn first(&self, value: &Value) -> Option<Value> {
        let input = read::parse_single(value.to_string().as_bytes()).ok()?;
        let ctx = Ctx::<data::JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        let first = self.compiled.id.run((ctx, input)).map(unwrap_valr).next()?.ok()?;
        serde_json::from_str(&first.to_string()).ok()
    }

    pub(crate) fn says_yes(&self, value: &Value) -> bool {
        self.first(value) == Some(Value::Bool(true))
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

/// As it was written.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
