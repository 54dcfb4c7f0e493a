//! What the header of a recorded history says.

use oversell_checker::history::{FAULTS, Header, Initial, Spec};
use serde_json::{Map, Value, json};

use crate::{
    server::{Source, Version},
    strategy::Info,
    stress::{Outcome, Workload},
};

/// The header of a record. It is written before anything is known of the run.
pub(super) fn header(info: &Info, own: bool, workload: &Workload, server: &Version, source: Option<Source>) -> Header {
    let mut metadata = Map::new();
    let mut put = |name: &str, value: Value| metadata.insert(name.to_string(), value);
    put("strategy", json!(info.name));
    put("clients", json!(workload.clients));
    put("seed", json!(workload.seed));
    put("quantity", json!([workload.quantity.start(), workload.quantity.end()]));
    put("read_ratio", json!(workload.read_ratio));
    put("restock_ratio", json!(workload.restock_ratio));
    if let Some(limit) = info.limit {
        put("limit", json!(limit));
    }
    if let Some(stall) = workload.stall {
        put("stall_ms", json!(stall.as_millis() as u64));
    }
    put(
        "server",
        json!({
            "kind": server.kind,
            "version": server.version,
            "found": source.map_or_else(|| "named by URL".to_string(), |source| source.to_string()),
        }),
    );
    put("recorded_by", json!(concat!("oversell ", env!("CARGO_PKG_VERSION"))));
    // Somebody's own code is run by their own program.
    if !own {
        put("command", json!(command(info, workload)));
    }
    Header {
        spec: Spec::Stock,
        initial: Initial::Every(json!(workload.stock)),
        metadata,
    }
}

/// The strategy of the catalogue that made a history, if one did: code of somebody's own may have its name.
#[cfg(feature = "cli")]
pub(crate) fn of_catalogue(header: &Header) -> Option<&str> {
    let metadata = &header.metadata;
    metadata
        .get("strategy")?
        .as_str()
        .filter(|_| metadata.contains_key("command"))
}

/// Adds what is known when the run is over. Says whether there was anything.
pub(super) fn add_outcome(header: &mut Header, outcome: &Outcome) -> bool {
    let before = header.metadata.len();
    let mut put = |name: &str, value: Value| header.metadata.insert(name.to_string(), value);
    if let Some(why) = outcome.unanswered() {
        put("unanswered", json!(why));
    }
    if let Some(why) = &outcome.cut_short {
        put("cut_short", json!(why.to_string()));
    }
    if !outcome.faults.is_empty() {
        put(FAULTS, json!(outcome.faults));
    }
    if outcome.faults_left_out > 0 {
        put("faults_left_out", json!(outcome.faults_left_out));
    }
    header.metadata.len() > before
}

/// The command line that makes such a history again.
fn command(info: &Info, workload: &Workload) -> String {
    let mut command = format!(
        "oversell run {} --clients {} --stock {} --seed {} --quantity {}..{}",
        info.name,
        workload.clients,
        workload.stock,
        workload.seed,
        workload.quantity.start(),
        workload.quantity.end(),
    );
    for (flag, share) in [
        ("--read-ratio", workload.read_ratio),
        ("--restock-ratio", workload.restock_ratio),
    ] {
        if share > 0.0 {
            command.push_str(&format!(" {flag} {share}"));
        }
    }
    for (flag, number) in [("--rounds", workload.rounds), ("--operations", workload.operations)] {
        if let Some(number) = number {
            command.push_str(&format!(" {flag} {number}"));
        }
    }
    for (flag, time) in [("--for", workload.duration), ("--stall", workload.stall)] {
        if let Some(time) = time {
            let time = humantime::format_duration(time).to_string().replace(' ', "");
            command.push_str(&format!(" {flag} {time}"));
        }
    }
    command
}
