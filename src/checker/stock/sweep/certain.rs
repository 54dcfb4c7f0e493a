//! A sweep from end to end, and, where it fails, with which response the violation was certain.
//!
//! The sweep takes into account what an operation will be told, so it may fail before that is known. Let it have failed at
//! response d. A prefix that is a violation has no order when more is known, so none is that ends before d. The prefix
//! that ends when all that was open at d has returned is one: the sweep through it does not differ up to d. In between
//! bisection finds the first.
//!
//! These sweeps need not begin at the start. Up to an instant before everything that was open at d was invoked, they
//! are all the same: what was open then returned before d. So each continues from there.

use super::{Recorder, Sweep};
use crate::checker::{
    Witness,
    stock::{
        invocations::Invocations,
        summary::Summary,
        view::{Horizon, View},
    },
};

/// A past is kept every so many blocks, the last two of them.
const KEPT: usize = 16;

/// What is left of a sweep that failed.
pub(in crate::checker::stock) struct Dead {
    /// With this response.
    pub(in crate::checker::stock) died: Horizon,
    /// Pasts on the way, the latest first.
    pasts: [Option<Sweep>; 2],
}

/// Sweeps over the history.
pub(in crate::checker::stock) fn run(view: View<'_>, initial: u64, summary: &Summary) -> Result<Witness, Dead> {
    let invocations = Invocations::of(view, summary);
    let mut line = Recorder {
        kept: true,
        order: Vec::with_capacity(summary.len()),
        maybes: Vec::with_capacity(summary.maybe_buys),
    };
    let mut sweep = Sweep::new(initial);
    let mut pasts = [None, None];
    for block in 0.. {
        if block % KEPT == KEPT - 1 {
            pasts.swap(0, 1);
            pasts[0] = Some(sweep.clone());
        }
        match sweep.block(&invocations, view, &mut line) {
            Ok(true) => {}
            Ok(false) => break,
            Err(died) => return Err(Dead { died, pasts }),
        }
    }
    Ok(Witness(line.order))
}

impl Dead {
    /// The first response with which the violation is certain, given that buys are of one unit, also those whose answer is
    /// not known yet.
    pub(in crate::checker::stock) fn first_certain(self, view: View<'_>, summary: &Summary, initial: u64) -> Horizon {
        let invocations = Invocations::of(view, summary);
        let died = self.died;
        let earlier = |past: &Sweep| past.window.last_open().is_none_or(|open| open < died);
        let mut past = self
            .pasts
            .into_iter()
            .flatten()
            .find(earlier)
            .unwrap_or_else(|| Sweep::new(initial));
        // The latest one will do.
        let mut later = past.clone();
        while let Ok(true) = later.block(&invocations, view, &mut Recorder::default()) {
            if earlier(&later) {
                past.clone_from(&later);
            }
        }
        let responses = responses(&past, died, &invocations);
        let violates = |horizon: Horizon| {
            let mut sweep = past.clone();
            let known = View::new(view.operations(), horizon);
            loop {
                match sweep.block(&invocations, known, &mut Recorder::default()) {
                    Ok(true) => {}
                    Ok(false) => return false,
                    Err(_) => return true,
                }
            }
        };
        // It is seldom far.
        let (mut certain, mut not_yet, mut step) = (responses.len() - 1, 0, 1);
        while not_yet < certain {
            let middle = (not_yet + step - 1).min(usize::midpoint(not_yet, certain));
            if violates(responses[middle]) {
                certain = middle;
            } else {
                not_yet = middle + 1;
                step *= 2;
            }
        }
        responses[certain]
    }
}

/// Every response from `died` on, until all that was open then has returned.
fn responses(past: &Sweep, died: Horizon, invocations: &Invocations<'_>) -> Vec<Horizon> {
    let from = |time: u64| {
        let seen = invocations.from(past.window.place()).map(|(_, seen)| seen);
        let known = seen
            .take_while(move |seen| seen.invoked <= time)
            .filter(|seen| !seen.is_indeterminate());
        known.map(|seen| seen.horizon()).filter(|&response| response >= died)
    };
    let until = from(died.at).max().unwrap_or(died);
    let mut responses: Vec<Horizon> = from(until.at).filter(|&response| response <= until).collect();
    responses.sort_unstable();
    responses
}
