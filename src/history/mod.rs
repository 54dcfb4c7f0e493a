//! Operation histories: in memory and as files.

mod commands;
mod key;
mod operation;
mod texts;
mod types;

pub use commands::{Command, CommandLog};
pub use key::{KeyHistory, KvHistory, Part, RegisterHistory, StockHistory, StockPart, Unknown, rename_units};
pub use operation::{KvOperation, Operation, RegisterOperation, Response, StockOperation};
pub use texts::Texts;
pub use types::{Body, Clock, FORMAT, Header, History, Initial, Spec, VERSION};
