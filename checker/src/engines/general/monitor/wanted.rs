//! What may take effect before the operation that returns now (see the rules in `walk.rs`).

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    super::window::Window,
    act::Act,
    lost::{Class, Lost},
    names::Name,
    open::Open,
};

/// Whose effect it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// An open operation's, by its slot.
    Open(u32),
    /// One of the indeterminate ones of a class.
    Lost(Class),
}

/// An operation that may take effect.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) by: By,
    pub(super) act: Act<Name>,
    /// Equal ones that return earlier, and go first.
    pub(super) before: Window,
    /// It is of use only to these: no more where all of them have taken effect. `None`: always.
    pub(super) only_for: Option<Window>,
}

/// What somebody may want to find.
#[derive(Default)]
struct Wishes {
    /// By open operations that see it or compare it.
    open: FxHashMap<Name, Window>,
    /// By indeterminate ones that compare it and leave something that is wanted.
    lost: FxHashSet<Name>,
    /// Everything may be of use.
    everything: bool,
}

impl Wishes {
    fn of(open: &[Option<Open>], lost: &Lost) -> Self {
        let mut wishes = Self {
            everything: lost.has_appends(),
            ..Self::default()
        };
        for (slot, open) in (0..).zip(open) {
            match open.map(|open| open.act) {
                Some(Act::Sees(name) | Act::Changes(name, _)) => wishes.open.entry(name).or_default().insert(slot),
                Some(Act::Appends(_) | Act::Misses(_)) => wishes.everything = true,
                _ => {}
            }
        }
        let mut left: Vec<Name> = wishes.open.keys().copied().collect();
        while let Some(new) = left.pop() {
            for (_, old) in lost.into(new) {
                if wishes.lost.insert(old) {
                    left.push(old);
                }
            }
        }
        wishes
    }

    /// For whom this text is of use: `Some(None)` for more than can be named.
    fn for_whom(&self, name: Name) -> Option<Option<Window>> {
        if self.everything || self.lost.contains(&name) {
            return Some(None);
        }
        self.open.get(&name).map(|slots| Some(slots.clone()))
    }
}

/// What may take effect before the operation in the slot `returning` does, and that itself.
pub(super) fn wanted(open: &[Option<Open>], lost: &Lost, returning: u32) -> Vec<Candidate> {
    let wishes = Wishes::of(open, lost);
    let mut candidates = Vec::new();
    for (slot, operation) in (0..).zip(open) {
        let Some(operation) = operation else { continue };
        let only_for = match operation.act {
            Act::Sees(_) | Act::Misses(_) | Act::Nothing | Act::Never => continue,
            Act::Resets(name) if slot != returning => match wishes.for_whom(name) {
                Some(only_for) => only_for,
                None => continue,
            },
            Act::Resets(_) | Act::Changes(..) | Act::Appends(_) => None,
        };
        candidates.push(Candidate {
            by: By::Open(slot),
            act: operation.act,
            before: equals(open, &operation.act, |other, at| {
                slot != returning && other != slot && (other == returning || at < (operation.returns, operation.number))
            }),
            only_for,
        });
    }
    let mut add = |class, act, only_for| {
        candidates.push(Candidate {
            by: By::Lost(class),
            act,
            before: equals(open, &act, |_, _| true),
            only_for,
        });
    };
    if wishes.everything {
        lost.all().for_each(|(class, act)| add(class, act, None));
        return candidates;
    }
    let names = wishes
        .open
        .keys()
        .chain(wishes.lost.iter().filter(|name| !wishes.open.contains_key(name)));
    for &name in names {
        let only_for = wishes.for_whom(name).flatten();
        let reset = Act::Resets(name);
        if let Some(class) = lost.class(&reset) {
            add(class, reset, only_for.clone());
        }
        for (class, old) in lost.into(name) {
            add(class, Act::Changes(old, name), only_for.clone());
        }
    }
    candidates
}

/// The open operations that are equal to this and come first, given their slots, when they return, and their numbers.
fn equals(open: &[Option<Open>], act: &Act<Name>, first: impl Fn(u32, (u64, u64)) -> bool) -> Window {
    let mut equal = Window::default();
    if matches!(act, Act::Resets(_) | Act::Changes(..)) {
        for (slot, other) in (0..).zip(open) {
            if let Some(other) = other
                && other.act == *act
                && first(slot, (other.returns, other.number))
            {
                equal.insert(slot);
            }
        }
    }
    equal
}
