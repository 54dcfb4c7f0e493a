//! Every interleaving: explores all orders in which the commands of some clients can reach Redis.
//!
//! The clients run the unchanged code of a [`Strategy`](crate::Strategy). What `loom` is for atomics, this is for Redis:
//! it finds the shortest schedule that breaks a promise, or a proof that none exists within the bounds (so many clients,
//! operations, units, faults).
//!
//! ```
//! # use oversell_models::strategy::{Connection, Context, Info, Purchase, Strategy};
//! use std::{ops::ControlFlow, sync::Arc};
//! use oversell_models::explorer::{Interleavings, Limits, Property, Setup, explore};
//! use redis::{AsyncCommands, RedisResult};
//!
//! struct Naive;
//!
//! impl Strategy for Naive {
//!     fn info(&self) -> Info {
//!         Info::new("naive")
//!     }
//!     async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
//!         con.set(cx.key(), stock).await
//!     }
//!     async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
//!         let stock: u64 = con.get(cx.key()).await?;
//!         if stock < quantity {
//!             return Ok(Purchase::SoldOut);
//!         }
//!         Ok(Purchase::bought_leaving(con.decr(cx.key(), quantity).await?))
//!     }
//! }
//!
//! let model = Interleavings::new(Setup::new(Arc::new(Naive), 2, 1))?;
//! let found = explore(&model, &Limits::default(), |_| ControlFlow::Continue(()))?;
//! let (property, schedule) = found.worst().expect("both read 1 before either takes it");
//! assert_eq!((property, schedule.len()), (Property::NeverOversold, 4));
//! # Ok::<(), oversell_models::explorer::Misuse>(())
//! ```

mod action;
mod alone;
mod asked;
mod carry_out;
mod faults;
mod fingerprint;
mod interleavings;
mod learn;
mod misuse;
mod monitor;
mod nodes;
mod noted;
mod property;
#[cfg(feature = "stateright")]
mod readable;
mod schedule;
mod search;
mod setup;
mod state;
#[cfg(feature = "stateright")]
mod stateright_model;
mod words;

pub use action::Action;
pub use alone::Alone;
pub use asked::Asked;
pub use faults::{Fault, UnknownFault};
pub use interleavings::Interleavings;
pub use learn::{Answer, Arguments, Entry, Next, Request, arguments, lost, operate, unique};
pub use misuse::Misuse;
pub use monitor::Wrong;
pub use nodes::ROW;
pub use property::Property;
#[cfg(feature = "stateright")]
pub use readable::Readable;
pub use schedule::{Step, breaks, narrate};
pub use search::{Exploration, Limits, Progress, Stop, Verdict, explore};
pub use setup::{KEY, Setup, buyer_number};
pub use state::State;
