//! What came of a proof.

use std::time::Duration;

use oversell_checker::{engines::memory::Bytes, history::number};
use oversell_models::explorer::{Exploration, Fault, Property, Setup, Stop, Verdict};

use super::Schedule;
use crate::strategy::{Expected, Info};

/// What is said about a strategy under a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Every property holds in every interleaving.
    Proved,
    /// One does not.
    Violation,
    /// Nothing wrong was found, but not everything was looked at.
    Undecided,
}

impl std::fmt::Display for Conclusion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Proved => "proved",
            Self::Violation => "violation",
            Self::Undecided => "undecided",
        })
    }
}

/// A limit that was found out and is not kept.
pub(crate) const NO_LIMIT: &str = "buyers who come again are refused, and that is no limit for each of them; if there is to be one, say \
                                   so with `limit` in [buy]";

/// What came of exploring one setup.
#[derive(Clone, Debug)]
pub struct Proven {
    /// What was explored.
    pub setup: Setup,
    /// Whose code it is.
    pub info: Info,
    /// What was found.
    pub exploration: Exploration,
    /// The gravest broken property, with a shortest schedule that breaks it.
    pub schedule: Option<Schedule>,
    /// What was gone through, where nobody said how much to explore; `setup` is the largest of it, or what is violated.
    pub covered: Vec<Covered>,
    /// A promise that is broken only as long as `TIME` stands still, which no server's does.
    pub timeless: Option<Property>,
    /// How long it took.
    pub elapsed: Duration,
}

/// One of the bounds that were gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Clients at once.
    pub clients: usize,
    /// Purchases of each.
    pub operations: usize,
    /// Units on sale.
    pub stock: u64,
}

impl Proven {
    /// The verdict on all properties together.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let verdicts = || Property::ALL.into_iter().filter_map(|property| self.verdict(property));
        if verdicts().any(|verdict| matches!(verdict, Verdict::Violated(_))) {
            Conclusion::Violation
        } else if verdicts().all(|verdict| verdict == Verdict::Proved) {
            Conclusion::Proved
        } else {
            Conclusion::Undecided
        }
    }

    /// Takes in what was found within the bounds before.
    pub(super) fn add(&mut self, before: Option<Self>, covered: Covered) {
        if let Some(before) = before {
            let progress = &mut self.exploration.progress;
            progress.states += before.exploration.progress.states;
            progress.unique_states += before.exploration.progress.unique_states;
            progress.depth = progress.depth.max(before.exploration.progress.depth);
            self.exploration.untold = self.exploration.untold.max(before.exploration.untold);
            self.exploration.retries |= before.exploration.retries;
            self.exploration.failed = self.exploration.failed.take().or(before.exploration.failed);
            self.timeless = self.timeless.or(before.timeless);
            let verdicts = self.exploration.verdicts.iter_mut();
            for ((_, verdict), (_, before)) in verdicts.zip(&before.exploration.verdicts) {
                if *verdict == Verdict::Proved && *before == Verdict::Undecided {
                    *verdict = Verdict::Undecided;
                }
            }
            self.covered = before.covered;
        }
        if !self.covered.contains(&covered) {
            self.covered.push(covered);
        }
    }

    /// What is said of one promise. Where an operation ended with an error, nothing is proved.
    #[must_use]
    pub fn verdict(&self, property: Property) -> Option<Verdict> {
        let found = self.exploration.verdicts.iter().find(|(other, _)| *other == property);
        found.map(|(_, verdict)| match verdict {
            Verdict::Proved if self.exploration.failed.is_some() => Verdict::Undecided,
            verdict => verdict.clone(),
        })
    }

    /// Why nothing is decided, if so.
    #[must_use]
    pub fn undecided(&self) -> Option<String> {
        let by_error = || {
            let why = self.exploration.failed.as_ref()?;
            Some(format!(
                "an operation ended with an error, and what that told the customer is not known: {why}"
            ))
        };
        let by_limit = || (self.conclusion() == Conclusion::Undecided).then(|| NO_LIMIT.to_string());
        let stopped = self.exploration.stopped.map(|stop| match stop {
            Stop::States(states) => format!("{} different states were looked at", number(states as u64)),
            Stop::Memory(limit) => format!("memory: {} were held", Bytes(limit)),
            Stop::Crowded | Stop::Interrupted | Stop::NotInterchangeable => stop.to_string(),
        });
        let by_time = || {
            let property = self.timeless?;
            Some(format!(
                "`{property}` is broken only where two calls of TIME tell the same microsecond, which a server's hardly do"
            ))
        };
        stopped.or_else(by_error).or_else(by_time).or_else(by_limit)
    }

    /// The gravest property that does not hold.
    #[must_use]
    pub fn broken(&self) -> Option<Property> {
        self.schedule.as_ref().map(|schedule| schedule.property)
    }

    /// The faults that were allowed: `none`, `crash`, `crash+expiry`.
    #[must_use]
    pub fn fault(&self) -> String {
        fault_name(&self.setup)
    }

    /// Is the verdict what the catalogue says of this strategy under this fault?
    #[must_use]
    pub fn as_expected(&self, expected: Expected) -> bool {
        matches!(
            (self.conclusion(), expected),
            (Conclusion::Proved, Expected::Safe) | (Conclusion::Violation, Expected::Broken)
        )
    }
}

pub(super) fn fault_name(setup: &Setup) -> String {
    let names: Vec<&str> = setup.faults.iter().map(|(fault, _)| Fault::name(*fault)).collect();
    if names.is_empty() {
        "none".to_string()
    } else {
        names.join("+")
    }
}
