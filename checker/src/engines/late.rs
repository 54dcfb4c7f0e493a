//! Operations that were taken for lost because they had been open for so long, by whoever checks a history while it is made.
//!
//! That weakens nothing as long as no answer comes. When one does, it says something that was not held against the others.

use rustc_hash::FxHashSet;

use super::{Limit, Watched};

/// An operation that stays open while so many others are invoked is taken for one that is never answered.
pub(super) const MOST_WAITING: usize = 1 << 18;

/// See the module. Operations by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Late {
    given_up: FxHashSet<u64>,
    /// Some answer came too late to be held against the others.
    came: bool,
}

impl Late {
    /// This one has been open for too long.
    pub(super) fn give_up(&mut self, number: u64) {
        self.given_up.insert(number);
    }

    /// It has come to be known what happened: too late, if that was given up.
    pub(super) fn answered(&mut self, number: u64) {
        self.came |= self.given_up.remove(&number);
    }

    /// It is known now that no answer will come.
    pub(super) fn lost(&mut self, number: u64) {
        self.given_up.remove(&number);
    }

    /// Has everything been held against the others?
    pub(super) const fn is_complete(&self) -> bool {
        !self.came
    }

    /// What is known in the end: what passes without all of the answers is not decided.
    pub(super) fn conclude(&self, watched: Watched) -> Watched {
        match watched {
            Watched::Linearizable if self.came => Watched::Undecided(Limit::Behind(MOST_WAITING)),
            watched => watched,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_comes_after_all_makes_a_pass_undecided() {
        let mut late = Late::default();
        late.answered(1);
        late.give_up(2);
        late.lost(2);
        late.answered(2);
        late.give_up(3);
        assert!(late.is_complete());
        assert!(matches!(late.conclude(Watched::Linearizable), Watched::Linearizable));

        late.answered(3);
        assert!(!late.is_complete());
        let concluded = late.conclude(Watched::Linearizable);
        assert!(
            matches!(concluded, Watched::Undecided(Limit::Behind(_))),
            "{concluded:?}"
        );
        let violation = late.conclude(Watched::Violation(Vec::new()));
        assert!(matches!(violation, Watched::Violation(_)), "certain without the answer");
        let undecided = late.conclude(Watched::Undecided(Limit::Open(7)));
        assert!(
            matches!(undecided, Watched::Undecided(Limit::Open(7))),
            "another limit came first"
        );
    }
}
