//! The builder of a trial, for tests and for the command line.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, explain_all},
    history::{self, Compression, Header, shown},
};

use super::{
    MOST_HELD, Report, TrialError,
    header::{add_outcome, header},
    record::{self, Kept},
};
use crate::{
    prove::is_of_catalogue,
    recorder::{self, Recording},
    server::{Server, Source, Target, Version, sweep},
    strategy::{Adaptation, AnyStrategy, IntoStrategy, Purchase},
    stress::{self, Progress, Workload},
};

/// Units that one client alone buys out: more than nine, where texts are compared as texts.
const ENOUGH_ALONE: u64 = 11;

/// Bytes of a saved history, at most, that is written once more to say in its header how the run went.
const MOST_REWRITTEN: u64 = 256 << 20;

/// A trial of one strategy, to be configured and run.
///
/// Made by [`stress()`].
#[derive(Clone)]
pub struct Stress {
    strategy: AnyStrategy,
    as_said: Adaptation,
    workload: Workload,
    redis: Option<Target>,
    source: Option<Source>,
    folder: PathBuf,
    keep_passing: bool,
    compression: Compression,
    most_held: usize,
    limits: Limits,
    progress: Arc<Progress>,
    stop_on_violation: bool,
    /// One client alone goes first: what it finds wrong is no race.
    rehearses: bool,
    /// The file of the shop that it is about, for reading.
    shop: Option<String>,
}

/// Puts a strategy under stress: many clients at once on a real server, everything recorded and checked.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use oversell::strategy::Lua;
///
/// oversell::stress(Lua)
///     .clients(8)
///     .stock(20)
///     .rounds(3)
///     .assert_linearizable()
///     .await;
/// # }
/// ```
///
/// A function over a connection will do, too; [`IntoStrategy`] lists what else is taken.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use redis::{AsyncCommands, RedisResult};
///
/// async fn my_buy(mut con: impl AsyncCommands) -> RedisResult<bool> {
///     let left: i64 = con.decr("stock:42", 1).await?;
///     if left < 0 {
///         let _: i64 = con.incr("stock:42", 1).await?;
///     }
///     Ok(left >= 0)
/// }
///
/// oversell::stress(my_buy).key("stock:42").rounds(3).assert_linearizable().await;
/// # }
/// ```
pub fn stress<Kind, Code: IntoStrategy<Kind>>(code: Code) -> Stress {
    let strategy = code.into_strategy();
    let stress = Stress {
        rehearses: !is_of_catalogue(&strategy),
        ..Stress::of(strategy)
    };
    match Code::KEY {
        Some(key) => stress.key(key),
        None => stress,
    }
}

/// What is wrong with a file that was written and is not there.
fn removed(path: Option<&Path>) -> Option<io::Error> {
    let gone = path.filter(|path| !path.exists())?;
    let what = format!("{} was removed while it was written", shown(gone));
    Some(io::Error::new(io::ErrorKind::NotFound, what))
}

impl Stress {
    /// A trial of this strategy.
    #[must_use]
    pub fn of(strategy: AnyStrategy) -> Self {
        Self {
            strategy,
            as_said: Adaptation::default(),
            workload: Workload::default(),
            redis: None,
            source: None,
            folder: PathBuf::from("histories/failed"),
            keep_passing: false,
            compression: Compression::None,
            most_held: MOST_HELD,
            limits: Limits::default(),
            progress: Arc::default(),
            stop_on_violation: false,
            rehearses: false,
            shop: None,
        }
    }

