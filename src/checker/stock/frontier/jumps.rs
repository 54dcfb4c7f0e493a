//! Which moves bring the level to where it is needed.

use smallvec::SmallVec;

use super::budget::Budget;
use crate::checker::Limit;

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

/// Finds every set of `steps` whose sum lies in `lowest..=highest` and that is minimal: without any of its moves it
/// would not get there, and it does not move up and down by the same quantity. Whatever such a set leaves out can be made
/// later.
///
/// There may be exponentially many, and exponentially many attempts that find none: each step of the enumeration is
/// paid for from `budget`. The range must not contain 0.
pub(super) fn jumps(
    steps: &mut Vec<Step>,
    lowest: i128,
    highest: i128,
    budget: &mut Budget<'_>,
) -> Result<Vec<Jump>, Limit> {
    // Large steps first: fewer sets to look at.
    steps.sort_unstable_by_key(|step| (std::cmp::Reverse(step.by.abs()), step.by));
    let mut rest = Vec::with_capacity(steps.len() + 1);
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
        lowest,
        highest,
        budget,
        found: Vec::new(),
    };
    search.extend(0, 0, &mut Jump::new())?;
    Ok(search.found)
}

struct Search<'a, 'limits> {
    steps: &'a [Step],
    /// How far down and up the steps from each on can go.
    rest: &'a [(i128, i128)],
    lowest: i128,
    highest: i128,
    budget: &'a mut Budget<'limits>,
    found: Vec<Jump>,
}

impl Search<'_, '_> {
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
        let Some(&step) = self.steps.get(place) else {
            let needed = |&(kind, _): &(usize, u64)| {
                self.steps
                    .iter()
                    .any(|step| step.kind == kind && !self.within(sum - step.by))
            };
            if jump.iter().all(needed) {
                self.found.push(jump.clone());
            }
            return Ok(());
        };
        let opposed = place > 0
            && self.steps[place - 1].by == -step.by
            && jump.last().is_some_and(|&(kind, _)| kind == self.steps[place - 1].kind);
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
                if lost || opposed {
                    break;
                }
                jump.push((step.kind, count));
            }
            self.extend(place + 1, sum, jump)?;
            if count > 0 {
                jump.pop();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::budget::Budget, Step, jumps};
    use crate::checker::{Limit, Limits};

    fn all(steps: &[(i128, u64)], lowest: i128, highest: i128) -> Vec<Vec<(i128, u64)>> {
        let mut steps: Vec<Step> = steps
            .iter()
            .enumerate()
            .map(|(kind, &(by, left))| Step { kind, by, left })
            .collect();
        let by: Vec<i128> = steps.iter().map(|step| step.by).collect();
        let found = jumps(&mut steps, lowest, highest, &mut Budget::new(&Limits::default())).unwrap();
        let told = found
            .iter()
            .map(|jump| jump.iter().map(|&(kind, count)| (by[kind], count)).collect());
        let mut list: Vec<Vec<(i128, u64)>> = told.collect();
        list.sort();
        list
    }

    #[test]
    fn one_direction_needs_every_way_to_add_up() {
        assert_eq!(
            all(&[(-1, 9), (-2, 1)], -3, -3),
            [vec![(-2, 1), (-1, 1)], vec![(-1, 3)]]
        );
        assert_eq!(all(&[(-1, 2)], -3, -3), [[]; 0]);
    }

    #[test]
    fn both_directions_may_be_needed() {
        assert_eq!(all(&[(-3, 1), (2, 1)], -1, -1), [[(-3, 1), (2, 1)]]);
        assert_eq!(all(&[(-1, 5), (1, 5)], -1, -1), [[(-1, 1)]]);
    }

    #[test]
    fn a_range_is_entered_no_further_than_needed() {
        assert_eq!(all(&[(-1, 9), (-3, 1)], -7, -2), [vec![(-3, 1)], vec![(-1, 2)]]);
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
        let result = jumps(&mut steps, -6_001, -6_001, &mut Budget::new(&limits));
        assert_eq!(result.unwrap_err(), Limit::Configurations(5_000));
        let limits = Limits {
            time: std::time::Duration::ZERO,
            ..Limits::default()
        };
        let result = jumps(&mut steps, -6_001, -6_001, &mut Budget::new(&limits));
        assert_eq!(result.unwrap_err(), Limit::Time(limits.time));
    }
}
