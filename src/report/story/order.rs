//! In which order things happened: by the clocks where they say it, by the replies where they do.

use std::collections::HashSet;

use oversell_checker::counterexample::effects::Effect;

/// Something that happened to an operation shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Event {
    /// Which of the operations shown.
    pub(in crate::report) place: usize,
    /// What it was.
    pub(in crate::report) what: What,
    /// Not before this.
    pub(in crate::report) earliest: u64,
    /// Not after this.
    pub(in crate::report) latest: u64,
    /// What it did to the stock.
    pub(in crate::report) effect: Effect,
}

/// What happens to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum What {
    /// It was invoked.
    Asked,
    /// It had sent so many commands that are not shown.
    LeftOut(usize),
    /// The server ran one of its commands.
    Command(usize),
    /// Its response was there.
    Answered,
}

/// An event in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Row {
    pub(in crate::report) event: Event,
    /// The earliest that it can have been, given the rows before it.
    pub(in crate::report) at: u64,
    /// The stock after it, as far as the replies tell.
    pub(in crate::report) level: Option<i64>,
    /// The stock before it, where that is not the one after the row before: somebody else was there in between.
    pub(in crate::report) jumped_to: Option<i64>,
    /// Neither the clocks nor the replies say whether this or the row before came first, and it matters.
    pub(in crate::report) unsure: bool,
}

/// Most steps in the search for an order that fits the replies; then the clocks alone decide.
const MOST_STEPS: usize = 50_000;

/// Puts the events of several clients, each of which knows the order of its own, into one order: one that the clocks
/// allow, in which as few replies as possible need somebody else to explain them, and near to the middle of each
/// event's interval otherwise.
pub(in crate::report) fn rows(lanes: &[Vec<Event>]) -> Vec<Row> {
    let count: usize = lanes.iter().map(Vec::len).sum();
    let mut order = (0..=count).find_map(|jumps| {
        let mut search = Search {
            lanes,
            failed: HashSet::new(),
            order: Vec::new(),
            steps: 0,
        };
        let found = search.extend(&mut vec![0; lanes.len()], None, jumps);
        if search.steps > MOST_STEPS {
            return Some(by_clock(lanes));
        }
        found.then_some(search.order)
    });
    let order = order.take().unwrap_or_default();
    let mut rows = told(&order);
    for (place, row) in rows.iter_mut().enumerate().skip(1) {
        row.unsure = may_swap(&order, place);
    }
    rows
}

struct Search<'a> {
    lanes: &'a [Vec<Event>],
    failed: HashSet<(Vec<usize>, Option<i64>, usize)>,
    order: Vec<Event>,
    steps: usize,
}

impl Search<'_> {
    /// Can what is done be continued with at most so many more jumps of the stock?
    fn extend(&mut self, done: &mut Vec<usize>, level: Option<i64>, jumps: usize) -> bool {
        let mut next: Vec<(usize, Event)> = (0..self.lanes.len())
            .filter_map(|lane| Some((lane, *self.lanes[lane].get(done[lane])?)))
            .collect();
        if next.is_empty() {
            return true;
        }
        self.steps += 1;
        if self.steps > MOST_STEPS || self.failed.contains(&(done.clone(), level, jumps)) {
            return false;
        }
        let first_end = next.iter().map(|(_, event)| event.latest).min().unwrap_or(u64::MAX);
        next.retain(|(_, event)| event.earliest <= first_end);
        next.sort_by_key(|(lane, event)| (middle(event), event.what != What::Asked, *lane));
        for (lane, event) in next {
            let jump = jumps_at(level, event.effect);
            let Some(jumps) = jumps.checked_sub(usize::from(jump)) else {
                continue;
            };
            done[lane] += 1;
            self.order.push(event);
            if self.extend(done, event.effect.after(level), jumps) {
                return true;
            }
            self.order.pop();
            done[lane] -= 1;
        }
        self.failed.insert((done.clone(), level, jumps));
        false
    }
}

fn jumps_at(level: Option<i64>, effect: Effect) -> bool {
    matches!((level, effect.before()), (Some(level), Some(before)) if level != before)
}

fn middle(event: &Event) -> u64 {
    if event.latest == u64::MAX {
        event.earliest
    } else {
        u64::midpoint(event.earliest, event.latest)
    }
}

fn by_clock(lanes: &[Vec<Event>]) -> Vec<Event> {
    let mut events: Vec<(u64, bool, usize, usize, Event)> = Vec::new();
    for (lane, of_lane) in lanes.iter().enumerate() {
        let mut at = 0;
        for (place, event) in of_lane.iter().enumerate() {
            at = at.max(middle(event));
            events.push((at, event.what != What::Asked, lane, place, *event));
        }
    }
    events.sort_by_key(|&(at, ends, lane, place, _)| (at, ends, lane, place));
    events.into_iter().map(|(.., event)| event).collect()
}

fn told(order: &[Event]) -> Vec<Row> {
    // Until something is told, the stock is what the first to tell it found.
    let first = order
        .iter()
        .map(|event| event.effect)
        .find(|effect| !matches!(effect, Effect::None | Effect::Unknown));
    let mut level = first.and_then(Effect::before);
    let mut at = 0;
    let mut rows = Vec::new();
    for &event in order {
        at = event.earliest.max(at);
        let jumped_to = event.effect.before().filter(|_| jumps_at(level, event.effect));
        level = event.effect.after(level);
        rows.push(Row {
            event,
            at,
            level,
            jumped_to,
            unsure: false,
        });
    }
    rows
}

/// Could this event and the one before as well have been the other way round, without a reply telling?
fn may_swap(order: &[Event], place: usize) -> bool {
    let (one, other) = (order[place - 1], order[place]);
    let commands = [one, other].iter().all(|event| matches!(event.what, What::Command(_)));
    let overlap = other.earliest <= one.latest && one.earliest <= other.latest;
    let only_look = |event: &Event| matches!(event.effect, Effect::Read(_) | Effect::None);
    if !commands || one.place == other.place || !overlap || (only_look(&one) && only_look(&other)) {
        return false;
    }
    let jumps = |order: &[Event]| told(order).iter().filter(|row| row.jumped_to.is_some()).count();
    let mut swapped = order.to_vec();
    swapped.swap(place - 1, place);
    jumps(&swapped) <= jumps(order)
}
