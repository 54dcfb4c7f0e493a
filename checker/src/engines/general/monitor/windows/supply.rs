//! Operations whose answers will never come, with the instants from which on they may take effect, and which of them can be of
//! use to a window.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::BuildHasherDefault,
};

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHasher};

use super::{
    super::{
        act::Act,
        names::{Name, Names},
    },
    entry::Entry,
};

/// How many of each kind have taken effect.
pub(super) type Used = FxHashMap<Act<Name>, usize>;

#[derive(Clone, Default)]
pub(in super::super) struct Supply {
    /// When those of a kind were invoked, in order.
    kinds: IndexMap<Act<Name>, Vec<u64>, BuildHasherDefault<FxHasher>>,
    /// Compare-and-sets by what they would leave.
    into: FxHashMap<Name, Vec<Name>>,
    /// Lengths of what is put and of what is appended.
    put: BTreeSet<usize>,
    appended: BTreeSet<usize>,
}

/// What a window wants of the supply: how many of each kind at most, and whether more than that could be of use.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) kinds: BTreeMap<usize, usize>,
    /// A compare-and-set that leaves what nobody wants might still help one that found something else.
    pub(super) more: bool,
}

impl Supply {
    pub(super) fn add(&mut self, act: Act<Name>, invoked: u64, names: &Names) {
        if let Some(known) = self.kinds.get_mut(&act) {
            known.push(invoked);
            return;
        }
        self.kinds.insert(act, vec![invoked]);
        match act {
            Act::Changes(old, new) => self.into.entry(new).or_default().push(old),
            Act::Appends(text) => _ = self.appended.insert(names.text(text).len()),
            Act::Resets(text) => _ = self.put.insert(names.text(text).len()),
            _ => {}
        }
    }

    /// How many kinds there are.
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(super) fn has_appends(&self) -> bool {
        !self.appended.is_empty()
    }

    /// May one of them leave this value in a register?
    pub(super) fn leaves(&self, name: Name) -> bool {
        self.kinds.contains_key(&Act::Resets(name)) || self.into.contains_key(&name)
    }

    /// What a kind does, and when its operations were invoked.
    pub(super) fn kind(&self, place: usize) -> (Act<Name>, &[u64]) {
        self.kinds
            .get_index(place)
            .map_or((Act::Nothing, &[]), |(act, invoked)| (*act, invoked.as_slice()))
    }

    pub(super) fn names(&self, mut needed: impl FnMut(Name)) {
        for act in self.kinds.keys() {
            act.map(&mut needed);
        }
    }

    /// What may be of use to a register.
    ///
    /// Take an order that explains the answers, and in it a lost write. If nothing sees, compares or misses its value before
    /// the next change, it can be left out. Otherwise what comes first of these is its own. So of a value that so many want to see
    /// or to find no more are needed than these and those that miss something; and what leaves a value that nobody wants serves
    /// only the latter, to whom each such value that they do not name is as good as any other.
    pub(super) fn for_register(&self, entries: &[Entry]) -> Wanted {
        let mut wants: FxHashMap<Name, usize> = FxHashMap::default();
        let mut missed: FxHashMap<Name, usize> = FxHashMap::default();
        let mut misses = 0;
        for entry in entries {
            match entry.act {
                Act::Sees(name) | Act::Changes(name, _) => *wants.entry(name).or_default() += 1,
                Act::Misses(name) => {
                    misses += 1;
                    *missed.entry(name).or_default() += 1;
                }
                _ => {}
            }
        }
        let mut wanted = Wanted::default();
        // What a lost compare-and-set wants to find may be wanted by all of them.
        let mut left: Vec<Name> = wants.keys().copied().collect();
        while let Some(name) = left.pop() {
            let most = wants
                .get(&name)
                .map_or(usize::MAX, |wants| wants.saturating_add(misses));
            self.want(&mut wanted, Act::Resets(name), most);
            for &old in self.into.get(&name).into_iter().flatten() {
                self.want(&mut wanted, Act::Changes(old, name), most);
                if wants.insert(old, usize::MAX) != Some(usize::MAX) {
                    left.push(old);
                }
            }
        }
        if misses > 0 {
            let mut others = misses;
            for (place, (act, invoked)) in self.kinds.iter().enumerate() {
                match act {
                    Act::Resets(name) if wants.contains_key(name) => {}
                    Act::Resets(name) if missed.contains_key(name) => _ = wanted.kinds.insert(place, misses),
                    Act::Resets(_) if others > 0 => {
                        wanted.kinds.insert(place, others);
                        others = others.saturating_sub(invoked.len());
                    }
                    Act::Changes(_, new) if !wants.contains_key(new) => wanted.more = true,
                    _ => {}
                }
            }
        }
        wanted
    }

    fn want(&self, wanted: &mut Wanted, act: Act<Name>, most: usize) {
        if let Some(place) = self.kinds.get_index_of(&act) {
            let known = wanted.kinds.entry(place).or_default();
            *known = most.max(*known);
        }
    }

    /// What may be of use to a key that is appended to: what a text that is got may begin with, and what is in it; only behind what
    /// is `there` at first, where it begins with that. (That leaves out what comes after a shorter text has been put there.)
    pub(super) fn for_key(&self, there: Option<Name>, entries: &[Entry], names: &Names) -> Wanted {
        let mut wanted = Wanted::default();
        if self.kinds.is_empty() {
            return wanted;
        }
        let got = entries.iter().filter_map(|entry| match entry.act {
            Act::Sees(name) => Some(names.text(name)),
            _ => None,
        });
        let mut got: Vec<&str> = got.collect();
        got.sort_unstable();
        got.dedup();
        let there = there.map(|name| names.text(name));
        let longest = self.appended.last().copied().unwrap_or_default();
        // The last text that was looked at from the start, and the last from behind what is there.
        let mut last = [""; 2];
        for text in got {
            let behind = there.filter(|there| text.starts_with(there));
            let last = &mut last[usize::from(behind.is_some())];
            // What stands where it does in the text before has been looked for.
            let known = std::iter::zip(text.bytes(), last.bytes()).take_while(|(own, its)| own == its);
            let from = known.count().saturating_sub(longest).max(behind.map_or(0, str::len));
            *last = text;
            for &length in &self.put {
                if let Some(name) = text.get(..length).and_then(|put| names.find(put)) {
                    self.want(&mut wanted, Act::Resets(name), usize::MAX);
                }
            }
            for begins in from..text.len() {
                for &length in &self.appended {
                    let part = text.get(begins..begins + length);
                    if let Some(name) = part.and_then(|part| names.find(part)) {
                        self.want(&mut wanted, Act::Appends(name), usize::MAX);
                    }
                }
            }
        }
        wanted
    }
}
