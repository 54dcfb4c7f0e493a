//! A real Redis-compatible server: a private one that is found or fetched, started, and gone afterwards, or one that is
//! already running.

mod binary;
mod error;
mod fetch;
mod limits;
mod link;
mod private;
mod stream;
mod sweep;
mod target;

pub use binary::{Binary, Source};
pub use error::ServerError;
pub(crate) use error::{left_behind, out_of_files};
pub use link::Link;
pub use private::Server;
pub(crate) use sweep::sweep;
pub use target::{Target, Version};
