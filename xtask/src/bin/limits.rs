//! Holds the checker to its limits on histories that are as hard as they come: everything is open at once.
//!
//! `cargo run --release -p xtask --bin limits -- [HISTORIES [SEED [TIME [MEMORY]]]]`: how many random histories of 200 to 100,000
//! operations (200), the first seed (1), and the limits of each (5s, 1GB). Or `-- FILE…`: these histories. Each is checked and
//! explained in a process of its own, which must take no more than a fifth above either limit, beside what reading it takes. The
//! exit code is 1 when one did not.

use std::{
    env,
    fs::{self, File},
    io::{self, BufReader, Write as _},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use oversell_checker::{
    engines::{
        Limits,
        families::{stress::Stress, values::Values},
        memory::Bytes,
    },
    examine::inspect,
    history::{self, Body, Clock, Header, History, KeyHistory, Operation, Response, Spec, Texts},
};
use oversell_spec::{
    register::{RegisterOp, RegisterRet},
    stock::StockRet,
};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [mode, what, time, memory] = arguments.as_slice()
        && mode == "--one"
    {
        return one(what, time, memory);
    }
    let (whats, rest): (Vec<String>, &[String]) = match arguments.first() {
        Some(first) if first.parse::<u64>().is_err() => (arguments.clone(), &[]),
        _ => {
            let number = |place: usize, other: u64| {
                arguments
                    .get(place)
                    .map_or(other, |text| text.parse().expect("a number"))
            };
            let (count, seed) = (number(0, 200), number(1, 1));
            let seeds = (seed..seed + count).map(|seed| seed.to_string());
            (seeds.collect(), arguments.get(2..).unwrap_or_default())
        }
    };
    let limit = |place: usize, other: &str| rest.get(place).cloned().unwrap_or_else(|| other.to_string());
    let (time, memory) = (limit(0, "5s"), limit(1, "1GB"));
    let program = env::current_exe().expect("this program has a name");
    let mut exit = ExitCode::SUCCESS;
    for what in whats {
        let status = Command::new(&program).args(["--one", &what, &time, &memory]).status();
        if !status.is_ok_and(|status| status.success()) {
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

/// Checks one, a seed or a file, and says what it took.
fn one(what: &str, time: &str, memory: &str) -> ExitCode {
    let limits = Limits {
        time: humantime::parse_duration(time).expect("a time"),
        memory: memory.parse::<Bytes>().expect("a size").0,
        ..Limits::default()
    };
    let history = match what.parse() {
        Ok(seed) => random(seed),
        Err(_) => {
            let file = File::open(what).expect("a history file");
            history::read(what, BufReader::new(file)).expect("a history").0
        }
    };
    let (started, before) = (Instant::now(), peak());
    let inspection = inspect(&history, &limits);
    let shown: usize = inspection.findings.iter().map(|found| found.finding.operations()).sum();
    let conclusion = inspection.examination.conclusion;
    let why = inspection
        .examination
        .undecided
        .first()
        .map(|key| format!(": {}", key.what));
    drop(inspection);
    let (took, held) = (started.elapsed(), peak());
    let is_slow = took > limits.time.mul_f64(1.2) + Duration::from_millis(100);
    let is_large = held > (limits.memory / 5 * 6).max(before);
    let _ = writeln!(
        io::stdout(),
        "{what}: {:?} of {} operations, {conclusion}{}, {shown} shown, {:.2} s{}, {} MB{}",
        history.header.spec,
        history.operations(),
        why.unwrap_or_default(),
        took.as_secs_f64(),
        if is_slow { " TOO SLOW" } else { "" },
        held >> 20,
        if is_large { " TOO LARGE" } else { "" },
    );
    ExitCode::from(u8::from(is_slow || is_large))
}

/// The most that this process has held; 0 where the system does not say.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

/// A history with much open at a time.
fn random(seed: u64) -> History {
    let mut random = SmallRng::seed_from_u64(seed);
    let operations = (200.0 * 500_f64.powf(random.random())) as usize;
    let waves = [1, 1, 2, 10][random.random_range(0..4)];
    let clients = (operations / waves).max(1);
    let share = |random: &mut SmallRng, shares: &[f64]| shares[random.random_range(0..shares.len())];
    if random.random_bool(0.6) {
        let most_quantity = [1, 3, 10, 50][random.random_range(0..4)];
        let stress = Stress {
            clients,
            operations,
            initial: operations as u64 * most_quantity / [1, 2, 4][random.random_range(0..3)],
            reads: share(&mut random, &[0.0, 0.01, 0.2]),
            restocks: share(&mut random, &[0.0, 0.05, 0.4]),
            lost: share(&mut random, &[0.0, 0.01, 0.2]),
            told: share(&mut random, &[0.0, 0.1, 0.9, 1.0]),
            most_quantity,
            most_restocked: most_quantity,
        };
        let mut history = stress.history(&mut random);
        for operation in &mut history {
            if let Some(response) = &mut operation.response
                && random.random_bool(2.0 / operations as f64)
            {
                response.ret = match response.ret {
                    StockRet::Stock(level) => StockRet::Stock(level + 1),
                    StockRet::Bought { .. } => StockRet::SoldOut,
                    StockRet::SoldOut => StockRet::BOUGHT,
                    ret @ (StockRet::Restocked { .. } | StockRet::Already | StockRet::Refused) => ret,
                };
            }
        }
        let header = Header::new(Spec::Stock, stress.initial);
        return one_key(header, stress.initial, history, Body::Stock);
    }
    let values = Values {
        clients,
        operations,
        reads: share(&mut random, &[0.1, 0.5, 0.9]),
        second: share(&mut random, &[0.0, 0.1, 0.4]),
        values: [None, Some(2), Some(5), Some(100)][random.random_range(0..4)],
        lost: share(&mut random, &[0.0, 0.01, 0.2]),
        lie: random.random_bool(0.3),
    };
    if random.random_bool(0.5) {
        let as_in_a_file = |operation: Operation<RegisterOp<u32>, RegisterRet<u32>>| Operation {
            process: operation.process,
            invoked: operation.invoked,
            op: match operation.op {
                RegisterOp::Read => RegisterOp::Read,
                RegisterOp::Write(value) => RegisterOp::Write(value.to_string()),
                RegisterOp::Cas(old, new) => RegisterOp::Cas(old.to_string(), new.to_string()),
            },
            response: operation.response.and_then(|response| {
                let ret = match response.ret {
                    RegisterRet::Value(value) => RegisterRet::Value(value.to_string()),
                    RegisterRet::Done => RegisterRet::Done,
                    // No file could say that.
                    RegisterRet::Mismatch => return None,
                };
                Some(Response { at: response.at, ret })
            }),
        };
        let operations = values.register(&mut random).into_iter().map(as_in_a_file).collect();
        one_key(
            Header::new(Spec::Register, 0),
            "0".to_string(),
            operations,
            Body::Register,
        )
    } else {
        // Each get tells all that was appended before: more would take many gigabytes.
        let operations = operations.min(10_000);
        let values = Values {
            operations,
            clients: clients.min(operations),
            ..values
        };
        one_key(
            Header::new(Spec::Kv, ""),
            String::new(),
            values.kv(&mut random),
            Body::Kv,
        )
    }
}

/// Of one key.
fn one_key<Op, Ret, Initial>(
    header: Header,
    initial: Initial,
    mut operations: Vec<Operation<Op, Ret>>,
    body: impl FnOnce(Vec<KeyHistory<Op, Ret, Initial>>) -> Body,
) -> History {
    operations.sort_by_key(|operation| operation.invoked);
    let mut key = KeyHistory::new("k", initial);
    key.operations = operations;
    History {
        header,
        clock: Clock::Nanoseconds,
        body: body(vec![key]),
        units: Texts::new(),
    }
}
