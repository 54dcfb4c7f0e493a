//! From response to response, and back where it ends in vain.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{
    super::{
        explore::Stuck,
        foresight::Searched,
        timeline::{Prefix, Timeline},
        window::Window,
    },
    attempts::{APART, ATTEMPTS, Attempt, BLURRED, LENGTHS},
    automaton::Kind,
    level::{Level, fits},
    past::{End, LAST, Past},
    search::{Refute, Search},
};
use crate::engines::{
    Limit, Verdict, Violation,
    budget::{Budget, let_go},
};

/// Is the history linearizable, and if not, where did the search get stuck?
pub(in crate::engines::general) fn search<S: Searched>(
    initial_state: &S,
    history: Prefix<'_, S>,
    budget: Budget,
    refute: Refute<'_>,
) -> (Verdict, Stuck) {
    let timeline = Timeline::of(history);
    let mut search = Search::new(initial_state, history, &timeline, budget, refute);
    let verdict = match search.run() {
        Ok(Some(last)) => Verdict::Linearizable(search.trail.order(last)),
        Ok(None) => Verdict::Violation(Violation { certain_at: None }),
        Err(limit) => {
            let stuck = search.stuck();
            let_go(limit, search);
            return (Verdict::Undecided(limit), stuck);
        }
    };
    (verdict, search.stuck())
}

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

impl<S: Searched> Search<'_, S> {
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

    /// Is it shown in another way that there is no order?
    fn is_refuted(&mut self) -> bool {
        let mut culprits = self.culprits.clone();
        culprits.push(self.furthest as u32);
        culprits.sort_unstable();
        culprits.dedup();
        let culprits: Vec<usize> = culprits
            .iter()
            .map(|&rank| self.timeline.index[rank as usize])
            .collect();
        self.refuted = (self.refute)(&culprits);
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
        self.look(&mut here.pasts, invoked as usize..self.timeline.invoked[at] as usize)?;
        let slot = self.timeline.slot[at];
        if !here.pasts.iter().all(|past| past.done.contains(slot)) {
            let level = Level::of(at as u32, self.timeline, &self.open, &self.automaton);
            self.prospects.seek(
                at,
                self.timeline,
                &self.open,
                self.history,
                &self.automaton,
                &mut self.budget,
            )?;
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
                next = self.best(&level, next, attempt.width, &mut here.all)?;
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
    fn look(&mut self, pasts: &mut [Past], invocations: std::ops::Range<usize>) -> Result<(), Limit> {
        for &rank in &self.timeline.invocations[invocations] {
            let class = self.timeline.class[rank as usize];
            if self.automaton.kind(class) != Kind::Observer {
                continue;
            }
            for past in &mut *pasts {
                self.budget.step()?;
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
        Ok(())
    }

    /// The most promising of them, at most so many: without those that are in vain, and those that others cover (rule 7).
    ///
    /// Who covers another is no less promising.
    fn best(&mut self, level: &Level, mut pasts: Vec<Past>, width: usize, all: &mut bool) -> Result<Vec<Past>, Limit> {
        pasts.sort_by_cached_key(|past| past.promise(&level.masks));
        let mut groups: FxHashMap<(u32, Window), SmallVec<[u32; 4]>> = FxHashMap::default();
        let mut kept: Vec<Option<(Past, Window)>> = Vec::new();
        let mut count = 0;
        for mut past in pasts {
            self.budget.step()?;
            if !self.is_hopeful(&past) {
                continue;
            }
            self.tidy(level, &mut past)?;
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
        Ok(kept.into_iter().flatten().map(|(past, _)| past).collect())
    }
}
