//! The search for specifications some of whose operations reset the state: registers that are written, keys that are put.
//!
//! An order is cut into *stretches*: each but the first begins with a reset, and nobody after a stretch sees where it ended. The
//! search walks from response to response with all pasts at once. A past is: the state of the present stretch, the ends
//! of those before it, and which open operations have taken effect.
//!
//! Ten rules keep the number of pasts small. Each is an exchange in an order that explains the history: it
//! can be brought into a form in which the rule holds.
//! 1. *Just in time.* Operations take effect only so that the one that returns now can. Others are moved later.
//! 2. *Afterwards.* Before the operation that returns now, let w be the last reset among those that come into the order now.
//!    What comes in before w is left out for the present: none of it has returned, all of it has been invoked before w, so
//!    that it can come in later, as it is needed: what lengthens a stretch at the end of that stretch, and each new stretch,
//!    which does not depend on the state before, as an *inserted* stretch right before w. So a past keeps the ends of its
//!    stretches, and when they ended: only what had been invoked by then can be added to them. What comes in now is one
//!    chain: a stretch that is there, or a new one, and the steps which lead to the answer.
//! 3. *Hidden.* What is accepted in every state can stand right before the present stretch, if it had been invoked when that
//!    began, after all that may still be inserted there.
//! 4. *Interchangeable operations*: only the one that returns first, among those that fit; and one that returns later, when it was
//!    invoked too late for a stretch that is over (or to be hidden) and the other was not: the other may be needed there. Of
//!    the indeterminate ones, which never return, the one invoked last (`taken.rs`).
//! 5. *What only observes* takes effect as soon as it can, wherever its answer fits, for nothing depends on it.
//! 6. *States that make no difference* to any answer of the history are all the same state ([`Lookout`](super::Lookout)). To go
//!    there is to be hidden, and when an operation can be hidden, it need not begin a stretch to get there: whatever is
//!    then inserted before it can instead begin, one after the other, the present stretch.
//! 7. *Covered* pasts are dropped (`Past::covers`).
//! 8. *In vain.* A past is dropped in which an open answer can no longer be given: the present state and the ends that it fits refuse
//!    it, and all that could bring it about, of what is invoked before it returns, has taken effect (`prospects.rs`).
//! 9. *Loops afterwards.* A chain comes to no state twice. Where it would, what lies between is a loop, and left out for the present:
//!    it can come in later, at a place where its state was left. So a past remembers the last of these places for each state,
//!    and when it was left: only what had been invoked by then fits in. (None of a loop has returned, and what stands behind the
//!    place returns later than that. So it may as well stand at a later place of the same state, and the last is enough.) What comes in
//!    there is a chain to the operation that returns now and a chain back; more loops can then come into both.
//!    Chains to where this operation cannot be reached are not begun. All this only where nothing is blind: for texts
//!    that grow there are no loops.
//! 10. *Out of balance*, for registers. Who leaves a value needs a visit of it for itself (`balance.rs`).
//!
//! First only the most promising pasts are kept, and short chains. When none survives, the search goes back a little and tries again
//! with more of them, and longer ones, at last from the start; it is a violation only when none had been dropped for that reason.

mod attempts;
mod automaton;
mod balance;
mod grow;
mod level;
mod past;
mod prospects;
mod taken;
#[cfg(test)]
mod tests;
mod trail;

use std::{hash::Hash, rc::Rc};

use oversell_spec::Register;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{
    blurred::Blurred,
    explore::Stuck,
    foresight::Foresee,
    states::StateId,
    timeline::{Open, Prefix, Timeline},
    window::Window,
};
use crate::engines::{Limit, Limits, Verdict, Violation, budget::Budget};
use attempts::{ATTEMPTS, Attempt, BLURRED, LENGTHS};
use automaton::{Automaton, Kind};
use balance::Balance;
use level::{Level, Move, fits};
use past::{End, LAST, Past};
use prospects::Prospects;
use taken::Taken;
use trail::{ROOT, Trail};

/// Is the history linearizable, and if not, where did the search get stuck?
pub(super) fn search<S>(initial_state: &S, history: Prefix<'_, S>, limits: &Limits) -> (Verdict, Stuck)
where
    S: Foresee + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    searched(initial_state, history, limits, true)
}

/// [`search`], of what is blurred itself.
pub(super) fn search_blurred(
    initial_state: &Register<u32>,
    history: Prefix<'_, Register<u32>>,
    limits: &Limits,
) -> Verdict {
    searched(initial_state, history, limits, false).0
}

fn searched<S>(initial_state: &S, history: Prefix<'_, S>, limits: &Limits, blurs: bool) -> (Verdict, Stuck)
where
    S: Foresee + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    let timeline = Timeline::of(history);
    let mut search = Search::new(initial_state, history, &timeline, limits);
    search.blurs = blurs;
    let verdict = match search.run() {
        Ok(Some(last)) => Verdict::Linearizable(search.trail.order(last)),
        Ok(None) => Verdict::Violation(Violation { certain_at: None }),
        Err(limit) => Verdict::Undecided(limit),
    };
    (verdict, search.stuck())
}

