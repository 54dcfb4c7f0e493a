//! What a violation is seen by: the last operations, whatever came before them.
//!
//! Of an operation G that says what there is when it takes effect, everything that follows depends on that alone, and on which
//! operations were open then. So in an order that explains the whole history, what comes after G is an order
//! - from the text that G tells,
//! - of everything that was invoked after G had returned, and of what had not been answered when G was invoked, as far as it
//!   comes after G: it may, and need not, if it changes anything; if it does not, nothing is asked of it;
//! - and of lost operations, each of which may or may not have taken effect before.
//!
//! If there is no such order, the history is a violation. Nothing has to be known of what was before G, nor of the pasts that were
//! possible then. The other way round it does not hold: what is open at G is held to less than it was.

use super::{
    super::{
        act::Act,
        names::{Name, Names},
    },
    entry::Entry,
};

/// So many operations are kept at least to see a violation by.
const KEPT: usize = if cfg!(test) { 8 } else { 8192 };
/// Among so many that say what there is, the one with the fewest others open is taken.
const CHOICE: usize = 16;
/// Less is kept where there are more bytes in what was seen.
const MOST_BYTES: usize = 1 << 24;

#[derive(Clone, Default)]
pub(super) struct Recent {
    /// In the order of their invocations; all that returned after `dropped`.
    pub(super) entries: Vec<Entry>,
    /// The last response of one that is kept no more.
    dropped: Option<u64>,
    /// Bytes in what was seen.
    bytes: usize,
}

/// A text that was there, and what has to be explained from it on.
pub(super) struct Anchored {
    pub(super) state: Name,
    pub(super) entries: Vec<Entry>,
}

impl Recent {
    /// Where something was looked at before, up to this instant.
    pub(super) const fn after(dropped: Option<u64>) -> Self {
        Self {
            entries: Vec::new(),
            dropped,
            bytes: 0,
        }
    }

    pub(super) fn push(&mut self, entry: Entry, names: &Names) {
        self.bytes += bytes(&entry, names);
        self.entries.push(entry);
    }

    /// Forgets what is long past. Has it?
    pub(super) fn tidy(&mut self, names: &Names) -> bool {
        if self.entries.len() <= 2 * KEPT && self.bytes <= MOST_BYTES {
            return false;
        }
        let kept = KEPT.min(self.entries.len() / 2);
        let cut = self.entries[self.entries.len() - kept].invoked;
        let last = self.entries.iter().filter(|entry| entry.is_over(cut));
        self.dropped = self.dropped.max(last.filter_map(|entry| entry.returns).max());
        self.entries.retain(|entry| !entry.is_over(cut));
        self.bytes = self.entries.iter().map(|entry| bytes(entry, names)).sum();
        true
    }

    /// From an operation on that is not among the last `apart`, or from the first there is.
    pub(super) fn anchored(&self, apart: usize, upto: u64, more: &[Entry]) -> Option<Anchored> {
        let from = self.entries.len().saturating_sub(apart);
        let says = |entry: &&Entry| {
            entry.is_answered(upto)
                && Some(entry.invoked) > self.dropped
                && matches!(entry.act, Act::Sees(_) | Act::Changes(..))
        };
        let choice = self.entries[from..].iter().filter(says).take(CHOICE);
        let anchor = choice.min_by_key(|anchor| self.entries.iter().filter(|other| meets(anchor, other)).count())?;
        let state = match anchor.act {
            Act::Sees(name) | Act::Changes(_, name) => name,
            _ => return None,
        };
        let rest = self.entries.iter().chain(more).filter_map(|entry| {
            if entry.number == anchor.number || entry.is_over(anchor.invoked) {
                None
            } else if meets(anchor, entry) {
                (!entry.only_answers()).then_some(Entry {
                    returns: None,
                    ..*entry
                })
            } else {
                Some(*entry)
            }
        });
        Some(Anchored {
            state,
            entries: rest.collect(),
        })
    }
}

fn bytes(entry: &Entry, names: &Names) -> usize {
    match entry.act {
        Act::Sees(name) => names.text(name).len(),
        _ => 0,
    }
}

/// Are both open at one instant?
fn meets(anchor: &Entry, other: &Entry) -> bool {
    anchor.returns.is_some_and(|at| other.invoked <= at) && !other.is_over(anchor.invoked)
}
