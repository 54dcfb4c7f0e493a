//! Files that are being written: a signal that ends the program removes them first.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, Once, PoisonError, mpsc::sync_channel},
    thread,
};

use super::interrupt::Signals;

/// Whoever holds it is not interrupted: what takes the place of a file is to do so wholly.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The files that go when the program is ended. While this is held, signals wait.
pub(super) struct Unfinished(MutexGuard<'static, Vec<PathBuf>>);

impl Unfinished {
    /// From now on signals that end the program are heeded here.
    pub(super) fn hold() -> Self {
        static LISTENS: Once = Once::new();
        LISTENS.call_once(|| {
            // Where that is not possible, files are written all the same.
            let _ = listen();
        });
        Self(UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn add(&mut self, path: &Path) {
        self.0.push(path.to_path_buf());
    }

    pub(super) fn remove(&mut self, path: &Path) {
        self.0.retain(|each| each != path);
    }
}

/// Listens on a thread of its own, as this one may be within a runtime, and waits until it does.
fn listen() -> io::Result<()> {
    let (to, listens) = sync_channel(1);
    thread::Builder::new().spawn(move || {
        let listened = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .and_then(|runtime| Ok((runtime.block_on(async { Signals::that_end() })?, runtime)));
        let Ok((mut signals, runtime)) = listened else { return };
        let _ = to.send(());
        let ended = runtime.block_on(signals.next());
        let unfinished = Unfinished::hold();
        for path in &*unfinished.0 {
            let _ = fs::remove_file(path);
        }
        // As a shell says it.
        std::process::exit(128 + ended.as_raw_value());
    })?;
    listens.recv().map_err(io::Error::other)
}