/// The search can go back to places that are so many responses apart.
const APART: usize = if cfg!(any(test, fuzzing)) { 2 } else { 64 };

/// How many of them are kept at most.
const MOST_PLACES: usize = if cfg!(any(test, fuzzing)) { 4 } else { 64 };

/// Where the search stands: before a response.
#[derive(Clone)]
struct Place {
    at: usize,
    pasts: Vec<Past>,
    /// These are all there are, but for those that they cover.
    all: bool,
}

/// Keeps a place to go back to: the further back, the fewer.
fn keep(places: &mut Vec<Place>, here: &Place) {
    if places.last().is_some_and(|last| last.at >= here.at) {
        return;
    }
    if places.len() >= MOST_PLACES {
        let mut number = 0;
        places.retain(|_| {
            number += 1;
            number > MOST_PLACES / 2 || number % 2 == 1
        });
    }
    places.push(here.clone());
}

struct Search<'a, S: Foresee> {
    history: Prefix<'a, S>,
    timeline: &'a Timeline,
    budget: Budget,
    automaton: Automaton<'a, S>,
    open: Open,
    prospects: Prospects,
    balance: Balance,
    trail: Trail,
    /// What leads on from a state at the present response, as far as it was asked for.
    moves: FxHashMap<StateId, Rc<[Move]>>,
    /// Which states lead to the present response.
    leads: FxHashMap<StateId, bool>,
    /// From which states loops lead back there.
    round: FxHashMap<StateId, bool>,
    /// Chains come to no state twice (rule 9).
    loops: bool,
    /// Indeterminate operations, as places in [`Timeline::maybes`], by what they are.
    maybe_resets: Vec<u32>,
    maybe_others: Vec<u32>,
    maybe_all: Vec<u32>,
    start: Past,
    /// The last response that a past got to.
    furthest: usize,
    /// Steps that a chain may have before the operation that returns.
    longest: u32,
    /// A chain would have had more.
    cut: bool,
    initial: S,
    /// May it be looked at with values blurred?
    blurs: bool,
    /// The history for that, when it was asked for; none where that is not possible.
    blurred: Option<Option<Blurred>>,
    /// What pasts were dropped for at the present response (rule 8).
    culprits: Vec<u32>,
    /// The index of the response with which a few values refute it.
    refuted: Option<usize>,
}

