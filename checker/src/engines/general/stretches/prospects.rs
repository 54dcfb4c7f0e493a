//! Pasts that cannot be continued: an answer that is still to be given has become impossible (rule 8).

use smallvec::SmallVec;

use super::{
    super::{
        foresight::Searched,
        timeline::{Class, Open, Prefix, Timeline},
        window::Window,
    },
    automaton::{Automaton, Kind},
    level::fits,
    past::{End, Past},
};
use crate::engines::{Limit, budget::Budget};

/// An open operation whose answer depends on the state.
struct Need {
    rank: u32,
    slot: u32,
    class: Class,
    /// Indeterminate operations that can bring its answer about, by their places.
    maybes: SmallVec<[u32; 4]>,
}

/// What the open operations wait for, at one response after the other.
#[derive(Default)]
pub(super) struct Prospects {
    /// By slot: the open operations that can bring about the answer of that which is there.
    by: Vec<Window>,
    /// So many invocations have been looked at.
    entered: usize,
    needs: Vec<Need>,
}

impl Prospects {
    /// Goes to a response; `open` stands there.
    pub(super) fn seek<S: Searched>(
        &mut self,
        at: usize,
        timeline: &Timeline,
        open: &Open,
        history: Prefix<'_, S>,
        automaton: &Automaton<'_, S>,
        budget: &mut Budget,
    ) -> Result<(), Limit> {
        let asks = |rank: u32| {
            let class = timeline.class[rank as usize];
            matches!(automaton.kind(class), Kind::Observer | Kind::Mover)
        };
        let index = |rank: u32| timeline.index[rank as usize];
        let brings_to = |by: usize, rank: u32| {
            let ret = history.ret(index(rank));
            ret.is_some_and(|ret| S::brings(history.op(by), history.op(index(rank)), ret))
        };
        let brings = |by: u32, rank: u32| brings_to(index(by), rank);
        let upto = timeline.invoked[at] as usize;
        let slot = |rank: u32| timeline.slot[rank as usize];
        self.by.resize(timeline.slots, Window::default());
        let mut enter = |by: &mut Vec<Window>, new: u32| {
            by[slot(new) as usize] = Window::default();
            for other in open.iter().filter(|&other| other != new) {
                budget.step()?;
                if asks(other) {
                    if brings(new, other) {
                        by[slot(other) as usize].insert(slot(new));
                    } else {
                        by[slot(other) as usize].remove(slot(new));
                    }
                }
                if asks(new) && brings(other, new) {
                    by[slot(new) as usize].insert(slot(other));
                }
            }
            Ok(())
        };
        if self.entered > upto {
            for rank in open.iter() {
                enter(&mut self.by, rank)?;
            }
        } else {
            let new = timeline.invocations[self.entered..upto].iter();
            for &rank in new.filter(|&&rank| rank as usize >= at) {
                enter(&mut self.by, rank)?;
            }
        }
        self.entered = upto;
        self.needs.clear();
        for rank in open.iter().filter(|&rank| asks(rank)) {
            budget.step()?;
            let coming = upto..timeline.invoked[rank as usize] as usize;
            if timeline.invocations[coming].iter().any(|&by| brings(by, rank)) {
                // One that is invoked before it returns, but not yet.
                continue;
            }
            let brought = |&place: &u32| brings_to(timeline.maybes[place as usize].1[0].1, rank);
            self.needs.push(Need {
                rank,
                slot: slot(rank),
                class: timeline.class[rank as usize],
                maybes: (0..timeline.maybes.len() as u32).filter(brought).collect(),
            });
        }
        Ok(())
    }

    /// The completed operation whose answer, still to be given, cannot be given any more.
    pub(super) fn in_vain<S: Searched>(
        &self,
        past: &Past,
        timeline: &Timeline,
        automaton: &Automaton<'_, S>,
    ) -> Option<u32> {
        let in_vain = self.needs.iter().find(|need| {
            let is_left = |&place: &u32| {
                let (_, list) = &timeline.maybes[place as usize];
                let first = list.get(past.taken.first_left(place) as usize);
                first.is_some_and(|&(invoked, _)| invoked <= timeline.returned[need.rank as usize])
            };
            let led_to = |end: &End| fits(timeline, need.rank, end.bound) && automaton.leads(end.state, need.class);
            !(past.done.contains(need.slot)
                || !self.by[need.slot as usize].is_within(&past.done)
                || automaton.leads(past.state, need.class)
                || past.ends.iter().any(led_to)
                || need.maybes.iter().any(is_left))
        });
        in_vain.map(|need| need.rank)
    }
}
