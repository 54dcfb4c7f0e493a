//! Operation histories: in memory and as files.

mod operation;

pub use operation::{KvOperation, Operation, RegisterOperation, Response, StockOperation};
