//! The checker beside its peers, on the same histories.
//!
//! `cargo run --release -- [PART OF A FAMILY'S NAME]` in this folder. `PEERS_OPERATIONS` (a list, "1000,10000"), `PEERS_CLIENTS`
//! ("8,64,300"), `PEERS_SECONDS` (10) and `PEERS_MEGABYTES` (4000) set sizes and limits; `PEERS_CHECKERS`
//! ("oversell,porcupine-rs") says which checkers are asked.
//!
//! Each check runs in a process of its own, which is ended at the limit of time and cannot take more than the limit of
//! memory. A checker that did not finish a size is not asked for a larger one.

mod checkers;
mod families;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use checkers::{Checked, PEERS, Peer, prepared};
use families::{Family, INITIAL, families, seeded, stock};
use oversell_checker::engines::{Limits, Verdict, check_stock, general};
use oversell_spec::{Kv, Register, Stock};

/// Deep recursion is not to be what ends a peer.
const STACK: usize = 1 << 30;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, checker, family, clients, operations] = arguments.as_slice()
        && child == "--child"
    {
        return check(checker, family, number(clients), number(operations));
    }
    let only = arguments.first().cloned().unwrap_or_default();
    let seconds = number(&setting("PEERS_SECONDS", "10")) as u64;
    let megabytes = number(&setting("PEERS_MEGABYTES", "4000"));
    let list = |text: String| text.split(',').map(number).collect::<Vec<_>>();
    let sizes = list(setting("PEERS_OPERATIONS", "1000,10000,100000"));
    let all = std::iter::once("oversell").chain(PEERS.map(|(name, _)| name));
    let asked = setting("PEERS_CHECKERS", &all.clone().collect::<Vec<_>>().join(","));
    let unknown = asked.split(',').find(|name| all.clone().all(|known| known != *name));
    if let Some(unknown) = unknown {
        eprintln!(
            "found the checker {unknown:?}, expected one of {:?}",
            all.collect::<Vec<_>>()
        );
        std::process::exit(2);
    }
    let checkers: Vec<&str> = all
        .filter(|name| asked.split(',').any(|asked| asked == *name))
        .collect();
    println!("seed 1; milliseconds, or why there are none; limits {seconds} s, {megabytes} MB\n");
    println!(
        "| history | clients | operations | {} |\n|{}",
        checkers.join(" | "),
        " --- |".repeat(3 + checkers.len())
    );
    for clients in list(setting("PEERS_CLIENTS", "8,64,300")) {
        for (name, _) in families(clients, 0)
            .into_iter()
            .filter(|(name, _)| name.contains(&only))
        {
            let mut given_up = vec![false; checkers.len()];
            for &operations in &sizes {
                let cells = checkers.iter().zip(&mut given_up).map(|(checker, given_up)| {
                    if *given_up {
                        return "–".to_owned();
                    }
                    let arguments = [checker, name, &clients.to_string(), &operations.to_string()];
                    let (cell, finished) = in_a_process(&arguments, Duration::from_secs(seconds), megabytes);
                    *given_up = !finished;
                    cell
                });
                let cells: Vec<String> = cells.collect();
                println!("| {name} | {clients} | {operations} | {} |", cells.join(" | "));
            }
        }
    }
}

fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn number(text: &str) -> usize {
    text.trim().parse().unwrap_or_else(|_| {
        eprintln!("found {text:?}, expected a number");
        std::process::exit(2)
    })
}

/// What one checker makes of one history, and whether it finished.
fn in_a_process(arguments: &[&str], limit: Duration, megabytes: usize) -> (String, bool) {
    let own = std::env::current_exe().expect("the path of this program");
    // The shell sets the limit of memory; the program takes its place.
    let mut child = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -v {}; exec \"$@\"", megabytes * 1024 + STACK / 1024),
            "sh",
        ])
        .arg(own)
        .arg("--child")
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let (send, receive) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    // The history is made first, then "ready" is said.
    let ready = receive.recv_timeout(Duration::from_secs(120)).is_ok();
    let said = receive.recv_timeout(limit);
    let cell = match said {
        Ok(said) => (said, true),
        Err(mpsc::RecvTimeoutError::Timeout) if ready => (format!("> {} s", limit.as_secs()), false),
        Err(_) => ("out of memory, or crashed".to_owned(), false),
    };
    let _ = child.kill();
    let _ = child.wait();
    let _ = reader.join();
    cell
}

/// In the child: makes the history, says so, checks it, says how long that took.
fn check(checker: &str, family: &str, clients: usize, operations: usize) {
    let peer = PEERS.iter().find(|(name, _)| *name == checker).map(|(_, peer)| *peer);
    let made = families(clients, operations)
        .into_iter()
        .find(|(name, _)| *name == family);
    let (_, family) = made.unwrap_or_else(|| {
        eprintln!("found {family:?}, expected the name of a family");
        std::process::exit(2)
    });
    match family {
        Family::Stock(stress, told) => {
            let initial = *INITIAL.get_or_init(|| stress.initial);
            let history = stock(&stress, told);
            run::<Stock>(peer, history, move |history| {
                check_stock(initial, history, &Limits::default())
            });
        }
        Family::Register(values) => {
            let history = values.register(&mut seeded());
            run::<Register<u32>>(peer, history, |history| {
                general::check_foreseeing(&Register(0), history, &Limits::default())
            });
        }
        Family::Kv(values) => {
            let history = values.kv(&mut seeded());
            run::<Kv>(peer, history, |history| {
                general::check_foreseeing(&Kv::default(), history, &Limits::default())
            });
        }
    }
}

type History<S> = Vec<
    oversell_checker::history::Operation<
        <S as oversell_spec::SequentialSpec>::Op,
        <S as oversell_spec::SequentialSpec>::Ret,
    >,
>;

fn run<S: Checked + 'static>(
    peer: Option<Peer>,
    history: History<S>,
    ours: impl Fn(&History<S>) -> Verdict + Send + 'static,
) where
    S::Op: 'static,
    S::Ret: 'static,
{
    let checked: Box<dyn FnOnce() -> String + Send> = match peer {
        Some(peer) => {
            let check = prepared::<S>(peer, history);
            Box::new(move || if check() { "yes".to_owned() } else { "no".to_owned() })
        }
        None => Box::new(move || match ours(&history) {
            Verdict::Linearizable(_) => "yes".to_owned(),
            Verdict::Violation(_) => "no".to_owned(),
            Verdict::Undecided(limit) => format!("undecided: {limit}"),
        }),
    };
    let thread = std::thread::Builder::new().stack_size(STACK);
    let check = thread.spawn(move || {
        println!("ready");
        let started = Instant::now();
        let said = checked();
        let took = started.elapsed();
        println!("{:.2} {said}", took.as_secs_f64() * 1e3);
    });
    check.expect("a thread").join().expect("the check");
}
