//! Counterexamples for other specifications than the stock counter: registers, key-value stores, and one's own.
//!
//! A specification of one's own implements [`SequentialSpec`](oversell_spec::SequentialSpec): how one client alone would see the object. That is
//! enough to be checked ([`engines::general`](crate::engines::general)). To have violations explained, it implements
//! [`Explainable`], of which only the value is required, and its operations [`Tell`]:
//!
//! ```
//! use oversell_checker::{engines::{Limits, Verdict, general::check}, counterexample::{Tell, Words, general::{Explainable, explain}}, history::{Clock, Operation, Response, Texts}};
//! use serde_json::{Value, json};
//! use oversell_checker::spec::SequentialSpec;
//!
//! /// A lamp that everybody may switch.
//! #[derive(Clone, PartialEq, Eq, Hash)]
//! struct Lamp(&'static str);
//!
//! #[derive(Clone, PartialEq, Eq, Hash)]
//! enum Ask {
//!     Look,
//!     Switch,
//! }
//!
//! impl SequentialSpec for Lamp {
//!     type Op = Ask;
//!     type Ret = &'static str;
//!
//!     fn invoke(&mut self, op: &Ask) -> &'static str {
//!         if *op == Ask::Switch {
//!             self.0 = if self.0 == "on" { "off" } else { "on" };
//!         }
//!         self.0
//!     }
//! }
//!
//! impl Explainable for Lamp {
//!     fn value(&self) -> &str {
//!         self.0
//!     }
//!
//!     // Not required: whoever only looks can then be left out.
//!     fn only_looks(op: &Ask, _: Option<&&'static str>) -> bool {
//!         *op == Ask::Look
//!     }
//! }
//!
//! impl Tell for Ask {
//!     type Ret = &'static str;
//!
//!     fn role(&self) -> &'static str {
//!         "visitor"
//!     }
//!     fn f(&self) -> &'static str {
//!         if *self == Ask::Look { "look" } else { "switch" }
//!     }
//!     fn asked(&self) -> String {
//!         self.f().to_string()
//!     }
//!     fn answered(&self, ret: &&'static str, _: &Words<'_>) -> String {
//!         ret.to_string()
//!     }
//!     // For histories as JSON.
//!     fn argument(&self) -> Value {
//!         Value::Null
//!     }
//!     fn result(&self, ret: &&'static str, _: &Texts) -> Value {
//!         json!(ret)
//!     }
//! }
//!
//! let operation = |process, invoked, op, ret| Operation {
//!     process,
//!     invoked,
//!     op,
//!     response: Some(Response { at: invoked + 5, ret }),
//! };
//! let history = [
//!     operation(1, 10, Ask::Look, "off"),
//!     operation(1, 20, Ask::Switch, "on"),
//!     operation(2, 30, Ask::Look, "off"),
//! ];
//! let limits = Limits::default();
//! let Verdict::Violation(violation) = check(&Lamp("off"), &history, &limits) else {
//!     panic!("it was switched on before the second look");
//! };
//! let units = Texts::new();
//! let words = Words { clock: Clock::Nanoseconds, units: &units };
//! let finding = explain(&Lamp("off"), &history, &words, &violation, &limits, check);
//! assert_eq!(finding.headline, "no order of 2 operations explains the answers");
//! assert!(finding.explanation.contains("visitor 2 asked to look, and was told off"));
//! ```

mod spec;
#[cfg(test)]
mod tests;
mod window;

use std::{fmt::Write as _, time::Instant};

use super::{
    confirm::BRIEFLY,
    dead_end::dead_end,
    explain::{Finding, unanswered},
    failed,
    kind::Kind,
    parts::{Counterexample, Others, Shown},
    shrink::{Item, Shrinker, Step, items, relaxed},
    tell::Tell,
    words::{Words, capital, join, number},
};
use crate::{
    engines::{Limits, Verdict, Violation, brute_force, brute_force_within},
    history::Operation,
};
pub use spec::Explainable;
use window::Items;

/// What is found is confirmed within so many combinations of operations done and state reached: half a second.
const MOST_CONFIGURATIONS: u64 = 500_000;

/// The time for an explanation is enough for so many checks that take as long as one may. A step that takes longer to be seen through is
/// left undone: what has fewer answers can be much harder than the whole.
const PARTS: u32 = 40;

