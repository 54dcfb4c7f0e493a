//! Breadth first over all states, level by level, on all cores.
//!
//! Levels are explored one after the other, so the first state that violates something is at the end of a shortest
//! schedule; within a level the states are expanded in parallel and gathered in their order, so that the result does
//! not depend on the number of cores. Of a state that has been expanded only a 64-bit fingerprint is kept, as stateright
//! does it; among n states two share one with a probability of about n²/2⁶⁵, one in thirty million for a million states.
//!
//! Stateright's own breadth-first search is shortest on one thread only, and "everyone can still finish" is a property
//! of the graph that it has no word for. That this search sees the same states is tested against stateright's.

use std::ops::ControlFlow;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::{
    Misuse, action::Action, fingerprint::fingerprint, interleavings::Interleavings, nodes::Confirmed,
    property::Property, state::State,
};

/// When to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Different states.
    pub states: usize,
    /// Once something is broken, so many more are looked at for what else is.
    pub after_violation: usize,
}

impl Default for Limits {
    /// Twenty million states, and 200,000 more after a violation.
    fn default() -> Self {
        Self {
            states: 20_000_000,
            after_violation: 200_000,
        }
    }
}

/// Why a search did not look at all states.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Stop {
    /// So many different states were looked at.
    #[error("{0} different states were looked at")]
    States(usize),
    /// The program held so many bytes, or would have soon.
    #[error("memory: {0} bytes were held")]
    Memory(u64),
    /// So many operations were under way at once that their orders could not be told apart any more.
    #[error("too many operations were under way at once: fewer clients can be explored")]
    Crowded,
    /// It was broken off.
    #[error("interrupted")]
    Interrupted,
    /// Clients were exchanged that are not interchangeable: to be explored anew, with [`Setup::symmetric`](super::Setup::symmetric)
    /// taken back.
    #[error("clients are not interchangeable")]
    NotInterchangeable,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// States generated, repeated ones included.
    pub states: u64,
    /// Different states.
    pub unique_states: u64,
    /// Steps from the beginning.
    pub depth: usize,
    /// Bytes that it may come to hold at once, beside what it holds: it has no other way to grow, or to end.
    pub ahead: u64,
}

/// What was found about one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in every state there is.
    Proved,
    /// It does not, after these actions: a shortest such schedule.
    Violated(Vec<Action>),
    /// Not all states were looked at.
    Undecided,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration {
    /// Of each property, in the order of [`Property::ALL`]; without a limit there is none for buyers.
    pub verdicts: Vec<(Property, Verdict)>,
    /// How far it came.
    pub progress: Progress,
    /// Why it stopped before all states were looked at; `None` when they were.
    pub stopped: Option<Stop>,
    /// The most units that were gone at an end without a buyer who was told so.
    pub untold: u64,
    /// Did the code start again after an attempt in vain? That it starts from nothing then was tried in [`ROW`](super::ROW) attempts in
    /// one row, and in every pair of attempts that occurred; it cannot be known of longer ones.
    pub retries: bool,
    /// Was the server asked for the time of day in any of these states?
    pub asks_time: bool,
    /// What an operation ended with that ended with an error although no fault had happened, where there was one. What it told the
    /// customer is not known, so it keeps every promise: nothing is proved then.
    pub failed: Option<String>,
}

impl Exploration {
    /// The gravest property that does not hold, with the schedule.
    #[must_use]
    pub fn worst(&self) -> Option<(Property, &[Action])> {
        self.verdicts.iter().find_map(|(property, verdict)| match verdict {
            Verdict::Violated(schedule) => Some((*property, schedule.as_slice())),
            _ => None,
        })
    }
}

/// States expanded between two gatherings, at most. Successors that a block has in common are made twice, so it is kept small; large
/// enough that handing it out to threads costs little.
const BLOCK: usize = 512;

/// Bytes of all states of one block, about: each of its states has several successors.
const BLOCK_BYTES: usize = 8 << 20;

enum Seen {
    /// A state that was known before its level.
    Known(u32),
    New(Box<New>),
}

struct New {
    fingerprint: u64,
    state: State,
}

/// What is to be known of a state, and where it leads.
struct Expanded {
    number: u32,
    /// One bit for each property that does not hold in it.
    broken: u8,
    over: bool,
    untold: u64,
    asks_time: bool,
    successors: Vec<(Action, Seen)>,
}

