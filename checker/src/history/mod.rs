//! Operation histories: in memory and as files.

mod commands;
mod compression;
mod each;
mod faults;
mod key;
mod merge;
mod number;
mod operation;
pub mod process;
mod read;
mod skew;
mod texts;
mod types;
mod visible;
mod write;

pub use commands::{Command, CommandLog};
pub use compression::{Compression, Compressor, compressed, decompressed};
pub use each::{Body, Each, Spec};
pub use faults::{FAULTS, Fault};
pub use key::{
    KeyHistory, KvHistory, OnSale, Part, RegisterHistory, SalesHistory, StockHistory, StockPart, Unknown, rename_names,
    rename_units,
};
pub use merge::{MergeError, merge};
pub use number::number;
pub use operation::{KvOperation, Operation, RegisterOperation, Response, SalesOperation, StockOperation};
pub use read::{
    Event, EventReader, Events, Excerpt, Notice, Place, Problem, ReadError, StockEvent, Vocabulary, Warning, What,
    read, read_keys,
};
#[doc(hidden)]
pub use read::{LONGEST_LINE, in_order, the_key};
pub use skew::{Answer, Vanishes, smallest_skew};
pub use texts::Texts;
pub use types::{Clock, FORMAT, Header, History, Initial, LIMIT, VERSION};
#[doc(hidden)]
pub use visible::{quoted, shown, visible};
pub(crate) use write::Print;
pub use write::{EventWriter, Unwritable, create_new, replace_header, write, write_new, write_new_as};
#[doc(hidden)]
pub use write::{Unfinished, folder_of};