    /// What it is called in what is shown and saved. By default a function's name in its source.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.as_said.name = Some(name.into());
        self
    }

    /// The key under which the code has its stock, where it names that itself. Each round begins with it set anew.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.as_said.key = Some(key.into());
        self
    }

    /// An error in whose text `part` stands is this answer. Of several that fit the first counts. What ends with another error tells the
    /// customer nothing that is known, so nothing is a pass then.
    #[must_use]
    pub fn error_means(mut self, part: impl Into<String>, answer: Purchase) -> Self {
        self.as_said.errors.push((part.into(), answer));
        self
    }

    /// The text of the shop file that it is about, to be saved with the history.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn shop(mut self, text: Option<String>) -> Self {
        self.shop = text;
        self
    }

    /// Clients at once. 16 by default.
    #[must_use]
    pub fn clients(mut self, clients: usize) -> Self {
        self.workload.clients = clients;
        self
    }

    /// Units of each item on sale. 100 by default.
    #[must_use]
    pub fn stock(mut self, stock: u64) -> Self {
        self.workload.stock = stock;
        self
    }

    /// Items sold one after the other. By default until about 10,000 operations or 1.5 seconds.
    #[must_use]
    pub fn rounds(mut self, rounds: u64) -> Self {
        self.workload.rounds = Some(rounds);
        self
    }

    /// Share of operations that read the stock, 0 to 1. Ignored when the strategy cannot read.
    #[must_use]
    pub fn read_ratio(mut self, share: f64) -> Self {
        self.workload.read_ratio = share;
        self
    }

    /// Where every random choice comes from. It decides what clients ask for, not how the server interleaves them.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.workload.seed = seed;
        self
    }

    /// How long a client waits for one operation before it gives it up as unknown. 5 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.workload.timeout = timeout;
        self
    }

    /// Everything about the clients at once.
    #[must_use]
    pub fn workload(mut self, workload: Workload) -> Self {
        self.workload = workload;
        self
    }

    /// Uses a running server instead of a private one. `source` is how its binary was found, if it is ours.
    #[must_use]
    pub fn on(mut self, target: &Target, source: Option<Source>) -> Self {
        self.redis = Some(target.clone());
        self.source = source;
        self
    }

    /// Where the history is saved. `histories/failed` by default.
    #[must_use]
    pub fn save_to(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Keeps the history also when it is linearizable.
    #[must_use]
    pub fn keep_passing(mut self, keep: bool) -> Self {
        self.keep_passing = keep;
        self
    }

    /// How the history is compressed while it is saved. Not at all by default.
    #[must_use]
    pub fn compressed(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Operations that are kept in memory, about: [`MOST_HELD`] by default. A run of no more is checked as a whole when it is
    /// over. In a longer one, items are checked and let go while it goes on, and of an item that is longer by itself only the
    /// end is kept.
    #[must_use]
    pub fn most_held(mut self, operations: usize) -> Self {
        self.most_held = operations.max(1);
        self
    }

    /// How much checking one key may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Checks while the clients act, and stops them when a violation is certain.
    #[must_use]
    pub fn stop_on_violation(mut self, stop: bool) -> Self {
        self.stop_on_violation = stop;
        self
    }

    /// Shows how far the trial is, and lets it be stopped.
    #[must_use]
    pub fn progress(mut self, progress: &Arc<Progress>) -> Self {
        self.progress = Arc::clone(progress);
        self
    }

    /// Runs the trial: starts a private server (unless there is [`on`](Self::on)), lets the clients loose, saves the
    /// history while they act, checks it, and explains a violation. A history that passes is removed again. Where it is code of your own, one
    /// client alone goes first, and what is wrong then is reported: it is no race.
    ///
    /// # Errors
    /// When there is no server, when the clients cannot work, or when the history cannot be saved.
    pub async fn run(self) -> Result<Report, TrialError> {
        if self.workload.clients == 0 {
            return Err(TrialError::NoClients);
        }
        let server;
        let (target, source) = match &self.redis {
            Some(target) => (target, self.source),
            None => {
                server = Server::start()?;
                (server.target(), Some(server.binary().source))
            }
        };
        let version = target.clone().within(self.workload.timeout).version().await?;
        if let Some(alone) = self.alone() {
            let report = alone.run_on(target, &version, source).await?;
            if report.conclusion() == Conclusion::Violation {
                return Ok(Report { alone: true, ..report });
            }
        }
        self.run_on(target, &version, source).await
    }

    /// The same with one client, which buys one item out.
    fn alone(&self) -> Option<Self> {
        let rehearses = self.rehearses && self.workload.clients > 1;
        rehearses.then(|| Self {
            workload: Workload {
                clients: 1,
                stock: self.workload.stock.min(ENOUGH_ALONE),
                read_ratio: 0.0,
                restock_ratio: 0.0,
                rounds: Some(1),
                ..self.workload.clone()
            },
            keep_passing: false,
            ..self.clone()
        })
    }

    async fn run_on(&self, target: &Target, version: &Version, source: Option<Source>) -> Result<Report, TrialError> {
        let strategy = self.as_said.of(&self.strategy);
        let info = strategy.info();
        if let (None, Some(key)) = (source, &info.key) {
            return Err(TrialError::OwnKey(key.clone()));
        }
        let workload = self.workload.clone().within(&info);
        // On a server of somebody else's, keys must not meet theirs.
        let prefix = match source {
            Some(_) => String::new(),
            None => format!("oversell-{:08x}:", rand::random::<u32>()),
        };
        if workload.recording == Recording::Off {
            let progress = Arc::clone(&self.progress);
            let outcome = stress::run(strategy, target, &prefix, &workload, progress, None).await?;
            return Ok(Report::without_record(info, workload, version.clone(), outcome));
        }
        let own = info.key.is_some() || !is_of_catalogue(&strategy);
        let mut header = header(&info, own, &workload, version, source);
        if let Some(text) = &self.shop {
            header.metadata.insert("shop".to_string(), text.as_str().into());
        }
        let failed = |source, written| TrialError::Save {
            folder: self.folder.clone(),
            written,
            source,
        };
        let (outbox, inbox) = recorder::tape();
        let plan = record::Plan {
            folder: self.folder.clone(),
            name: format!("{}-{:04x}", info.name, rand::random::<u16>()),
            header: header.clone(),
            compression: self.compression,
            limits: self.limits,
            progress: Arc::clone(&self.progress),
            limit: info.limit,
            stop_on_violation: self.stop_on_violation,
            most_held: self.most_held,
        };
        let keeper = record::keep(plan, inbox).map_err(|source| failed(source, None))?;
        let progress = Arc::clone(&self.progress);
        let outcome = stress::run(strategy, target, &prefix, &workload, progress, Some(outbox)).await;
        let record = keeper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let unsaved = record.error.or_else(|| removed(record.path.as_deref()));
        let discard = |path: Option<PathBuf>| {
            // It was there so that a crash would lose nothing.
            path.map(std::fs::remove_file);
        };
        let swept = if own && !prefix.is_empty() {
            sweep(target, &prefix).await
        } else {
            Ok(())
        };
        let outcome = match outcome {
            Ok(mut outcome) => {
                if swept.is_err() {
                    outcome.left_behind.add(&prefix);
                }
                outcome
            }
            Err(error) => {
                // Nothing worked: there is nothing to be looked at.
                discard(record.path);
                return Err(error.into());
            }
        };
        let more = add_outcome(&mut header, &outcome);
        let Kept {
            mut history,
            examination,
            cut,
            beyond,
        } = record.kept;
        history.header = Header {
            spec: history.header.spec,
            ..header
        };
        let conclusion = examination.conclusion;
        let passes = conclusion == Conclusion::Linearizable && outcome.unanswered().is_none();
        let unsaved = unsaved.map(|source| failed(source, record.path.clone().filter(|path| path.exists())));
        let unsaved = match unsaved {
            // What was seen of it is wrong, whether or not it can be kept.
            Some(error) if conclusion != Conclusion::Violation => return Err(error),
            unsaved => unsaved,
        };
        let saved = if unsaved.is_some() {
            None
        } else if passes && !self.keep_passing {
            discard(record.path);
            None
        } else {
            record.path
        };
        if let Some(path) = &saved
            && more
            && path.metadata().is_ok_and(|file| file.len() <= MOST_REWRITTEN)
        {
            // The record is whole without it, and the verdict matters more.
            let _ = history::replace_header(path, &history.header);
        }
        Ok(Report {
            info,
            workload,
            server: version.clone(),
            outcome,
            inspection: Some(explain_all(&history, examination, &self.limits)),
            history,
            saved,
            cut,
            beyond,
            unsaved,
            alone: false,
        })
    }

    /// Runs the trial and panics with the whole explanation unless every answer can be explained.
    ///
    /// # Panics
    /// When the history is not linearizable (with the counterexample), when it was not decided, or when the trial could
    /// not be run at all.
    pub async fn assert_linearizable(self) {
        match self.run().await {
            Ok(report) => report.assert_linearizable(),
            Err(error) => panic!("the trial could not be run: {error}"),
        }
    }
}
