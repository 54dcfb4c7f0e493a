//! Where the stock that a counterexample starts from comes from: nobody should have to guess.

use super::{
    reason::{Candidate, Reason},
    words::number,
};

/// `8 to begin with, 7 sold to others`.
pub(super) fn of(candidate: &Candidate, initial: u64) -> String {
    let start = candidate.counterexample.initial;
    let Some(before) = candidate.reason.before(start) else {
        // What contradicts itself does so from any stock.
        return if start == initial {
            unchanged()
        } else {
            "any would do".to_string()
        };
    };
    if before.sold == 0 && before.restocked == 0 && start == initial {
        return unchanged();
    }
    let mut text = format!("{} to begin with", number(initial));
    if before.restocked > 0 {
        let at_most = if matches!(candidate.reason, Reason::LevelAtMost(_)) {
            "at most "
        } else {
            ""
        };
        text += &format!(", {at_most}{} put back", number(before.restocked));
    }
    if before.sold > 0 {
        text += &match candidate.reason {
            Reason::LevelAtLeast(_) => format!(", at most {} sold", number(before.sold)),
            Reason::TooManySales { .. } => format!(", {} sold to others", number(before.sold)),
            _ => format!(", {} sold before", number(before.sold)),
        };
    }
    let level = u128::from(initial) + u128::from(before.restocked);
    if u128::from(start) + u128::from(before.sold) < level {
        // Only what others may have bought is taken off a start: see `search::plainest`.
        text += "; others may have bought the rest";
    }
    text
}

fn unchanged() -> String {
    "the initial stock".to_string()
}
