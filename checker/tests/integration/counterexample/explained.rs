//! Explanations of histories, and both as text for messages.

use oversell_checker::{
    counterexample::{StockFinding, Words, explain_stock},
    engines::{Limits, Verdict, check_stock},
    history::{Clock, StockHistory, StockOperation, Texts},
};

pub(crate) fn check(initial: u64, operations: &[StockOperation]) -> Verdict {
    check_stock(initial, operations, &Limits::default())
}

pub(crate) fn history(initial: u64, operations: Vec<StockOperation>) -> StockHistory {
    let mut history = StockHistory::new("", initial);
    history.operations = operations;
    history
}

/// The explanation of a history that must be a violation.
pub(crate) fn explained(history: &StockHistory) -> StockFinding {
    explained_in(
        history,
        &Words {
            clock: Clock::Nanoseconds,
            units: &Texts::new(),
        },
    )
}

pub(crate) fn explained_in(history: &StockHistory, words: &Words<'_>) -> StockFinding {
    let Verdict::Violation(violation) = check(history.initial, &history.operations) else {
        panic!("linearizable: {}", lines(history));
    };
    explain_stock(history, words, &violation, &Limits::default())
}

/// One operation a line, for messages.
pub(crate) fn lines(history: &StockHistory) -> String {
    let mut text = format!("{} units\n", history.initial);
    for (index, operation) in history.operations.iter().enumerate() {
        text += &line(index, operation);
    }
    text
}

pub(crate) fn line(index: usize, operation: &StockOperation) -> String {
    let until = match operation.returned() {
        u64::MAX => "…".to_string(),
        at => at.to_string(),
    };
    let ret = operation.response.map(|response| response.ret);
    format!("  {index}: {}..{until} {:?} {ret:?}\n", operation.invoked, operation.op)
}

pub(crate) fn told(finding: &StockFinding) -> String {
    let counterexample = &finding.counterexample;
    let mut text = format!("{}: {}\n{}\n", finding.kind, finding.headline, finding.explanation);
    text += &format!(
        "{} units, others: {:?}\n",
        counterexample.initial, counterexample.others
    );
    for shown in &counterexample.operations {
        text += &line(shown.index, &shown.relaxed);
    }
    text
}
