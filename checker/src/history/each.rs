//! The specifications that history files know: the one place that lists them.
//!
//! A further one is a variant of [`Spec`] and of [`Each`], a line in the two macros, and what the compiler then asks for: how its
//! lines read ([`Vocabulary`](super::Vocabulary)), how it is checked and explained, and what certificates say of it.

use std::fmt;

use super::{KvHistory, RegisterHistory, SalesHistory, StockHistory};

/// A sequential specification that history files know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spec {
    /// The bounded stock counter.
    Stock,
    /// The same, with a limit for each buyer: what files call `stock`, and give a `limit`.
    Sales,
    /// A register of JSON values: read, write, compare-and-set.
    Register,
    /// A key-value store of strings: get, put, append.
    Kv,
}

impl Spec {
    /// Every specification that files have a name for.
    pub const ALL: [Self; 3] = [Self::Stock, Self::Register, Self::Kv];

    /// As what [`each!`](crate::each) takes.
    #[doc(hidden)]
    #[must_use]
    pub const fn each(self) -> Each<(), (), (), ()> {
        match self {
            Self::Stock => Each::Stock(()),
            Self::Sales => Each::Sales(()),
            Self::Register => Each::Register(()),
            Self::Kv => Each::Kv(()),
        }
    }

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stock | Self::Sales => "stock",
            Self::Register => "register",
            Self::Kv => "kv",
        }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something of one of the specifications. [`each!`](crate::each) does the same with whichever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Each<Stock, Sales, Register, Kv> {
    /// Of stock counters.
    Stock(Stock),
    /// Of stock counters with a limit for each buyer.
    Sales(Sales),
    /// Of registers; values are canonical JSON.
    Register(Register),
    /// Of a key-value store.
    Kv(Kv),
}

/// The operations, by key, in order of the keys' first appearance.
pub type Body = Each<Vec<StockHistory>, Vec<SalesHistory>, Vec<RegisterHistory>, Vec<KvHistory>>;

/// Does the same with what an [`Each`](crate::history::Each) holds, of whichever specification; within, `S` is the type of that
/// specification. Of two of them (`(one, other)`), `None` where they are of different ones. The result is an `Each` again where it
/// begins with that word.
#[doc(hidden)]
#[macro_export]
macro_rules! each {
    (@Stock $S:ident => $do:expr) => { $crate::each!(@with $S = $crate::spec::Stock => $do) };
    (@Sales $S:ident => $do:expr) => { $crate::each!(@with $S = $crate::spec::Sales => $do) };
    (@Register $S:ident => $do:expr) => { $crate::each!(@with $S = $crate::spec::Register<String> => $do) };
    (@Kv $S:ident => $do:expr) => { $crate::each!(@with $S = $crate::spec::Kv => $do) };
    (@with $S:ident = $spec:ty => $do:expr) => {{
        #[allow(dead_code, reason = "not everybody needs it")]
        type $S = $spec;
        $do
    }};
    (Each $each:expr, $S:ident: $it:pat => $do:expr) => {
        match $each {
            $crate::history::Each::Stock($it) => $crate::history::Each::Stock($crate::each!(@Stock $S => $do)),
            $crate::history::Each::Sales($it) => $crate::history::Each::Sales($crate::each!(@Sales $S => $do)),
            $crate::history::Each::Register($it) => $crate::history::Each::Register($crate::each!(@Register $S => $do)),
            $crate::history::Each::Kv($it) => $crate::history::Each::Kv($crate::each!(@Kv $S => $do)),
        }
    };
    ($each:expr, $it:pat => $do:expr) => {
        $crate::each!($each, S: $it => $do)
    };
    ($each:expr, $S:ident: ($one:pat, $other:pat) => $do:expr) => {
        match $each {
            ($crate::history::Each::Stock($one), $crate::history::Each::Stock($other)) => {
                Some($crate::each!(@Stock $S => $do))
            }
            ($crate::history::Each::Sales($one), $crate::history::Each::Sales($other)) => {
                Some($crate::each!(@Sales $S => $do))
            }
            ($crate::history::Each::Register($one), $crate::history::Each::Register($other)) => {
                Some($crate::each!(@Register $S => $do))
            }
            ($crate::history::Each::Kv($one), $crate::history::Each::Kv($other)) => {
                Some($crate::each!(@Kv $S => $do))
            }
            _ => None,
        }
    };
    ($each:expr, $S:ident: $it:pat => $do:expr) => {
        match $each {
            $crate::history::Each::Stock($it) => $crate::each!(@Stock $S => $do),
            $crate::history::Each::Sales($it) => $crate::each!(@Sales $S => $do),
            $crate::history::Each::Register($it) => $crate::each!(@Register $S => $do),
            $crate::history::Each::Kv($it) => $crate::each!(@Kv $S => $do),
        }
    };
}

/// Does the same for whichever specification a [`Spec`](crate::history::Spec) is; within, `S` is its type. The result is an
/// [`Each`](crate::history::Each) where it begins with that word.
#[doc(hidden)]
#[macro_export]
macro_rules! of_spec {
    (Each $spec:expr, $S:ident => $do:expr) => {
        $crate::each!(Each $crate::history::Spec::each($spec), $S: () => $do)
    };
    ($spec:expr, $S:ident => $do:expr) => {
        $crate::each!($crate::history::Spec::each($spec), $S: () => $do)
    };
}
