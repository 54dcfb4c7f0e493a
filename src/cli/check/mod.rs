//! `oversell check`.

mod again;
mod certified;
mod checked;
mod command;
mod follow;
mod followed;
mod following;
mod growing;
mod merged;
mod options;
mod reading;
mod sources;

pub(super) use self::{
    command::check,
    options::CheckOptions,
    reading::{read, read_as_far_as_it_goes},
    sources::{Source, sources},
};
