//! What the search holds.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{
    super::{
        foresight::{Foresee, Searched},
        states::StateId,
        timeline::{Open, Prefix, Timeline},
        window::Window,
    },
    automaton::{Automaton, Kind},
    balance::Balance,
    level::Move,
    past::Past,
    prospects::Prospects,
    taken::Taken,
    trail::{ROOT, Trail},
};
use crate::engines::budget::Budget;

/// Can the answer of one of these be refuted in another way, each the index of an operation that has been answered? The index of the
/// response with which that is certain.
pub(in crate::engines::general) type Refute<'a> = &'a dyn Fn(&[usize]) -> Option<usize>;

pub(super) struct Search<'a, S: Foresee> {
    pub(super) history: Prefix<'a, S>,
    pub(super) timeline: &'a Timeline,
    pub(super) budget: Budget,
    pub(super) automaton: Automaton<'a, S>,
    pub(super) open: Open,
    pub(super) prospects: Prospects,
    pub(super) balance: Balance,
    pub(super) trail: Trail,
    /// What leads on from a state at the present response, as far as it was asked for.
    pub(super) moves: FxHashMap<StateId, Rc<[Move]>>,
    /// Which states lead to the present response.
    pub(super) leads: FxHashMap<StateId, bool>,
    /// From which states loops lead back there.
    pub(super) round: FxHashMap<StateId, bool>,
    /// Chains come to no state twice (rule 9).
    pub(super) loops: bool,
    /// Indeterminate operations, as places in [`Timeline::maybes`], by what they are.
    pub(super) maybe_resets: Vec<u32>,
    pub(super) maybe_others: Vec<u32>,
    pub(super) start: Past,
    /// The last response that a past got to.
    pub(super) furthest: usize,
    /// Steps that a chain may have before the operation that returns.
    pub(super) longest: u32,
    /// A chain would have had more.
    pub(super) cut: bool,
    pub(super) refute: Refute<'a>,
    /// What pasts were dropped for at the present response (rule 8).
    pub(super) culprits: Vec<u32>,
    /// The index of the response with which a few values refute it.
    pub(super) refuted: Option<usize>,
}

impl<'a, S: Searched + 'a> Search<'a, S> {
    pub(super) fn new(
        initial_state: &S,
        history: Prefix<'a, S>,
        timeline: &'a Timeline,
        budget: Budget,
        refute: Refute<'a>,
    ) -> Self {
        let mut automaton = Automaton::new(history, timeline);
        let has = |kind| (0..timeline.example.len() as u32).any(|class| automaton.kind(class) == kind);
        let loops = has(Kind::Mover) && !has(Kind::Blind);
        let balance = if loops {
            Balance::new(initial_state, history, timeline, &automaton)
        } else {
            Balance::default()
        };
        let start = Past {
            state: automaton.number(initial_state.clone()),
            present: 0,
            began: 0,
            ends: SmallVec::new(),
            visits: SmallVec::new(),
            stretches: 1,
            done: Window::default(),
            taken: Taken::default(),
            last: ROOT,
        };
        let kind = |&place: &u32| automaton.kind(timeline.maybes[place as usize].0);
        let places = 0..timeline.maybes.len() as u32;
        Self {
            maybe_resets: places.clone().filter(|place| kind(place) == Kind::Reset).collect(),
            maybe_others: places
                .filter(|place| matches!(kind(place), Kind::Blind | Kind::Mover))
                .collect(),
            history,
            timeline,
            budget,
            automaton,
            open: Open::new(timeline),
            prospects: Prospects::default(),
            balance,
            trail: Trail::default(),
            moves: FxHashMap::default(),
            leads: FxHashMap::default(),
            round: FxHashMap::default(),
            loops,
            start,
            furthest: 0,
            longest: 0,
            cut: false,
            refute,
            culprits: Vec::new(),
            refuted: None,
        }
    }
}
