//! Which moves bring the level to where it is needed.

use std::cmp::Reverse;

use smallvec::SmallVec;

use crate::engines::{Limit, budget::Budget};

/// A move that may be made up to `left` times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Which, by its place in [`Open::moves`](super::open::Open::moves).
    pub(super) kind: usize,
    /// What one does to the level.
    pub(super) by: i128,
    /// How many are left.
    pub(super) left: u64,
}

/// How often each move is made.
pub(super) type Jump = SmallVec<[(usize, u64); 4]>;

/// Finds every set of `steps` whose sum lies in `lowest..=highest` and that is minimal: no smaller set within it gets
/// there. Whatever a larger set has more can be made later: its sum is such that the level stays in the range.
///
/// There may be exponentially many, and exponentially many attempts that find none: each step of the enumeration is
/// paid for from `budget`. The range must not contain 0.
pub(super) fn jumps(steps: &mut [Step], lowest: i128, highest: i128, budget: &mut Budget) -> Result<Vec<Jump>, Limit> {
    let downs = steps.iter().filter(|step| step.by < 0).count();
    let lone = match (downs, steps.len() - downs) {
        (1, _) => Some(true),
        (_, 1) => Some(false),
        _ => None,
    };
    // Large steps first: fewer sets to look at. One that is alone in its direction comes last.
    steps.sort_unstable_by_key(|step| (lone == Some(step.by < 0), Reverse(step.by.abs()), step.by));
    let mut rest: SmallVec<[(i128, i128); 8]> = SmallVec::new();
    rest.push((0, 0));
    for step in steps.iter().rev() {
        let (down, up) = rest[rest.len() - 1];
        let all = step.by * i128::from(step.left);
        rest.push((down + all.min(0), up + all.max(0)));
    }
    rest.reverse();
    let mut search = Search {
        steps,
        rest: &rest,
        lone: lone.is_some(),
        lowest,
        highest,
        budget,
        found: Vec::new(),
    };
    search.extend(0, 0, &mut Jump::new())?;
    let mut found = search.found;
    if downs > 0 && downs < steps.len() {
        keep_minimal(&mut found, budget)?;
    }
    Ok(found)
}

/// Drops every set that contains another.
fn keep_minimal(found: &mut Vec<Jump>, budget: &mut Budget) -> Result<(), Limit> {
    let size = |jump: &Jump| jump.iter().map(|&(_, count)| u128::from(count)).sum::<u128>();
    found.sort_by_key(size);
    let mut kept: Vec<Jump> = Vec::with_capacity(found.len());
    for jump in found.drain(..) {
        budget.step()?;
        if !kept.iter().any(|smaller| contains(&jump, smaller)) {
            kept.push(jump);
        }
    }
    *found = kept;
    Ok(())
}

fn contains(jump: &Jump, smaller: &Jump) -> bool {
    smaller
        .iter()
        .all(|&(kind, count)| jump.iter().any(|&(other, most)| other == kind && count <= most))
}

struct Search<'a> {
    steps: &'a [Step],
    /// How far down and up the steps from each on can go.
    rest: &'a [(i128, i128)],
    /// The last step is the only one in its direction.
    lone: bool,
    lowest: i128,
    highest: i128,
    budget: &'a mut Budget,
    found: Vec<Jump>,
}

