//! What strategies cost and what they sell: figures of one day, with the date and how they came about.

use std::{collections::BTreeMap, fs, time::SystemTime};

use serde_json::Value;

use super::samples::{FOLDER, Run};

const SAFE: [&str; 9] = [
    "lua",
    "function",
    "lpop",
    "idempotent",
    "one-each",
    "ifeq",
    "increx",
    "watch",
    "lock",
];
const BROKEN: [&str; 8] = [
    "naive",
    "get-set",
    "multi-no-watch",
    "get-before-watch",
    "watch-shared",
    "decr-compensate",
    "lock-del",
    "sismember-sadd",
];
const ROUNDS: usize = 5;
/// Clients in a crowd; and one, who has nobody to fear.
const CLIENTS: [u64; 2] = [16, 1];

/// Measures, and writes what came of it into the chapters.
pub(crate) fn renew(run: Run<'_>) {
    let (costs, server) = costs(run);
    let day = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let day = day.split('T').next().unwrap_or_default();
    let busy = fs::read_to_string("/proc/loadavg").ok();
    let busy = busy
        .as_deref()
        .and_then(|load| load.split(' ').next())
        .unwrap_or("not known")
        .to_string();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    put(
        "5-",
        &format!(
            "Measured on {day} with {server}: server and clients on the same {cores} cores, items of 100 units sold one after the \
         other, {ROUNDS} rounds in which all took turns for 0.6 s each (load average of the machine at the end: {busy}; what else it \
             did slows all that take turns). A figure is the median of the rounds' ratios to \
         `lua` in the same round: purchases a second, sold or turned away.\n\n{costs}"
        ),
    );
    put(
        "2-",
        &format!(
            "Measured on {day} with {server}: 16 clients, one item of 100 units, once each, seed 1.\n\n{}",
            sales(run)
        ),
    );
}

/// Purchases a second to those of `lua`, by strategy; and the server.
fn costs(run: Run<'_>) -> (String, String) {
    let mut ratios: BTreeMap<(&str, u64), Vec<f64>> = BTreeMap::new();
    let mut server = String::new();
    for _ in 0..ROUNDS {
        for clients in CLIENTS {
            let mut of_lua = None;
            for name in SAFE.into_iter().chain(["naive"]) {
                let found = found(run, name, &format!("--clients {clients} --for 600ms"));
                let Some(speed) = found["operations_per_second"].as_f64() else {
                    continue;
                };
                server = format!(
                    "{} {}",
                    text(&found["server"]["kind"]),
                    text(&found["server"]["version"])
                );
                if name != "naive" {
                    assert_eq!(text(&found["verdict"]), "linearizable", "{name}");
                }
                let lua = *of_lua.get_or_insert(speed);
                ratios.entry((name, clients)).or_default().push(speed / lua);
            }
        }
    }
    let mut table = String::from("| strategy | 16 clients, one item | 1 client |\n| --- | --- | --- |\n");
    for name in SAFE.into_iter().chain(["naive"]) {
        let cell = |clients: u64| match ratios.get(&(name, clients)) {
            Some(ratios) => median(ratios),
            None => "not run: the server lacks the command".to_string(),
        };
        let note = if name == "naive" {
            " (broken: for comparison)"
        } else {
            ""
        };
        table += &format!("| `{name}`{note} | {} | {} |\n", cell(CLIENTS[0]), cell(CLIENTS[1]));
    }
    (table, server)
}

fn median(ratios: &[f64]) -> String {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    format!("{:.2}", sorted[sorted.len() / 2])
}

/// What broken strategies sell, and what a test sees of it that counts at the end.
fn sales(run: Run<'_>) -> String {
    let mut table = String::from(
        "| strategy | sold | of | counter at the end | \"the counter is not below zero\" | `oversell` |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for name in ["lua"].into_iter().chain(BROKEN) {
        let found = found(run, name, "--rounds 1 --stock 100 --seed 1");
        let left = found["final_stock"].as_i64();
        table += &format!(
            "| `{name}` | {} | {} | {} | {} | {} |\n",
            found["units_sold"],
            found["initial"],
            left.map_or("?".to_string(), |left| left.to_string()),
            if left.is_some_and(|left| left >= 0) {
                "passes"
            } else {
                "fails"
            },
            text(&found["verdict"]),
        );
    }
    table
}

/// What a run of this strategy with these options finds.
fn found(run: Run<'_>, name: &str, options: &str) -> Value {
    let line = format!("run {name} {options} --explain short --out target/lesson --json");
    let words: Vec<&str> = line.split(' ').collect();
    let printed = run(&words);
    serde_json::from_str(printed.lines().next().unwrap_or_default()).unwrap_or(Value::Null)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

/// Puts a text between the marks of the chapter whose name begins so.
fn put(chapter: &str, measured: &str) {
    let name = super::samples::chapters()
        .into_iter()
        .find(|name| name.starts_with(chapter));
    let path = format!("{FOLDER}/{}", name.expect("the chapter is there"));
    let text = fs::read_to_string(&path).expect("a chapter can be read");
    let (before, rest) = text.split_once("<!-- measured -->\n").expect("the chapter has figures");
    let (_, after) = rest.split_once("<!-- end -->").expect("the figures end");
    let text = format!("{before}<!-- measured -->\n{measured}<!-- end -->{after}");
    fs::write(path, text).expect("a chapter can be written");
}
