//! What `run --json` and `check --json` have in common.

use serde_json::{Value, json};

use crate::trial::Report;

/// One line of `run --json`.
pub(super) fn run(report: &Report) -> Value {
    let totals = &report.outcome.totals;
    let latency = &report.outcome.latency;
    let violation = report
        .inspection
        .as_ref()
        .and_then(|inspection| inspection.findings.first())
        .map(|finding| finding.to_json(&report.history))
        .or_else(|| {
            let (key, why) = (report.beyond.spans.as_ref()?, report.unexplained()?);
            Some(json!({"key": key, "kind": "not-linearizable", "explanation": why, "counterexample": null}))
        });
    let undecided: Vec<Value> = report.inspection.as_ref().map_or_else(Vec::new, |inspection| {
        let undecided = inspection.examination.undecided.iter();
        undecided
            .map(|key| limit(report.history.key(key.index), &key.what.to_string()))
            .collect()
    });
    json!({
        "strategy": report.info.name,
        "expected": report.info.expected.to_string(),
        "verdict": report.conclusion().to_string(),
        "as_expected": report.as_expected(),
        "operations": totals.operations,
        "bought": totals.bought,
        "units_sold": totals.units_sold,
        "sold_out": totals.sold_out,
        "unknown": totals.unknown,
        "failed": totals.failed,
        "errors": totals.errors,
        "unanswered": report.outcome.unanswered(),
        "initial": totals.initial,
        "restocked": totals.restocked,
        "final_stock": totals.final_stock,
        "oversold": totals.oversold,
        "leaked": totals.leaked,
        "rounds": report.outcome.rounds,
        "seconds": report.outcome.elapsed.as_secs_f64(),
        "operations_per_second": report.operations_per_second(),
        "latency_us": {
            "p50": latency.value_at_quantile(0.5) / 1000,
            "p99": latency.value_at_quantile(0.99) / 1000,
            "max": latency.max() / 1000,
        },
        "server": {"kind": report.server.kind, "version": report.server.version},
        "clients": report.workload.clients,
        "seed": report.workload.seed,
        "paused_seconds": report.outcome.paused.as_secs_f64(),
        "violating_keys": report.violations(),
        "undecided": undecided,
        "limits": undecided,
        "cut_short": report.outcome.cut_short.as_ref().map(ToString::to_string),
        "history": report.saved.as_ref().map(|path| path.display().to_string()),
        "violation": violation,
    })
}

/// A key that was not decided, and the limit that was reached.
pub(super) fn limit(key: &str, why: &str) -> Value {
    json!({"key": key, "limit": why})
}
