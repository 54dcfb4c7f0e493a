//! The JSON lines of the contract.

use std::time::Duration;

use oversell_checker::{
    examine::{Conclusion, Inspection},
    history::{History, Spec},
};
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
fn limit(key: &str, why: &str) -> Value {
    json!({"key": key, "limit": why})
}

/// One line of `check --json`.
pub(super) fn check(file: &str, history: &History, inspection: &Inspection, cut_short: Option<&str>) -> Value {
    let (violations, undecided) = found(history, inspection);
    Checked {
        file,
        spec: history.header.spec,
        conclusion: inspection.examination.conclusion,
        operations: history.operations() as u64,
        keys: history.keys(),
        took: inspection.examination.elapsed,
        violations: &violations,
        undecided: &undecided,
        cut_short,
        provisional: false,
    }
    .to_json()
}

/// A key that was not decided, and the limit that was reached.
pub(super) type Undecided<'a> = (&'a str, String);

/// The violations in order of their keys, and the keys that were not decided.
pub(super) fn found<'a>(history: &'a History, inspection: &Inspection) -> (Vec<Value>, Vec<Undecided<'a>>) {
    let mut findings: Vec<_> = inspection.findings.iter().collect();
    findings.sort_by_key(|finding| finding.index);
    let violations = findings.iter().map(|finding| finding.to_json(history)).collect();
    let undecided = inspection.examination.undecided.iter();
    let undecided = undecided.map(|undecided| (history.key(undecided.index), undecided.what.to_string()));
    (violations, undecided.collect())
}

/// What one line of `check --json` says, whichever way the history was read.
pub(super) struct Checked<'a> {
    pub(super) file: &'a str,
    pub(super) spec: Spec,
    pub(super) conclusion: Conclusion,
    pub(super) operations: u64,
    pub(super) keys: usize,
    pub(super) took: Duration,
    pub(super) violations: &'a [Value],
    pub(super) undecided: &'a [Undecided<'a>],
    /// Why there is more of the history than was looked at.
    pub(super) cut_short: Option<&'a str>,
    /// More that comes of the same time may change it.
    pub(super) provisional: bool,
}

impl Checked<'_> {
    pub(super) fn to_json(&self) -> Value {
        let undecided: Vec<&str> = self.undecided.iter().map(|(key, _)| *key).collect();
        let limits = self.undecided.iter().map(|(key, why)| limit(key, why));
        let mut line = json!({
            "file": self.file,
            "spec": self.spec.name(),
            "verdict": self.conclusion.to_string(),
            "operations": self.operations,
            "keys": self.keys,
            "seconds": self.took.as_secs_f64(),
            "violations": self.violations,
            "undecided": undecided,
            "limits": limits.collect::<Vec<_>>(),
        });
        if let Some(why) = self.cut_short {
            line["cut_short"] = why.into();
        }
        if self.provisional {
            line["provisional"] = true.into();
        }
        line
    }
}
