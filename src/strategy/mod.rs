//! The catalogue: ways of selling limited stock through Redis, safe ones and broken ones.
//!
//! One file a strategy (or a family that differs in one step). Each is generic over its connection; the scripts are in
//! `lua/`. `docs/strategies.md` tells how each works and how the broken ones break.

mod adapted;
mod catalogue;
mod closure;
mod counter;
mod decr_compensate;
mod function;
mod get_set;
mod ifeq;
mod increx;
mod listing;
mod lock;
mod lpop;
mod lua;
mod naive;
mod one_each;
mod own;
mod resend;
mod watch;

pub(crate) use adapted::Adaptation;
pub use catalogue::{Entry, Provocation, catalogue, find};
pub use closure::{BuyFn, from_fn};
pub use decr_compensate::DecrCompensate;
pub use function::Function;
pub(crate) use function::library;
pub use get_set::GetSet;
pub use ifeq::IfEq;
pub use increx::IncrEx;
pub use listing::{listing, of_script};
pub use lock::{Lock, Release};
pub use lpop::LPop;
pub use lua::Lua;
pub use naive::{MultiNoWatch, Naive};
pub use one_each::{OneEach, SismemberSadd};
pub use oversell_models::strategy::{
    AnyConnection, AnyStrategy, Connection, Context, DynStrategy, Environment, Expected, Info, Purchase, Sharing,
    Strategy, is_harmless, lacking, read_counter, unsupported, was_refused,
};
pub use own::{IntoStrategy, OwnConnection, kind};
pub use resend::{Idempotent, RetryOnTimeout};
pub use watch::{GetBeforeWatch, Watch};
