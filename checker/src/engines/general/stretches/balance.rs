//! Pasts of a register without a future, value by value: what still has to leave a value, and what is left to get there with (rule 10).
//!
//! A compare-and-set that succeeded leaves the value it asked for. So each of them takes a visit of that value of its own, and
//! a visit begins with an operation that brings the value about, or is there already: the present state, or an end. Of those that
//! leave a value and return by some response there can be no more than there are ends, and operations that bring it about and
//! are invoked by then, of what has not taken effect: each of them stands in front of what it makes way for.

use std::ops::Range;

use oversell_spec::register::{RegisterOp, RegisterRet};
use rustc_hash::FxHashMap;

use super::{
    super::{
        foresight::Searched,
        timeline::{Class, Prefix, Timeline},
    },
    automaton::{Automaton, Kind},
    level::fits,
    past::Past,
};

/// How many responses are looked at in advance, for each operation that is open at a time.
const AHEAD: usize = 4;

/// No slot: not invoked yet.
const COMING: u32 = u32::MAX;

/// What leaves a value, and what brings it about.
struct Value {
    /// An operation that leaves it.
    class: Class,
    /// Those that leave it, by their responses.
    leave: Vec<u32>,
    /// Those that bring it about: the first response by which each had been invoked, and the operation.
    bring: Vec<(u32, u32)>,
    /// When indeterminate operations that may bring it about are invoked.
    maybes: Vec<u64>,
    /// From where on they matter.
    from: (usize, usize),
}

/// An operation that leaves a value, or brings it about.
struct Event {
    slot: u32,
    rank: u32,
    leaves: bool,
    /// So many indeterminate operations may have brought it about by then.
    maybes: u32,
}

/// The events of one value, from the present response on.
struct Account {
    class: Class,
    /// In [`Balance::events`].
    events: Range<usize>,
}

/// Values that are left by comparisons that succeeded.
#[derive(Default)]
pub(super) struct Balance {
    values: Vec<Value>,
    /// Values that are still left, of those that are left soon.
    active: Vec<usize>,
    /// So many have been active.
    entered: usize,
    accounts: Vec<Account>,
    events: Vec<Event>,
    at: usize,
}

impl Balance {
    /// Nothing, where it is not one of a register.
    pub(super) fn new<S: Searched>(
        initial: &S,
        history: Prefix<'_, S>,
        timeline: &Timeline,
        automaton: &Automaton<'_, S>,
    ) -> Self {
        let Some(numbered) = initial.numbered(&history.asked(0..history.len())) else {
            return Self::default();
        };
        let asked = |rank: u32| &numbered.operations[timeline.index[rank as usize]];
        let mut values: FxHashMap<u32, Value> = FxHashMap::default();
        for rank in 0..timeline.len() as u32 {
            let class = timeline.class[rank as usize];
            if let (RegisterOp::Cas(from, to), Some(RegisterRet::Done)) = asked(rank)
                && from != to
                && automaton.kind(class) == Kind::Mover
            {
                let value = values.entry(*from).or_insert_with(|| Value {
                    class,
                    leave: Vec::new(),
                    bring: Vec::new(),
                    maybes: Vec::new(),
                    from: (0, 0),
                });
                value.leave.push(rank);
            }
        }
        let brought = |(op, ret): &(RegisterOp<u32>, Option<RegisterRet<u32>>)| match (op, ret) {
            (RegisterOp::Write(to), _) => Some(*to),
            (RegisterOp::Cas(from, to), None | Some(RegisterRet::Done)) if from != to => Some(*to),
            _ => None,
        };
        for &rank in &timeline.invocations {
            if let Some(value) = brought(asked(rank)).and_then(|to| values.get_mut(&to)) {
                let position = timeline.position[rank as usize];
                let by = timeline.invoked.partition_point(|&upto| upto <= position);
                value.bring.push((by as u32, rank));
            }
        }
        for (invoked, index) in timeline.maybes.iter().flat_map(|(_, list)| list) {
            if let Some(value) = brought(&numbered.operations[*index]).and_then(|to| values.get_mut(&to)) {
                value.maybes.push(*invoked);
            }
        }
        let mut values: Vec<Value> = values.into_values().collect();
        values.sort_unstable_by_key(|value| value.leave[0]);
        for value in &mut values {
            value.maybes.sort_unstable();
        }
        Self {
            values,
            ..Self::default()
        }
    }