impl<'a, S> Search<'a, S>
where
    S: Foresee + Clone + PartialEq + Hash + 'a,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    fn new(initial_state: &S, history: Prefix<'a, S>, timeline: &'a Timeline, limits: &Limits) -> Self {
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
            maybe_all: places.clone().collect(),
            maybe_resets: places.clone().filter(|place| kind(place) == Kind::Reset).collect(),
            maybe_others: places
                .filter(|place| matches!(kind(place), Kind::Blind | Kind::Mover))
                .collect(),
            history,
            timeline,
            budget: Budget::new(*limits),
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
            initial: initial_state.clone(),
            blurs: false,
            blurred: None,
            culprits: Vec::new(),
            refuted: None,
        }
    }

    fn stuck(&self) -> Stuck {
        let at = self.furthest;
        let last = |last| self.timeline.index.iter().position(|&index| index == last);
        Stuck {
            at,
            for_want_of: match self.refuted {
                Some(refuted) => last(refuted).unwrap_or(at).max(at),
                None => self.culprits.iter().fold(at, |latest, &rank| latest.max(rank as usize)),
            },
            certain: self.refuted.is_some(),
        }
    }

    /// Do a few values show that there is no order?
    fn is_refuted(&mut self) -> bool {
        if !self.blurs {
            return false;
        }
        let blurred = self
            .blurred
            .get_or_insert_with(|| Blurred::new(&self.initial, self.history, self.budget.limits()));
        let mut culprits = self.culprits.clone();
        culprits.push(self.furthest as u32);
        culprits.sort_unstable();
        culprits.dedup();
        let culprits: Vec<usize> = culprits
            .iter()
            .map(|&rank| self.timeline.index[rank as usize])
            .collect();
        self.refuted = blurred.as_ref().and_then(|blurred| blurred.refute(&culprits));
        self.refuted.is_some()
    }

    /// The last step of a past that explains all answers; `None` when there is none.
    fn run(&mut self) -> Result<Option<u32>, Limit> {
        let mut places = Vec::new();
        let mut here = Place {
            at: 0,
            pasts: vec![self.start.clone()],
            all: true,
        };
        let mut attempts = 0;
        while here.at < self.timeline.len() {
            if here.at.is_multiple_of(APART) {
                keep(&mut places, &here);
            }
            let attempt = &ATTEMPTS[attempts.min(ATTEMPTS.len() - 1)];
            self.pass(&mut here, attempt)?;
            if !here.pasts.is_empty() {
                here.at += 1;
                if here.at > self.furthest + APART {
                    attempts = 0;
                }
                continue;
            }
            if here.all {
                self.furthest = here.at;
                return Ok(None);
            }
            if here.at > self.furthest {
                (self.furthest, attempts) = (here.at, 0);
            }
            attempts += 1;
            let many = self.timeline.maybes.len() > self.timeline.slots;
            if attempts == if many { 1 } else { BLURRED } && self.is_refuted() {
                return Ok(None);
            }
            let back = ATTEMPTS[attempts.min(ATTEMPTS.len() - 1)].back.saturating_mul(APART);
            let from = self.furthest.saturating_sub(back);
            while places.len() > 1 && places.last().is_some_and(|place: &Place| place.at > from) {
                places.pop();
            }
            if let Some(place) = places.last() {
                here = place.clone();
            }
        }
        Ok(here.pasts.first().map(|past| past.last))
    }

    /// Passes one response.
    fn pass(&mut self, here: &mut Place, attempt: &Attempt) -> Result<(), Limit> {
        let at = here.at;
        self.culprits.clear();
        self.open.seek(self.timeline, at);
        let invoked = at.checked_sub(1).map_or(0, |before| self.timeline.invoked[before]);
        self.look(&mut here.pasts, invoked as usize..self.timeline.invoked[at] as usize);
        let slot = self.timeline.slot[at];
        if !here.pasts.iter().all(|past| past.done.contains(slot)) {
            let level = Level::of(at as u32, self.timeline, &self.open, &self.automaton);
            self.prospects.seek(
                at,
                self.timeline,
                &self.open,
                self.history,
                &self.maybe_all,
                &self.automaton,
            );
            self.balance.seek(at, self.timeline);
            let mut next = Vec::new();
            self.moves.clear();
            self.leads.clear();
            self.round.clear();
            for longest in LENGTHS.into_iter().filter(|&longest| longest >= attempt.longest) {
                self.longest = longest;
                self.cut = false;
                for past in &here.pasts {
                    if past.done.contains(slot) {
                        next.push(past.clone());
                    } else {
                        self.grow(&level, past, &mut next)?;
                    }
                }
                next = self.best(&level, next, attempt.width, &mut here.all);
                if !next.is_empty() {
                    break;
                }
            }
            here.all &= !self.cut;
            here.pasts = next;
        }
        for past in &mut here.pasts {
            past.done.remove(slot);
        }
        Ok(())
    }

    /// Rule 8.
    fn is_hopeful(&mut self, past: &Past) -> bool {
        let in_vain = self
            .prospects
            .in_vain(past, self.timeline, &self.automaton)
            .or_else(|| self.balance.in_vain(past, self.timeline, &self.automaton));
        if let Some(rank) = in_vain
            && !self.culprits.contains(&rank)
        {
            self.culprits.push(rank);
        }
        in_vain.is_none()
    }

    /// Rule 5, for what has just been invoked.
    fn look(&mut self, pasts: &mut [Past], invocations: std::ops::Range<usize>) {
        for &rank in &self.timeline.invocations[invocations] {
            let class = self.timeline.class[rank as usize];
            if self.automaton.kind(class) != Kind::Observer {
                continue;
            }
            for past in &mut *pasts {
                if self.automaton.step(past.state, class).is_some() {
                    let place = End {
                        state: past.state,
                        bound: 0,
                        number: past.present,
                        before: LAST,
                    };
                    self.see(past, &place, rank);
                }
            }
        }
    }

    /// The most promising of them, at most so many: without those that are in vain, and those that others cover (rule 7).
    ///
    /// Who covers another is no less promising.
    fn best(&mut self, level: &Level, mut pasts: Vec<Past>, width: usize, all: &mut bool) -> Vec<Past> {
        pasts.sort_by_cached_key(|past| past.promise(&level.masks));
        let mut groups: FxHashMap<(u32, Window), SmallVec<[u32; 4]>> = FxHashMap::default();
        let mut kept: Vec<Option<(Past, Window)>> = Vec::new();
        let mut count = 0;
        for mut past in pasts {
            if !self.is_hopeful(&past) {
                continue;
            }
            self.tidy(level, &mut past);
            let movers = past.done.without(&Window::default(), &level.masks.others);
            let group = groups.entry((past.state, movers)).or_default();
            let covered = group.iter().any(|&other| {
                kept[other as usize]
                    .as_ref()
                    .is_some_and(|(other, hidden)| other.covers(&past, &level.masks, hidden))
            });
            if covered {
                continue;
            }
            let mut hidden = Window::default();
            for &rank in level
                .resets
                .iter()
                .filter(|&&rank| fits(self.timeline, rank, past.began))
            {
                hidden.insert(self.timeline.slot[rank as usize]);
            }
            group.retain(|&mut other| {
                let slot = &mut kept[other as usize];
                let covers = slot
                    .as_ref()
                    .is_some_and(|(other, _)| past.covers(other, &level.masks, &hidden));
                if covers {
                    *slot = None;
                    count -= 1;
                }
                !covers
            });
            if count == width {
                *all = false;
                break;
            }
            count += 1;
            group.push(kept.len() as u32);
            kept.push(Some((past, hidden)));
        }
        kept.into_iter().flatten().map(|(past, _)| past).collect()
    }
}
