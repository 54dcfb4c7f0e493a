//! Files that are being written: a signal that ends the program removes them first.

use std::{
    io,
    sync::{Arc, Once, atomic::AtomicBool, mpsc::sync_channel},
    thread,
};

use oversell_checker::history::Unfinished;

use tokio::runtime::Builder;

use super::{interrupt::Signals, runtime::runtime};

/// From now on signals that end the program are heeded here: while this is held they wait, and then they remove what is not finished.
pub(super) fn hold() -> Unfinished {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        // Where that is not possible, files are written all the same.
        let _ = listen();
    });
    Unfinished::hold()
}

/// Listens on a thread of its own, as this one may be within a runtime, and waits until it does.
fn listen() -> io::Result<()> {
    let (to, listens) = sync_channel(1);
    thread::Builder::new().spawn(move || {
        let listened = runtime(Builder::new_current_thread())
            .and_then(|runtime| Ok((runtime.block_on(async { Signals::that_end() })?, runtime)));
        let Ok((mut signals, runtime)) = listened else { return };
        let _ = to.send(());
        let ended = runtime.block_on(signals.next());
        // As a shell says it.
        end(128 + ended.as_raw_value());
    })?;
    listens.recv().map_err(io::Error::other)
}

/// Ends the program with this code, and leaves nothing that is not finished.
pub(super) fn end(code: i32) -> ! {
    let mut unfinished = Unfinished::hold();
    unfinished.discard();
    std::process::exit(code)
}

/// A file that would grow beyond the limit of its size (`ulimit -f`) is an error of the one who writes it, as a full disk is: the
/// signal, which would end the program there and then, goes nowhere.
pub(super) fn survive_size_limits() {
    // Where that is not possible, the program ends as others do.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}
