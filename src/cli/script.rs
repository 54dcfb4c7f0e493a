//! Code of the user's own on the command line: a script, or a shop file that names one.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use oversell_checker::history::{quoted, shown};

use super::{
    exit::Failure,
    shop::{on_model, shop},
};
use crate::{
    prove::text_of,
    shop::{OfScript, Shop},
    strategy::{AnyStrategy, of_script},
};

/// A script, and what it is called with.
#[derive(Args, Debug, Default)]
pub(super) struct ScriptOptions {
    /// A Lua script of your own instead of a strategy. One buyer alone finds out what its answers mean.
    #[arg(long, value_name = "FILE")]
    pub(super) script: Option<PathBuf>,
    /// A key of the script, once for each, in order; {item} stands for the item [default: {item}].
    #[arg(long, value_name = "KEY", requires = "script")]
    key: Vec<String>,
    /// An argument of the script, once for each, in order; {quantity} stands for the units of a purchase, {buyer} for who buys
    /// [default: {quantity}].
    #[arg(long, value_name = "ARGUMENT", requires = "script", allow_hyphen_values = true)]
    arg: Vec<String>,
    /// A Redis command that puts {stock} units on sale, once for each [default: SET of the first key].
    #[arg(long, value_name = "COMMAND", requires = "script")]
    put: Vec<String>,
    /// A Redis command that replies how many units are left [default: GET of the first key].
    #[arg(long, value_name = "COMMAND", requires = "script", conflicts_with = "sold")]
    left: Option<String>,
    /// A Redis command that replies how many units are sold.
    #[arg(long, value_name = "COMMAND", requires = "script")]
    sold: Option<String>,
}

/// The same, or the file of a shop, where something was made of it before.
#[derive(Args, Debug)]
pub(super) struct OwnOptions {
    /// The shop file whose code it is.
    #[arg(long, value_name = "SHOP", conflicts_with = "script")]
    shop: Option<PathBuf>,
    #[command(flatten)]
    pub(super) script: ScriptOptions,
}

impl OwnOptions {
    /// The shop, where one was named.
    pub(super) fn shop(&self) -> Result<Option<Shop>, Failure> {
        match &self.shop {
            Some(path) => shop(path).map(Some),
            None => self.script.shop(),
        }
    }

    /// The same, with what its answers mean, and the text of its file where it has one.
    pub(super) fn strategy(&self) -> Result<Option<(AnyStrategy, Option<String>)>, Failure> {
        let Some(shop) = self.shop()? else { return Ok(None) };
        let mut shop = on_model(&shop)?.shop;
        let text = shop.text.take();
        Ok(Some((Arc::new(shop), text)))
    }

    /// The arguments that name it again, where it was named.
    pub(super) fn arguments(&self) -> Option<String> {
        let shop = self.shop.as_ref().map(|shop| format!("--shop {}", quoted(shop)));
        shop.or_else(|| self.script.arguments())
    }

    /// The file that was named.
    pub(super) fn file(&self) -> Option<&Path> {
        self.shop.as_deref().or(self.script.script.as_deref())
    }
}

/// The script of a shop as a listing.
pub(super) fn listing(shop: &Shop) -> String {
    of_script(&shop.code, shop.keys.len(), shop.args.len())
}

impl ScriptOptions {
    /// The script as a shop, where one was named.
    pub(super) fn shop(&self) -> Result<Option<Shop>, Failure> {
        let Some(path) = &self.script else { return Ok(None) };
        let code =
            text_of(path).map_err(|error| Failure::bad_input(format!("failed to read {}: {error}", shown(path))))?;
        let name = path
            .file_stem()
            .map_or_else(|| "script".into(), |stem| stem.to_string_lossy().into_owned());
        let shop = Shop::of_script(&OfScript {
            name: &name,
            code: &code,
            keys: &self.key,
            args: &self.arg,
            put: &self.put,
            left: self.left.as_deref(),
            sold: self.sold.as_deref(),
        });
        shop.map(Some).map_err(Failure::bad_input)
    }

    /// The arguments that name the script again, where one was named.
    pub(super) fn arguments(&self) -> Option<String> {
        let mut arguments = format!("--script {}", quoted(self.script.as_ref()?));
        let left = self.left.as_slice();
        for (name, values) in [
            ("key", self.key.as_slice()),
            ("arg", &self.arg),
            ("put", &self.put),
            ("left", left),
            ("sold", self.sold.as_slice()),
        ] {
            for value in values {
                arguments += &format!(" --{name} {}", quoted(value));
            }
        }
        Some(arguments)
    }
}