    /// Goes to a response.
    pub(super) fn seek(&mut self, at: usize, timeline: &Timeline) {
        if at < self.at {
            self.active.clear();
            self.entered = 0;
        }
        self.at = at;
        self.accounts.clear();
        self.events.clear();
        let last = at + AHEAD * timeline.slots;
        while let Some(value) = self.values.get_mut(self.entered)
            && value.leave[0] as usize <= last
        {
            value.from = (0, 0);
            self.active.push(self.entered);
            self.entered += 1;
        }
        let mut active = std::mem::take(&mut self.active);
        active.retain(|&place| self.enter(place, last, timeline));
        self.active = active;
    }

    /// The account of a value up to a response, where it matters. Is the value left later than this?
    fn enter(&mut self, place: usize, last: usize, timeline: &Timeline) -> bool {
        let (at, upto) = (self.at, timeline.invoked[self.at]);
        let value = &mut self.values[place];
        let over = |rank: u32| (rank as usize) < at;
        while value.leave.get(value.from.0).is_some_and(|&rank| over(rank)) {
            value.from.0 += 1;
        }
        while value.bring.get(value.from.1).is_some_and(|&(_, rank)| over(rank)) {
            value.from.1 += 1;
        }
        let slot = |rank: u32| {
            let open = timeline.position[rank as usize] < upto;
            if open { timeline.slot[rank as usize] } else { COMING }
        };
        let first = self.events.len();
        let mut bring = value.bring[value.from.1..].iter().peekable();
        // What is left over at least, when nothing has taken effect, and what of it can have.
        let (mut left, mut least, mut open) = (0, i32::MAX, 0);
        for &rank in &value.leave[value.from.0..] {
            if rank as usize > last {
                break;
            }
            while let Some(&(_, by)) = bring.next_if(|&&(by, _)| by <= rank) {
                if !over(by) {
                    let slot = slot(by);
                    left += 1;
                    open += i32::from(slot != COMING);
                    self.events.push(Event {
                        slot,
                        rank: by,
                        leaves: false,
                        maybes: 0,
                    });
                }
            }
            let returned = timeline.returned[rank as usize];
            let maybes = value.maybes.partition_point(|&invoked| invoked <= returned) as u32;
            left -= 1;
            least = least.min(left + maybes as i32);
            self.events.push(Event {
                slot: slot(rank),
                rank,
                leaves: true,
                maybes,
            });
        }
        if least < open {
            self.accounts.push(Account {
                class: value.class,
                events: first..self.events.len(),
            });
        } else {
            self.events.truncate(first);
        }
        value.from.0 < value.leave.len()
    }

    /// An operation that leaves a value which cannot be there so often any more.
    pub(super) fn in_vain<S: Searched>(
        &self,
        past: &Past,
        timeline: &Timeline,
        automaton: &Automaton<'_, S>,
    ) -> Option<u32> {
        self.accounts.iter().find_map(|account| {
            let present = i32::from(automaton.leads(past.state, account.class));
            let (mut ends, mut bound) = (0, 0);
            for end in past.ends.iter().filter(|end| automaton.leads(end.state, account.class)) {
                ends += 1;
                bound = bound.max(end.bound);
            }
            // What is left over when all leave that fit an end, and when only the others do.
            let (mut left, mut others) = (present + ends, present);
            self.events[account.events.clone()].iter().find_map(|event| {
                if event.slot != COMING && past.done.contains(event.slot) {
                    return None;
                }
                if !event.leaves {
                    left += 1;
                    others += 1;
                    return None;
                }
                left -= 1;
                if !fits(timeline, event.rank, bound) {
                    others -= 1;
                }
                (left.min(others) + (event.maybes as i32) < 0).then_some(event.rank)
            })
        })
    }
}