struct Search<'a> {
    model: &'a Interleavings,
    /// From fingerprint to number.
    seen: FxHashMap<u64, u32>,
    /// Whence each state came first.
    parents: Vec<(u32, Action)>,
    over: Vec<bool>,
    /// Edges that need no fault: those of state i end at `ends[i]`.
    edges: Vec<u32>,
    ends: Vec<usize>,
    first: [Option<u32>; Property::ALL.len()],
    progress: Progress,
    untold: u64,
    asks_time: bool,
}

/// Explores all that can happen. `report` is told how far it is, and may break it off: models know nothing of clocks, signals
/// and memory.
///
/// # Errors
/// When the code under test cannot be explored.
pub fn explore(
    model: &Interleavings,
    limits: &Limits,
    mut report: impl FnMut(&Progress) -> ControlFlow<Stop>,
) -> Result<Exploration, Misuse> {
    let mut search = Search {
        model,
        seen: FxHashMap::default(),
        parents: Vec::new(),
        over: Vec::new(),
        edges: Vec::new(),
        ends: Vec::new(),
        first: Default::default(),
        progress: Progress::default(),
        untold: 0,
        asks_time: false,
    };
    let mut level = Vec::new();
    let initial = search.look_at(model.initial.clone());
    search.add(initial, 0, Action::Step(0), &mut level);
    let mut stopped = None;
    let mut limit = limits.states;
    'levels: while !level.is_empty() {
        if search.first.iter().any(Option::is_some) {
            limit = limit.min(search.parents.len().saturating_add(limits.after_violation));
        }
        let mut next = Vec::new();
        let largest = level.iter().map(|(_, state): &(u32, State)| state.bytes()).max();
        let mut blocks = level.chunks((BLOCK_BYTES / largest.unwrap_or(0).max(1)).clamp(1, BLOCK));
        while let Some(block) = blocks.next() {
            search.expand(block, &mut next);
            search.progress.ahead = search.ahead();
            match model.misuse() {
                None => {}
                Some(Misuse::Crowded) => {
                    stopped = Some(Stop::Crowded);
                    break 'levels;
                }
                Some(misuse) => return Err(misuse),
            }
            stopped = if model.was_wrongly_symmetric() {
                Some(Stop::NotInterchangeable)
            } else if let ControlFlow::Break(stop) = report(&search.progress) {
                Some(stop)
            } else {
                (search.parents.len() >= limit).then_some(Stop::States(search.parents.len()))
            };
            if stopped.is_some() {
                stopped = stopped.filter(|_| blocks.len() > 0 || !next.is_empty());
                break 'levels;
            }
        }
        search.progress.depth += usize::from(!next.is_empty());
        level = next;
    }
    // Otherwise it is to be explored anew.
    let mut confirmed = Confirmed::default();
    if !model.was_wrongly_symmetric() {
        confirmed = model.nodes.confirm()?;
    }
    let exploration = search.conclude(stopped, &confirmed);
    match confirmed.failed {
        // Unless somebody is answered in a state that was left out.
        Some(why) if stopped.is_none() && !confirmed.answered && exploration.worst().is_none() => {
            Err(Misuse::OnlyFails(why))
        }
        _ => Ok(exploration),
    }
}

