//! The walk over a history that has no end yet.

use super::{bounds::Bound, events::MOST_OPEN, paths::Paths, rest::Settled, role::Role, walk::Walk};
use crate::engines::{Limit, Limits, budget::Budget, stock::view::Seen, stopped::Stopped};

/// A [`Walk`] that makes room as it needs it, and keeps no order.
#[derive(Clone)]
pub(in crate::engines::stock) struct Endless(Walks);

/// By how many operations may be open at once.
#[derive(Clone)]
enum Walks {
    UpTo64(Walk<'static, 1>),
    UpTo128(Walk<'static, 2>),
    UpTo256(Walk<'static, 4>),
    UpTo1024(Walk<'static, 16>),
    /// Only while it is taken apart.
    Moving,
}

macro_rules! walk {
    ($self:ident, $walk:ident => $what:expr) => {
        match &mut $self.0 {
            Walks::UpTo64($walk) => $what,
            Walks::UpTo128($walk) => $what,
            Walks::UpTo256($walk) => $what,
            Walks::UpTo1024($walk) => $what,
            Walks::Moving => unreachable!("nobody sees it in between"),
        }
    };
}

impl Endless {
    /// Most configurations kept. A history that needs more can still pass, but no violation of it is certain.
    pub(in crate::engines::stock) const WIDTH: usize = 1 << 14;

    /// Starts with so many units.
    pub(in crate::engines::stock) fn new(initial: u64, limits: Limits) -> Self {
        Self(Walks::UpTo64(Walk::new(
            initial,
            Self::WIDTH,
            Budget::new(limits),
            Paths::forgotten(),
            None,
        )))
    }

    /// `seen` is invoked, and asks for `bound`. Refused when more than [`MOST_OPEN`] would be open.
    pub(in crate::engines::stock) fn invoke(&mut self, seen: &Seen, bound: Bound) -> Result<(), Limit> {
        if walk!(self, walk => walk.open.is_full()) {
            self.0 = match std::mem::replace(&mut self.0, Walks::Moving) {
                Walks::UpTo64(walk) => Walks::UpTo128(walk.wider()),
                Walks::UpTo128(walk) => Walks::UpTo256(walk.wider()),
                Walks::UpTo256(walk) => Walks::UpTo1024(walk.wider()),
                full => {
                    self.0 = full;
                    return Err(Limit::Open(MOST_OPEN));
                }
            };
        }
        walk!(self, walk => walk.invoke(seen, bound));
        Ok(())
    }

    /// See [`Walk::respond`].
    pub(in crate::engines::stock) fn respond(&mut self, role: Role, index: u32, later: Bound) -> Result<(), Stopped> {
        walk!(self, walk => walk.respond(role, index, later))
    }

    /// From here on the limits count anew.
    pub(in crate::engines::stock) fn renew(&mut self) {
        walk!(self, walk => walk.budget.renew());
    }

    /// Were there more configurations than may be kept? Then a refutation is none.
    pub(in crate::engines::stock) fn is_narrowed(&mut self) -> bool {
        walk!(self, walk => walk.narrowed)
    }

    /// The only past there can have been, if there is only one.
    pub(in crate::engines::stock) fn settled(&mut self) -> Option<Settled> {
        walk!(self, walk => walk.settled())
    }
}
