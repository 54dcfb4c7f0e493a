//! `oversell init`.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use oversell_checker::history::{quoted, shown};

use super::{
    exit::{Exit, Failure},
    output::println,
};

/// What `init` takes.
#[derive(Args, Debug)]
pub(super) struct InitOptions {
    /// The shop file; its script is written beside it.
    #[arg(value_name = "FILE", default_value = "shop.toml")]
    file: PathBuf,
}

/// Writes a commented shop file and a script, which work as they are.
pub(super) fn init(options: &InitOptions) -> Result<Exit, Failure> {
    let file = &options.file;
    if file.extension().is_none_or(|extension| extension != "toml") {
        return Err(Failure::bad_input(format!(
            "found {}, expected a name that ends with .toml",
            shown(file)
        )));
    }
    let script = file.with_extension("lua");
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    if let Some(there) = [file, &script].into_iter().find(|path| path.exists()) {
        return Err(Failure::bad_input(format!(
            "{} is there already, and is not replaced; give another name: oversell init other.toml",
            shown(there)
        )));
    }
    write(&script, include_str!("init/buy.lua"))?;
    let quoted_file = quoted(file);
    let text = include_str!("init/shop.toml")
        .replace("SCRIPT", &name)
        .replace("SHOP", &quoted_file);
    write(file, &text)?;
    println!("wrote {} and {}", shown(file), shown(&script));
    println!("Next:");
    for (command, what) in [
        ("rehearse", "one buyer alone: what the answers mean"),
        ("prove", "every interleaving of a few buyers"),
        ("run", "many buyers on a real server"),
    ] {
        println!("  {:<37} {what}", format!("oversell {command} {quoted_file}"));
    }
    Ok(Exit::AsExpected)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error: io::Error| Failure::bad_input(format!("failed to write {}: {error}", shown(path))))
}
