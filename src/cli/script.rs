//! A Lua script of the user's own on the command line.

use std::path::{Path, PathBuf};

use clap::Args;
use oversell_checker::history::{quoted, shown};

use super::exit::Failure;
use crate::{
    prove::text_of,
    strategy::{Script, of_script},
};

/// The script, and what it is called with.
#[derive(Args, Debug)]
pub(super) struct ScriptOptions {
    /// A Lua script of your own instead of a strategy: its reply is the stock after the purchase, or below 0 when sold out.
    #[arg(long, value_name = "FILE")]
    pub(super) script: Option<PathBuf>,
    /// The keys of the script; {sku} stands for the item. The first one holds the stock.
    #[arg(
        long,
        value_name = "KEYS",
        value_delimiter = ',',
        default_value = "{sku}",
        requires = "script"
    )]
    keys: Vec<String>,
    /// The arguments of the script; {quantity} stands for the units of a purchase.
    #[arg(
        long,
        value_name = "ARGS",
        value_delimiter = ',',
        default_value = "{quantity}",
        requires = "script"
    )]
    args: Vec<String>,
}

impl ScriptOptions {
    /// The script as a strategy, where one was named.
    pub(super) fn strategy(&self) -> Result<Option<Script>, Failure> {
        let Some(path) = &self.script else { return Ok(None) };
        let code = self.code(path)?;
        let name = path
            .file_stem()
            .map_or_else(|| "script".into(), |stem| stem.to_string_lossy().into_owned());
        Ok(Some(Script::new(name, &code, &self.keys, &self.args)))
    }

    /// The script as a listing, where one was named.
    pub(super) fn listing(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.script else { return Ok(None) };
        let code = self.code(path)?;
        Ok(Some(of_script(&code, self.keys.len(), self.args.len())))
    }

    fn code(&self, path: &Path) -> Result<String, Failure> {
        text_of(path).map_err(|error| Failure::bad_input(format!("failed to read {}: {error}", shown(path))))
    }

    /// The arguments that name the script again, where one was named.
    pub(super) fn arguments(&self) -> Option<String> {
        let script = self.script.as_ref()?;
        Some(format!(
            "--script {} --keys {} --args {}",
            quoted(script),
            quoted(self.keys.join(",")),
            quoted(self.args.join(","))
        ))
    }
}
