//! A whole run at a glance: what happened in each of a few hundred equal stretches of it.

use oversell_checker::counterexample::Tell;

use super::{data, order::Ordered};

/// Stretches that a run is cut into: few for few operations.
const STRETCHES: std::ops::RangeInclusive<usize> = 20..=200;

/// A whole run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Overview {
    /// The first and the last time.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Kinds of answers, in order of appearance.
    pub(super) classes: Vec<&'static str>,
    pub(super) stretches: Vec<Stretch>,
    /// Units of all keys in the beginning, where this is about stock.
    pub(super) stock: Option<i64>,
    /// Of everything.
    pub(super) whole: Latency,
    pub(super) operations: usize,
}

/// What happened in a stretch of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stretch {
    /// Answers, by kind.
    pub(super) answers: Vec<u64>,
    pub(super) latency: Latency,
    /// Units left at its end by what was sold and put back.
    pub(super) left: i64,
    /// The smallest stock that anybody was told.
    pub(super) told: Option<i64>,
}

/// How long answers took, in the unit of the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Latency {
    pub(super) count: usize,
    pub(super) p50: u64,
    pub(super) p99: u64,
    pub(super) max: u64,
}

impl Latency {
    fn of(took: &mut [u64]) -> Self {
        took.sort_unstable();
        let at = |share: f64| {
            let place = (share * took.len() as f64).ceil() as usize;
            took.get(place.saturating_sub(1)).copied().unwrap_or(0)
        };
        Self {
            count: took.len(),
            p50: at(0.5),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

impl Overview {
    /// Of all operations of these keys.
    pub(super) fn of<K: Ordered>(keys: &[K]) -> Self {
        let operations = || keys.iter().flat_map(|key| &key.key().operations);
        let from = operations().map(|operation| operation.invoked).min().unwrap_or(0);
        let last = |operation: &oversell_checker::history::Operation<K::Op, K::Ret>| match &operation.response {
            Some(response) => response.at,
            None => operation.invoked,
        };
        let to = operations().map(last).max().unwrap_or(0);
        let count = (operations().count() / 8).clamp(*STRETCHES.start(), *STRETCHES.end());
        let stock: Option<i128> = keys.iter().map(|key| key.stock().map(i128::from)).sum();
        let mut overview = Self {
            from,
            to,
            stock: stock.map(narrow),
            stretches: vec![Stretch::default(); count],
            ..Self::default()
        };
        let mut took: Vec<Vec<u64>> = vec![Vec::new(); count];
        let mut change = vec![0i128; count];
        for operation in operations() {
            overview.operations += 1;
            let place = overview.place(last(operation));
            let class = data::place(&mut overview.classes, data::class(operation));
            let stretch = &mut overview.stretches[place];
            if stretch.answers.len() <= class {
                stretch.answers.resize(class + 1, 0);
            }
            stretch.answers[class] += 1;
            if let Some(response) = &operation.response {
                took[place].push(response.at - operation.invoked);
                change[place] += i128::from(data::taken(operation));
                let told = operation.op.told(&response.ret);
                stretch.told = stretch.told.into_iter().chain(told).min();
            }
        }
        let mut left = stock.unwrap_or(0);
        for ((stretch, took), change) in overview.stretches.iter_mut().zip(&mut took).zip(change) {
            left -= change;
            stretch.left = narrow(left);
            stretch.latency = Latency::of(took);
        }
        let mut all = took.concat();
        overview.whole = Latency::of(&mut all);
        overview
    }

    /// The stretch in which this time is.
    pub(super) fn place(&self, time: u64) -> usize {
        let span = u128::from(self.to - self.from).max(1);
        let offset = u128::from(time.clamp(self.from, self.to) - self.from);
        let count = self.stretches.len();
        let place = offset * count as u128 / span;
        usize::try_from(place).unwrap_or(count).min(count.saturating_sub(1))
    }

    /// Answers of this kind in the whole run.
    pub(super) fn count(&self, class: usize) -> u64 {
        let of = |stretch: &Stretch| stretch.answers.get(class).copied().unwrap_or(0);
        self.stretches.iter().map(of).sum()
    }
}

fn narrow(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_answers_that_were_there() {
        let latency = Latency::of(&mut [5, 1, 4, 2, 3]);
        assert_eq!((latency.p50, latency.p99, latency.max), (3, 5, 5));
        assert_eq!(Latency::of(&mut []), Latency::default());
    }

    #[test]
    fn every_time_is_in_a_stretch() {
        let overview = Overview {
            from: 10,
            to: 1_010,
            stretches: vec![Stretch::default(); 200],
            ..Overview::default()
        };
        let places = [0, 10, 14, 15, 1_009, 1_010, u64::MAX].map(|time| overview.place(time));
        assert_eq!(places, [0, 0, 0, 1, 199, 199, 199]);
        assert_eq!(Overview::default().place(7), 0);
    }
}
