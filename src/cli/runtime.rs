//! The runtimes of commands that wait for something.

use std::{fs::File, io};

use tokio::runtime::{Builder, Runtime};

/// Files that a runtime opens. Where it cannot, tokio panics.
const FILES: usize = 5;

/// This runtime, able to wait for sockets, time and signals.
pub(super) fn runtime(mut builder: Builder) -> io::Result<Runtime> {
    let room: Vec<File> = (0..FILES).map(|_| File::open("/dev/null")).collect::<io::Result<_>>()?;
    drop(room);
    builder.enable_all().build()
}