impl Search<'_> {
    fn look_at(&self, mut state: State) -> Seen {
        self.model.canonicalize(&mut state);
        let fingerprint = fingerprint(&state);
        if let Some(&known) = self.seen.get(&fingerprint) {
            return Seen::Known(known);
        }
        Seen::New(Box::new(New { fingerprint, state }))
    }

    fn expand_one(&self, number: u32, state: &State) -> Expanded {
        let mut broken = 0;
        for (place, property) in Property::ALL.into_iter().enumerate() {
            broken |= u8::from(!property.holds(self.model, state)) << place;
        }
        let come_of = |action| Some((action, self.look_at(self.model.apply(state, action)?)));
        Expanded {
            number,
            broken,
            over: state.is_over(),
            untold: self.model.untold(state),
            asks_time: state.server.was_asked_for_time(),
            successors: self.model.possible(state).into_iter().filter_map(come_of).collect(),
        }
    }

    /// Expands some states of a level, in parallel, and gathers what is new in their order.
    fn expand(&mut self, states: &[(u32, State)], next: &mut Vec<(u32, State)>) {
        let this = &*self;
        let expanded: Vec<Expanded> = states
            .par_iter()
            .map(|(number, state)| this.expand_one(*number, state))
            .collect();
        for one in expanded {
            for (place, first) in self.first.iter_mut().enumerate() {
                if one.broken & (1 << place) != 0 {
                    first.get_or_insert(one.number);
                }
            }
            self.untold = self.untold.max(one.untold);
            self.asks_time |= one.asks_time;
            for (action, seen) in one.successors {
                self.progress.states += 1;
                let to = self.add(seen, one.number, action, next);
                if !action.is_fault() {
                    self.edges.push(to);
                }
            }
            // States are expanded in the order of their numbers.
            self.ends.push(self.edges.len());
            self.over.push(one.over);
        }
    }

    /// The number of a state, which is a new one the first time.
    fn add(&mut self, seen: Seen, from: u32, action: Action, next: &mut Vec<(u32, State)>) -> u32 {
        let new = match seen {
            Seen::Known(number) => return number,
            Seen::New(new) => new,
        };
        let number = self.parents.len() as u32;
        match self.seen.entry(new.fingerprint) {
            std::collections::hash_map::Entry::Occupied(known) => return *known.get(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(number),
        };
        self.parents.push((from, action));
        self.progress.unique_states += 1;
        next.push((number, new.state));
        number
    }

    /// What [`Progress::ahead`] tells: the table of states grows by doubling, and at the end all edges are walked backwards.
    fn ahead(&self) -> u64 {
        const ENTRY: usize = size_of::<(u64, u32)>() + 1;
        let (states, room) = (self.seen.len(), self.seen.capacity());
        let grown = if room - states < 16 * BLOCK {
            2 * room * ENTRY
        } else {
            0
        };
        let backwards = size_of::<u32>() * (self.edges.len() + 3 * states) + states;
        grown.max(backwards) as u64
    }

    fn conclude(mut self, stopped: Option<Stop>, confirmed: &Confirmed) -> Exploration {
        let complete = stopped.is_none();
        if complete {
            let place = Property::ALL
                .iter()
                .position(|property| *property == Property::EveryoneFinishes);
            if let Some(first) = place.and_then(|place| self.first.get_mut(place)) {
                *first = stuck(&self.over, &self.edges, &self.ends);
            }
        }
        let verdict = |first: Option<u32>| match first {
            Some(number) => Verdict::Violated(self.schedule(number)),
            None if complete => Verdict::Proved,
            None => Verdict::Undecided,
        };
        let limited = self.model.setup.limit.is_some();
        let verdicts = Property::ALL
            .into_iter()
            .zip(self.first.iter().map(|first| verdict(*first)))
            .filter(|(property, _)| limited || *property != Property::LimitPerBuyer);
        Exploration {
            verdicts: verdicts.collect(),
            progress: self.progress,
            stopped,
            untold: self.untold,
            asks_time: self.asks_time,
            retries: confirmed.retries,
            failed: self.model.error(),
        }
    }

    /// How a state was reached, with the clients numbered as at the beginning.
    fn schedule(&self, mut number: u32) -> Vec<Action> {
        let mut path = Vec::new();
        while number != 0 {
            let (from, action) = self.parents[number as usize];
            path.push(action);
            number = from;
        }
        path.reverse();
        // Representatives number the clients anew in every state: follow who is who.
        let mut names: Vec<u8> = (0..self.model.initial.clients.len() as u8).collect();
        let mut state = self.model.initial.clone();
        let mut schedule = Vec::new();
        for action in path {
            schedule.push(action.renumbered(|client| names[usize::from(client)]));
            let Some(next) = self.model.apply(&state, action) else {
                break;
            };
            state = next;
            if let Some(order) = self.model.canonicalize(&mut state) {
                names = order.iter().map(|&old| names[old]).collect();
            }
        }
        schedule
    }
}

/// The first state from which no end can be reached.
fn stuck(over: &[bool], edges: &[u32], ends: &[usize]) -> Option<u32> {
    let count = over.len();
    // Edges backwards, gathered by where they lead to.
    let mut starts = vec![0_u32; count + 1];
    for &to in edges {
        starts[to as usize + 1] += 1;
    }
    for number in 0..count {
        starts[number + 1] += starts[number];
    }
    let mut filled = starts.clone();
    let mut back = vec![0_u32; edges.len()];
    let mut begin = 0;
    for (from, &end) in ends.iter().enumerate() {
        for &to in &edges[begin..end] {
            back[filled[to as usize] as usize] = from as u32;
            filled[to as usize] += 1;
        }
        begin = end;
    }
    let mut ends_well = over.to_vec();
    let mut todo: Vec<u32> = (0..count as u32).filter(|&number| over[number as usize]).collect();
    while let Some(number) = todo.pop() {
        let number = number as usize;
        for &from in &back[starts[number] as usize..starts[number + 1] as usize] {
            if !ends_well[from as usize] {
                ends_well[from as usize] = true;
                todo.push(from);
            }
        }
    }
    ends_well.iter().position(|well| !well).map(|number| number as u32)
}