/// Explains a violation of another specification than the stock counter, by shrinking. `check` decides smaller histories. The limits are
/// for all of that together: what is found by then is sound, only perhaps not minimal.
pub fn explain<S: Explainable>(
    initial: &S,
    history: &[Operation<S::Op, S::Ret>],
    words: &Words<'_>,
    violation: &Violation,
    limits: &Limits,
    check: impl Fn(&S, &[Operation<S::Op, S::Ret>], &Limits) -> Verdict,
) -> Finding<String, S::Op, S::Ret> {
    let started = Instant::now();
    let more = || !limits.rest(started).time.is_zero();
    let is_violation = |start: &S, operations: &[_]| {
        let rest = limits.rest(started);
        let part = Limits {
            time: rest.time.min(limits.time / PARTS),
            ..rest
        };
        !part.time.is_zero() && matches!(check(start, operations, &part), Verdict::Violation(_))
    };
    let from_start = |operations: &[_]| is_violation(initial, operations);
    let near = window::near_the_end::<S>(history, violation.certain_at, from_start, &more).unwrap_or_else(|| {
        let mut whole = Shrinker::new(items(history), &from_start, &more);
        whole.cut_after(violation.certain_at);
        whole.items
    });
    let (start, near) = cut_before(initial, near, is_violation);
    let from_there = |operations: &[_]| is_violation(&start, operations);
    let mut shrinker = Shrinker::new(near, &from_there, &more);
    while round::<S>(&mut shrinker) {}
    let operations = relaxed(&shrinker.items);
    let counterexample = Counterexample {
        initial: start.value().to_string(),
        operations: shrinker.items.iter().map(|item| item.shown(history)).collect(),
        others: Others::NONE,
    };
    let from_nobody = from_nobody(initial, history, &counterexample.operations, words, &more);
    Finding {
        kind: Kind::NotLinearizable,
        origin: if start.value() == initial.value() {
            "the initial value".to_string()
        } else {
            "as an earlier operation left it".to_string()
        },
        remedy: None,
        unanswered: unanswered(history, &counterexample.operations),
        headline: match (operations.len(), &from_nobody) {
            (_, Some(_)) => "told a value that nobody wrote".to_string(),
            (1, None) => "no value explains the answer".to_string(),
            (count, None) => format!("no order of {} operations explains the answers", number(count as u64)),
        },
        explanation: from_nobody.unwrap_or_else(|| sentence(&start, &counterexample.operations, words)),
        note: None,
        beside: None,
        confirmation: brute_force_within(&start, &operations, MOST_CONFIGURATIONS).into(),
        counts: vec![(Kind::NotLinearizable, 1)],
        counterexample,
    }
}

/// A sentence about an operation that was recorded as failed, and with whose effect the answers of `finding` would be explained; `start` is
/// the state that its counterexample begins with. Empty: there is none.
pub(crate) fn about_failed<S: Explainable>(
    start: &S,
    failed: &[Operation<S::Op, S::Ret>],
    finding: &Finding<String, S::Op, S::Ret>,
    words: &Words<'_>,
) -> String {
    let explained = |operations: &[_]| {
        matches!(
            brute_force_within(start, operations, BRIEFLY as u64),
            Verdict::Linearizable(_)
        )
    };
    failed::told(failed, &finding.counterexample.operations, words, explained).unwrap_or_default()
}

/// Is this a violation, and does every further step make it linearizable? Tried by brute force.
#[must_use]
pub fn is_minimal<S: Explainable>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> bool {
    let is_violation = |operations: &[_]| matches!(brute_force(initial, operations), Verdict::Violation(_));
    if !is_violation(operations) {
        return false;
    }
    let mut shrinker = Shrinker::new(items(operations), &is_violation, &|| true);
    !round::<S>(&mut shrinker)
}

/// One round of all the steps, the ones that take most away first. Says whether any did.
fn round<S: Explainable>(shrinker: &mut Shrinker<'_, S::Op, S::Ret>) -> bool {
    let looks = shrinker.apply(|item| {
        let operation = &item.relaxed;
        S::only_looks(&operation.op, operation.response.as_ref().map(|response| &response.ret)).then_some(Step::Remove)
    });
    // It may have taken effect at any time, or never.
    let forgotten = shrinker.apply(|item| {
        item.relax(|operation| {
            operation.invoked = 0;
            operation.response = None;
        })
    });
    let rest = relaxed(&shrinker.items);
    let unseen = shrinker.apply(|item| {
        let operation = &item.relaxed;
        (operation.response.is_none() && S::is_unseen(&operation.op, &rest)).then_some(Step::Remove)
    });
    let unanswered = shrinker.apply(|item| item.relax(|operation| operation.response = None));
    let earlier = shrinker.apply(|item| item.relax(|operation| operation.invoked = 0));
    let later = shrinker.apply(|item| {
        item.relax(|operation| {
            operation
                .response
                .iter_mut()
                .for_each(|response| response.at = u64::MAX)
        })
    });
    looks || forgotten || unseen || unanswered || earlier || later
}

