//! The memory of this process: how much it holds, and how much it may.
//!
//! A search holds states of any specification, a user's own as well, and nobody can say how many bytes one has. So it is not counted
//! what a search keeps: it is looked at what the whole process holds, with all searches that run side by side in it.

use std::{fmt, fs, path::Path, str::FromStr, sync::LazyLock};

/// As much as is taken for there to be where the system does not say.
const UNKNOWN: u64 = 8 << 30;

/// No more than this is taken without being told.
const MOST: u64 = 8 << 30;

/// Bytes of physical memory that this process holds; 0 where the system does not say.
#[must_use]
pub fn held() -> u64 {
    memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem as u64)
}

/// Bytes that this process may hold where nobody has said otherwise: a quarter of the memory that was available when it was first
/// asked for, within what a container or a limit of the shell allows, and 8 GiB at most.
#[must_use]
pub fn share() -> u64 {
    static SHARE: LazyLock<u64> = LazyLock::new(|| {
        let limits = [available(), of_the_group(), of_the_shell()];
        let least = limits.into_iter().flatten().min();
        (least.unwrap_or(UNKNOWN) / 4).min(MOST)
    });
    *SHARE
}

/// Of the machine.
fn available() -> Option<u64> {
    let known = fs::read_to_string("/proc/meminfo").ok()?;
    let line = known.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

/// Of the control group that this process is in, and of those around it: of a container, that is.
fn of_the_group() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (root, file) = match parts.next()? {
            "" => ("/sys/fs/cgroup", "memory.max"),
            "memory" => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => return None,
        };
        let around = Path::new(parts.next()?.trim_start_matches('/')).ancestors();
        let limit = |group: &Path| {
            fs::read_to_string(Path::new(root).join(group).join(file))
                .ok()?
                .trim()
                .parse()
                .ok()
        };
        around.filter_map(limit).min()
    });
    limits.min()
}

/// Of addresses (`ulimit -v`): beyond it nothing can be had.
fn of_the_shell() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// So many bytes, as people write them: `6.0 GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

/// Units of memory, the largest first.
const UNITS: [(&str, f64); 8] = [
    ("TB", 1e12),
    ("GB", 1e9),
    ("MB", 1e6),
    ("kB", 1e3),
    ("GiB", (1_u64 << 30) as f64),
    ("MiB", (1_u64 << 20) as f64),
    ("KiB", (1_u64 << 10) as f64),
    ("B", 1.0),
];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as f64;
        match UNITS[..4].iter().find(|(_, unit)| bytes >= *unit) {
            Some((name, unit)) => write!(f, "{:.1} {name}", bytes / unit),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, name) = (&text[..at], text[at..].trim_start());
        let unit = UNITS.iter().find(|(unit, _)| name.eq_ignore_ascii_case(unit));
        let bytes = number
            .parse::<f64>()
            .ok()
            .zip(unit)
            .map(|(number, (_, unit))| number * unit);
        let fits = bytes.filter(|bytes| *bytes <= u64::MAX as f64);
        fits.map(|bytes| Self(bytes as u64))
            .ok_or_else(|| "expected a size such as 500MB or 4GB".to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_unit_that_fits() {
        let told: Vec<String> = [999, 1_500, 200_000_000, 6 << 30]
            .map(|bytes| Bytes(bytes).to_string())
            .into();
        assert_eq!(told, ["999 bytes", "1.5 kB", "200.0 MB", "6.4 GB"]);
        for (text, bytes) in [("4GB", Ok(4_000_000_000)), ("1.5 mib", Ok(3 << 19)), ("7b", Ok(7))] {
            assert_eq!(text.parse::<Bytes>().map(|Bytes(bytes)| bytes), bytes);
        }
        for text in ["", "4", "GB", "-1GB", "4 apples", "1e99GB", "99999999999TB"] {
            let error = text.parse::<Bytes>().unwrap_err();
            assert!(error.starts_with("expected a size"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_held_grows_with_what_is_written_to() {
        let before = held();
        let block = vec![1_u8; 256 << 20];
        let after = held();
        assert!(
            before == 0 || after >= before + (200 << 20),
            "{before} {after} {}",
            block[9]
        );
        assert!(share() > 0);
    }
}
