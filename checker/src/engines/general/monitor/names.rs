//! Texts by number. Those that nobody refers to any more are forgotten from time to time.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// The number of a text.
pub(super) type Name = u32;

/// So many texts are kept before it is asked which are needed.
const FEW: usize = 256;

#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    numbers: FxHashMap<Arc<str>, Name>,
    texts: Vec<Option<Arc<str>>>,
    free: Vec<Name>,
    /// So many were needed when it was last asked.
    needed: usize,
}

impl Names {
    pub(super) fn name(&mut self, text: &str) -> Name {
        if let Some(&name) = self.numbers.get(text) {
            return name;
        }
        let shared: Arc<str> = text.into();
        let name = self.free.pop().unwrap_or(self.texts.len() as Name);
        if name as usize == self.texts.len() {
            self.texts.push(None);
        }
        self.texts[name as usize] = Some(Arc::clone(&shared));
        self.numbers.insert(shared, name);
        name
    }

    pub(super) fn text(&self, name: Name) -> &str {
        self.texts[name as usize].as_deref().unwrap_or_default()
    }

    /// The number of a text that somebody has named.
    pub(super) fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    /// Is it time to forget?
    pub(super) fn is_crowded(&self) -> bool {
        self.numbers.len() > FEW + 2 * self.needed
    }

    /// Forgets all but these.
    pub(super) fn keep(&mut self, needed: impl Iterator<Item = Name>) {
        let mut marked = vec![false; self.texts.len()];
        needed.for_each(|name| marked[name as usize] = true);
        for (name, text) in self.texts.iter_mut().enumerate() {
            if !marked[name]
                && let Some(text) = text.take()
            {
                self.numbers.remove(&text);
                self.free.push(name as Name);
            }
        }
        self.needed = self.numbers.len();
    }
}