/// Starts from the value that an operation left which nothing overlapped, as late as possible.
///
/// Sound: in every order of the whole, what was over before it comes before it, and what was invoked after it after it.
/// What has no answer may come before it, and is then overwritten, or after it: it stays, and may take effect or not.
fn cut_before<S: Explainable>(
    initial: &S,
    items: Items<S>,
    is_violation: impl Fn(&S, &[Operation<S::Op, S::Ret>]) -> bool,
) -> (S, Items<S>) {
    let cuts: Vec<(u64, S)> = quiet::<S>(&items);
    let mut good = (initial.clone(), items);
    let (mut low, mut high) = (0, cuts.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let (time, start) = &cuts[middle];
        let kept = |item: &&Item<S::Op, S::Ret>| item.relaxed.response.is_none() || item.relaxed.invoked > *time;
        let rest: Vec<_> = good.1.iter().filter(kept).cloned().collect();
        if is_violation(start, &relaxed(&rest)) {
            good = (start.clone(), rest);
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    good
}

/// The responses of operations that were alone and left a known value, in order, with that value.
fn quiet<S: Explainable>(items: &[Item<S::Op, S::Ret>]) -> Vec<(u64, S)> {
    let mut answered: Vec<_> = items.iter().filter(|item| item.relaxed.response.is_some()).collect();
    answered.sort_by_key(|item| item.relaxed.invoked);
    let mut over = None;
    let mut cuts = Vec::new();
    for (place, item) in answered.iter().enumerate() {
        let Some(response) = &item.relaxed.response else {
            continue;
        };
        let alone_before = over.is_none_or(|over| over < item.relaxed.invoked);
        let alone_after = answered
            .get(place + 1)
            .is_none_or(|next| response.at < next.relaxed.invoked);
        over = over.max(Some(response.at));
        if alone_before
            && alone_after
            && let Some(value) = S::left_by(&item.relaxed.op, &response.ret)
        {
            cuts.push((response.at, value));
        }
    }
    cuts
}

fn sentence<S: Explainable>(start: &S, shown: &[Shown<S::Op, S::Ret>], words: &Words<'_>) -> String {
    let said = |shown: &Shown<S::Op, S::Ret>| {
        let who = words.actor(&shown.original);
        let asked = words.asked(&shown.original.op);
        match &shown.relaxed.response {
            None => format!("{who} asked to {asked} ({})", words.at(shown.original.invoked)),
            Some(response) => format!(
                "{who} asked to {asked}, and was told {} ({})",
                shown.original.op.answered(&response.ret, words),
                words.between(shown.original.invoked, shown.original.returned())
            ),
        }
    };
    let mut text = format!("From {}: {}.", quoted(start), join(shown.iter().map(said)));
    let operations: Vec<_> = shown.iter().map(|shown| shown.relaxed.clone()).collect();
    if let Some(end) = dead_end(start, &operations) {
        let asked = |&index: &usize| {
            format!(
                "{} by {}",
                words.asked(&shown[index].original.op),
                words.actor(&shown[index].original)
            )
        };
        let stuck = join(
            end.stuck
                .iter()
                .map(|&index| format!("{}'s", words.actor(&shown[index].original))),
        );
        let fits = if end.stuck.len() == 1 {
            "answer does not fit"
        } else {
            "answers do not fit"
        };
        let _ = match end.order.as_slice() {
            [] => write!(text, " {} {fits} to begin with.", capital(&stuck)),
            order => write!(
                text,
                " The order that gets furthest is {}; that leaves {}, and {stuck} {fits}.",
                order.iter().map(asked).collect::<Vec<_>>().join(", then "),
                quoted(&end.state)
            ),
        };
    }
    text
}

/// So many operations are looked through in no time.
const FEW: usize = 64;

/// What there is to say when only the last of these operations is wrong, as nobody in the whole history wrote what it was told.
fn from_nobody<S: Explainable>(
    initial: &S,
    history: &[Operation<S::Op, S::Ret>],
    shown: &[Shown<S::Op, S::Ret>],
    words: &Words<'_>,
    more: &dyn Fn() -> bool,
) -> Option<String> {
    // Where much is shown there was no time left, and to look through all of it takes long, too.
    let few = shown.iter().take(FEW);
    let rest = shown.iter().skip(FEW).take_while(|_| more());
    let shown = few.chain(rest).find(|shown| {
        let response = shown.relaxed.response.as_ref();
        response.is_some_and(|response| initial.is_from_nobody(&shown.original.op, &response.ret, history))
    })?;
    let original = &shown.original;
    let ret = &original.response.as_ref()?.ret;
    Some(format!(
        "{} asked to {}, and was told {} ({}). Nobody wrote that: it was not there to begin with, and {} puts it there, \
         answered or not.",
        capital(&words.actor(original)),
        original.op.asked(),
        original.op.answered(ret, words),
        words.between(original.invoked, original.returned()),
        match history.len() {
            1 => "no other operation".to_string(),
            all => format!("none of the {} operations", number(all as u64)),
        },
    ))
}

/// A value of a register is JSON and stands for itself; what is empty would not be seen.
fn quoted<S: Explainable>(state: &S) -> String {
    if state.value().is_empty() {
        "nothing".to_string()
    } else {
        state.value().to_string()
    }
}
