//! One way that everything can have come about so far, as far as it matters for what is to come.

use smallvec::SmallVec;

use super::{super::window::Window, names::Name};

/// How many indeterminate operations of each class have taken effect, by class; none of those that nobody took.
pub(super) type Taken = SmallVec<[(u32, u32); 2]>;

/// See the module. Everything that was answered has taken effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Past {
    pub(super) state: Name,
    /// The open operations that have taken effect, by their slots.
    pub(super) done: Window,
    pub(super) taken: Taken,
}

impl Past {
    pub(super) fn of(state: Name) -> Self {
        Self {
            state,
            done: Window::default(),
            taken: Taken::new(),
        }
    }

    pub(super) fn taken(&self, class: u32) -> u32 {
        self.place(class).map_or(0, |place| self.taken[place].1)
    }

    pub(super) fn take(&mut self, class: u32) {
        match self.place(class) {
            Ok(place) => self.taken[place].1 += 1,
            Err(place) => self.taken.insert(place, (class, 1)),
        }
    }

    /// So many of the class have taken effect in every past, and are counted no more.
    pub(super) fn settle(&mut self, class: u32, count: u32) {
        if let Ok(place) = self.place(class) {
            self.taken[place].1 -= count;
            if self.taken[place].1 == 0 {
                self.taken.remove(place);
            }
        }
    }

    fn place(&self, class: u32) -> Result<usize, usize> {
        self.taken.binary_search_by_key(&class, |&(class, _)| class)
    }
}
