//! Random shops, whose truth is known from how they were made: nothing right is called broken, nothing wrong is proved.

mod answers;
mod draft;
mod parts;

use std::{
    collections::BTreeMap,
    env, fs,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use tempfile::TempDir;

use crate::cli::oversell;
use draft::{Case, Fault, case};

/// What `prove` says of one, and how it ends.
fn prove(folder: &TempDir, case: &Case) -> (i32, String) {
    fs::write(folder.path().join("shop.toml"), &case.file).unwrap();
    fs::write(folder.path().join("shop.lua"), &case.script).unwrap();
    let output = oversell(folder.path())
        .args(["prove", "shop.toml", "--json"])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.code().unwrap_or(-1), said.concat())
}

/// `OVERSELL_SHOPS` of them, from `OVERSELL_SEED` on.
#[test]
fn of_random_shops_no_right_one_is_called_broken_and_no_wrong_one_proved() {
    let number = |name: &str, otherwise: u64| env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (first, count) = (number("OVERSELL_SEED", 0), number("OVERSELL_SHOPS", 300));
    let next = AtomicU64::new(first);
    let work = || {
        let folder = TempDir::new().unwrap();
        let mut done = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return done;
            }
            let case = case(seed);
            let (code, said) = prove(&folder, &case);
            done.push((seed, case, code, said));
        }
    };
    let done: Vec<(u64, Case, i32, String)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(2, usize::from))
            .map(|_| scope.spawn(work))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let mut counts: BTreeMap<Option<Fault>, [u32; 4]> = BTreeMap::new();
    let mut wrong = String::new();
    for (seed, case, code, said) in &done {
        let known = usize::try_from(*code).ok().filter(|code| *code < 4);
        if let Some(code) = known {
            counts.entry(case.fault).or_default()[code] += 1;
        }
        let is_right = match case.fault {
            None => known.is_some_and(|code| code != 1),
            Some(_) => known.is_some_and(|code| code != 0),
        };
        if case.fault.is_none() && *code > 0 {
            println!("seed {seed} is right, and ends with {code}: {said}");
        }
        if !is_right {
            wrong += &format!(
                "\n--- seed {seed}, {:?}, ends with {code}\n{}---\n{}---\n{said}",
                case.fault, case.file, case.script
            );
        }
    }
    println!("exit codes 0, 1, 2, 3 of each:");
    for (fault, counts) in &counts {
        println!(
            "{:<16}{counts:?}",
            fault.map_or("right".to_string(), |fault| format!("{fault:?}"))
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
    let [proved, _, unsaid, undecided] = counts[&None];
    assert!(
        (unsaid + undecided) * 10 <= proved,
        "{unsaid} and {undecided} of right ones are not proved"
    );
}
