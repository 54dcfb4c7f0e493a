//! What the system has to allow before anything is begun.

use std::{error::Error as _, fs, io};

use super::exit::Failure;

/// What cannot be done with less, and how a shell sets it.
const LEAST: [(&str, u64, &str); 2] = [
    (
        "Max address space",
        64 << 20,
        "bytes of addresses (`ulimit -v` counts kilobytes)",
    ),
    ("Max open files", 12, "open files (`ulimit -n`)"),
];

/// Starts the threads that share the work, one for each core. Where the system refuses them, rayon would panic later, and so would
/// others where it refuses a file or memory: so that is asked first.
pub(super) fn start() -> Result<(), Failure> {
    match fs::read_to_string("/proc/self/limits") {
        Ok(limits) => ensure_enough(&limits)?,
        // Elsewhere the system does not say.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Failure::cannot_start(&error)),
    }
    match rayon::ThreadPoolBuilder::new().build_global() {
        // Without a cause, there is such a pool already.
        Err(error) if error.source().is_some() => Err(Failure::cannot_start(&error)),
        _ => Ok(()),
    }
}

fn ensure_enough(limits: &str) -> Result<(), Failure> {
    for (name, least, what) in LEAST {
        let mut found = limits
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        // No number where there is no limit.
        if let Some(found) = found
            .next()
            .and_then(|limit| limit.parse().ok())
            .filter(|found: &u64| *found < least)
        {
            return Err(Failure::cannot_start(&format!(
                "found a limit of {found} {what}, expected at least {least}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_leaves_no_room_is_told() {
        let limits = |addresses: &str, files: &str| {
            let table = "Limit                     Soft Limit           Hard Limit           Units     \n";
            let line = |name: &str, limit: &str| format!("{name:<26}{limit:<21}{limit:<21}x         \n");
            table.to_string() + &line("Max address space", addresses) + &line("Max open files", files)
        };
        assert!(ensure_enough(&limits("unlimited", "1024")).is_ok());
        assert!(ensure_enough(&limits("67108864", "12")).is_ok());
        for (addresses, files, told) in [("20480000", "1024", "`ulimit -v`"), ("unlimited", "6", "`ulimit -n`")] {
            let error = ensure_enough(&limits(addresses, files)).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
