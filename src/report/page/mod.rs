//! Histories on a page: one HTML file that needs nothing else, and reaches for nothing else.
//!
//! What is said about violations is plain HTML, readable without scripts; the timeline is drawn by a script from columns
//! of numbers (`data`). Everything that comes out of a history is escaped, and a content security policy in the page
//! forbids it to run or load anything but the script and the style that are in it, which it names by their hashes.

mod case;
mod chart;
mod code;
mod data;
mod order;
mod overview;
mod play;
mod render;
mod scheduled;
mod subject;
mod template;

pub use case::Case;
pub use code::Code;
pub use play::{Move, Node, Play};
pub use render::{PageError, render};
pub use scheduled::{Scheduled, reply};
pub use subject::{Extent, Scenario, Subject};
