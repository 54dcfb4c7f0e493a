//! Which moves bring the level to where it is needed.

use smallvec::SmallVec;

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
/// later. Calls `found` with each until that says to stop.
///
/// The range must not contain 0.
pub(super) fn jumps(steps: &mut Vec<Step>, lowest: i128, highest: i128, found: &mut dyn FnMut(&Jump) -> bool) {
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
        found,
    };
    search.extend(0, 0, &mut Jump::new());
}

struct Search<'a> {
    steps: &'a [Step],
    /// How far down and up the steps from each on can go.
    rest: &'a [(i128, i128)],
    lowest: i128,
    highest: i128,
    found: &'a mut dyn FnMut(&Jump) -> bool,
}

impl Search<'_> {
    fn within(&self, sum: i128) -> bool {
        self.lowest <= sum && sum <= self.highest
    }

    /// Goes on?
    fn extend(&mut self, place: usize, sum: i128, jump: &mut Jump) -> bool {
        let (down, up) = self.rest[place];
        if sum + up < self.lowest || sum + down > self.highest {
            return true;
        }
        let Some(&step) = self.steps.get(place) else {
            let needed = |&(kind, _): &(usize, u64)| {
                self.steps
                    .iter()
                    .any(|step| step.kind == kind && !self.within(sum - step.by))
            };
            return !jump.iter().all(needed) || (self.found)(jump);
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
            let goes_on = self.extend(place + 1, sum, jump);
            if count > 0 {
                jump.pop();
            }
            if !goes_on {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, jumps};

    fn all(steps: &[(i128, u64)], lowest: i128, highest: i128) -> Vec<Vec<(i128, u64)>> {
        let mut list = Vec::new();
        let mut steps: Vec<Step> = steps
            .iter()
            .enumerate()
            .map(|(kind, &(by, left))| Step { kind, by, left })
            .collect();
        let by: Vec<i128> = steps.iter().map(|step| step.by).collect();
        jumps(&mut steps, lowest, highest, &mut |jump| {
            list.push(jump.iter().map(|&(kind, count)| (by[kind], count)).collect());
            true
        });
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
}
