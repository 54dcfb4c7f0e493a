//! How wrong the clocks would have to be for a violation to be none.

use super::History;

/// What a checker says about a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is linearizable.
    Linearizable,
    /// It is not.
    Violation,
    /// It was not decided within the checker's limits.
    Undecided,
}

/// See [`smallest_skew`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vanishes {
    /// With clocks wrong by this many nanoseconds there is no violation, with any less there is.
    At(u64),
    /// There is one even with clocks wrong by the most that was asked about.
    Never,
    /// There still is one with `above`, and with `up_to` (if it is given) there is none; in between the checker could
    /// not decide within its limits.
    Between {
        /// The largest skew at which there is known to be a violation, if there is any.
        above: Option<u64>,
        /// The smallest skew at which there is known to be none.
        up_to: Option<u64>,
    },
}

/// Finds the smallest skew (see [`History::widen`]) at which a history has no violation, up to `most` nanoseconds.
///
/// The more intervals are widened, the less order is known, so a history that passes with some skew passes with every
/// larger one: bisection finds the point, and asks at most 66 times.
pub fn smallest_skew(history: &History, most: u64, mut check: impl FnMut(&History) -> Answer) -> Vanishes {
    let mut ask = |skew| {
        let mut wider = history.clone();
        wider.widen(skew);
        check(&wider)
    };
    let between = |above, up_to| Vanishes::Between { above, up_to };
    match ask(0) {
        Answer::Linearizable => return Vanishes::At(0),
        Answer::Undecided => return between(None, None),
        Answer::Violation => {}
    }
    match ask(most) {
        Answer::Linearizable => {}
        Answer::Violation => return Vanishes::Never,
        Answer::Undecided => return between(Some(0), None),
    }
    let (mut above, mut up_to) = (0, most);
    while up_to - above > 1 {
        let middle = above + (up_to - above) / 2;
        match ask(middle) {
            Answer::Violation => above = middle,
            Answer::Linearizable => up_to = middle,
            Answer::Undecided => return between(Some(above), Some(up_to)),
        }
    }
    Vanishes::At(up_to)
}