impl Search<'_> {
    fn within(&self, sum: i128) -> bool {
        self.lowest <= sum && sum <= self.highest
    }

    /// Every way to go on from a `jump` that is chosen as far as the step at `place`, and leads to `sum`.
    fn extend(&mut self, place: usize, sum: i128, jump: &mut Jump) -> Result<(), Limit> {
        self.budget.spend()?;
        let (down, up) = self.rest[place];
        if sum + up < self.lowest || sum + down > self.highest {
            return Ok(());
        }
        if self.within(sum) {
            // All that could be added would be too much.
            self.found.push(jump.clone());
            return Ok(());
        }
        let Some((&last, _)) = self.steps[place..].split_last() else {
            return Ok(());
        };
        let only = place + 1 == self.steps.len();
        let completed = (only || self.lone) && self.complete(last, sum, jump);
        if completed || only {
            // Others go in the other direction: with them it would take as many of the last, and more.
            return Ok(());
        }
        let step = self.steps[place];
        for count in 0..=step.left {
            let sum = sum + step.by * i128::from(count);
            if count > 0 {
                // Too far, and the rest cannot lead back.
                let (down, up) = self.rest[place + 1];
                let lost = if step.by < 0 {
                    sum + up < self.lowest
                } else {
                    sum + down > self.highest
                };
                if lost {
                    break;
                }
                jump.push((step.kind, count));
            }
            self.extend(place + 1, sum, jump)?;
            if count > 0 {
                jump.pop();
            }
            if self.within(sum) {
                break;
            }
        }
        Ok(())
    }

    /// Reaches the range from `sum` with as few of the last step as can be, if that is possible.
    fn complete(&mut self, last: Step, sum: i128, jump: &mut Jump) -> bool {
        let missing = if last.by < 0 {
            sum - self.highest
        } else {
            self.lowest - sum
        };
        if missing <= 0 {
            return false;
        }
        let size = last.by.abs();
        let count = (missing + size - 1) / size;
        let reached = sum + last.by * count;
        let Ok(count) = u64::try_from(count) else { return false };
        if count > last.left || reached < self.lowest || reached > self.highest {
            return false;
        }
        jump.push((last.kind, count));
        self.found.push(jump.clone());
        jump.pop();
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::Strategy as _;

    use super::{Step, jumps};
    use crate::engines::{Limit, Limits, budget::Budget};

    fn all(steps: &[(i128, u64)], lowest: i128, highest: i128) -> Vec<Vec<(i128, u64)>> {
        let mut steps: Vec<Step> = steps
            .iter()
            .enumerate()
            .map(|(kind, &(by, left))| Step { kind, by, left })
            .collect();
        let by: Vec<i128> = steps.iter().map(|step| step.by).collect();
        let found = jumps(&mut steps, lowest, highest, &mut Budget::new(Limits::default())).unwrap();
        let told = found
            .iter()
            .map(|jump| jump.iter().map(|&(kind, count)| (by[kind], count)).collect());
        let mut list: Vec<Vec<(i128, u64)>> = told.collect();
        for set in &mut list {
            set.sort_unstable();
        }
        list.sort();
        list
    }

    /// No sum of even numbers is odd, but the enumeration has to find that out.
    #[test]
    fn attempts_that_lead_nowhere_are_paid_for() {
        let mut steps: Vec<Step> = (0..60)
            .map(|kind| Step {
                kind,
                by: -(200 + 2 * kind as i128),
                left: 1,
            })
            .collect();
        let limits = Limits {
            configurations: 5_000,
            ..Limits::default()
        };
        let result = jumps(&mut steps, -6_001, -6_001, &mut Budget::new(limits));
        assert_eq!(result.unwrap_err(), Limit::Configurations(5_000));
        let limits = Limits {
            time: std::time::Duration::ZERO,
            ..Limits::default()
        };
        let result = jumps(&mut steps, -6_001, -6_001, &mut Budget::new(limits));
        assert_eq!(result.unwrap_err(), Limit::Time(limits.time));
    }

    fn total(set: &[(i128, u64)]) -> i128 {
        set.iter().map(|&(by, count)| by * i128::from(count)).sum()
    }

    /// Every set there is, in the simplest way.
    fn every(steps: &[(i128, u64)]) -> Vec<Vec<(i128, u64)>> {
        let mut sets = vec![Vec::new()];
        for &(by, left) in steps {
            let grown = sets.iter().flat_map(|set: &Vec<(i128, u64)>| {
                (0..=left).map(move |count| set.iter().copied().chain((count > 0).then_some((by, count))).collect())
            });
            sets = grown.collect();
        }
        sets
    }

    proptest::proptest! {
        #[test]
        fn exactly_the_minimal_sets_are_found(
            steps in proptest::collection::btree_map(
                (-5..=5_i128).prop_filter("a move", |&by| by != 0),
                1..4_u64,
                1..5,
            ),
            lowest in -9..=9_i128,
            width in 0..4_i128,
        ) {
            let steps: Vec<(i128, u64)> = steps.into_iter().collect();
            let range = lowest..=lowest + width;
            if !range.contains(&0) {
                let there: Vec<_> = every(&steps).into_iter().filter(|set| range.contains(&total(set))).collect();
                let within = |smaller: &[(i128, u64)], set: &[(i128, u64)]| {
                    smaller.iter().all(|&(by, count)| set.iter().any(|&(other, most)| other == by && count <= most))
                };
                let minimal = |set: &Vec<(i128, u64)>| {
                    !there.iter().any(|other| other != set && within(other, set))
                };
                let mut expected: Vec<_> = there.iter().filter(|set| minimal(set)).cloned().collect();
                for set in &mut expected {
                    set.sort_unstable();
                }
                expected.sort();
                proptest::prop_assert_eq!(all(&steps, lowest, lowest + width), expected);
            }
        }
    }
}
