//! Operations whose answers will never come. Each may take effect at any time from now on, or never, so they stay for ever;
//! equal ones are counted, not kept.

use rustc_hash::FxHashMap;

use super::{act::Act, names::Name};

/// The number of a class of equal operations.
pub(super) type Class = u32;

/// So many classes are kept at most: some 20 MB.
pub(super) const MOST: usize = 1 << 18;

#[derive(Clone, Debug, Default)]
pub(super) struct Lost {
    /// Each class: what its operations do, and how many there are that have not taken effect in every past.
    classes: Vec<(Act<Name>, u32)>,
    numbers: FxHashMap<Act<Name>, Class>,
    /// Compare-and-sets by what they would leave, each with what it has to find.
    into: FxHashMap<Name, Vec<(Class, Name)>>,
    free: Vec<Class>,
    /// How many classes are appends.
    appends: usize,
}

impl Lost {
    pub(super) fn add(&mut self, act: Act<Name>) {
        if let Some(&class) = self.numbers.get(&act) {
            self.classes[class as usize].1 += 1;
            return;
        }
        let class = self.free.pop().unwrap_or(self.classes.len() as Class);
        if class as usize == self.classes.len() {
            self.classes.push((act, 1));
        } else {
            self.classes[class as usize] = (act, 1);
        }
        self.numbers.insert(act, class);
        match act {
            Act::Changes(old, new) => self.into.entry(new).or_default().push((class, old)),
            Act::Appends(_) => self.appends += 1,
            _ => {}
        }
    }

    /// So many of the class have taken effect in every past.
    pub(super) fn settle(&mut self, class: Class, count: u32) {
        let (act, left) = &mut self.classes[class as usize];
        *left -= count;
        if *left > 0 {
            return;
        }
        let act = std::mem::replace(act, Act::Nothing);
        self.numbers.remove(&act);
        self.free.push(class);
        match act {
            Act::Changes(_, new) => {
                if let Some(classes) = self.into.get_mut(&new) {
                    classes.retain(|&(other, _)| other != class);
                    if classes.is_empty() {
                        self.into.remove(&new);
                    }
                }
            }
            Act::Appends(_) => self.appends -= 1,
            _ => {}
        }
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(super) const fn has_appends(&self) -> bool {
        self.appends > 0
    }

    /// How many there are of a class.
    pub(super) fn count(&self, class: Class) -> u32 {
        self.classes[class as usize].1
    }

    /// What those of a class do.
    pub(super) fn act(&self, class: Class) -> Act<Name> {
        self.classes[class as usize].0
    }

    pub(super) fn class(&self, act: &Act<Name>) -> Option<Class> {
        self.numbers.get(act).copied()
    }

    /// The compare-and-sets that would leave this, each with what it has to find.
    pub(super) fn into(&self, new: Name) -> impl Iterator<Item = (Class, Name)> {
        self.into.get(&new).into_iter().flatten().copied()
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = (Class, Act<Name>)> {
        let classes = self.classes.iter().enumerate();
        classes
            .filter(|(_, (_, count))| *count > 0)
            .map(|(class, &(act, _))| (class as Class, act))
    }
}
