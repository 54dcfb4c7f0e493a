//! A saved schedule, replayed with the user's own code.

use std::path::PathBuf;

use oversell_models::explorer::Action;

use super::walk::{ReplayError, Replayed, replay};
use crate::{
    prove::{Schedule, ScheduleError, replayed},
    report::terminal::Style,
    server::{Server, Target, Version, left_behind},
    strategy::{Adaptation, AnyStrategy, IntoStrategy, Purchase},
};

/// A replay to be made: a saved schedule and the code that it is about.
///
/// Made by [`oversell::replay`](crate::replay()).
#[must_use = "nothing is replayed before `run` or `assert_breaks` is called"]
#[derive(Clone)]
pub struct Replay {
    file: PathBuf,
    code: AnyStrategy,
    as_said: Adaptation,
    times: u32,
    server: Option<Target>,
    may_flush: bool,
}

/// What happened in all replays of a schedule.
#[derive(Clone, Debug)]
pub struct Replays {
    /// What was replayed.
    pub schedule: Schedule,
    /// Where.
    pub server: Version,
    /// Each replay.
    pub outcomes: Vec<Replayed>,
}

/// Replays a schedule that [`prove`](crate::prove()) saved, with your own code, on a real server: exactly that order of
/// commands. `code` is what was proved, in any of the forms of [`IntoStrategy`].
///
/// ```
/// use redis::{AsyncCommands, RedisResult};
///
/// async fn my_buy(mut con: impl AsyncCommands) -> RedisResult<bool> {
///     let left: u64 = con.get("stock").await?;
///     if left == 0 {
///         return Ok(false);
///     }
///     con.decr("stock", 1).await.map(|_: i64| true)
/// }
///
/// // In your tests: #[tokio::test] async fn it_really_oversells() {
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = oversell::prove(my_buy).run().unwrap().schedule.unwrap().save(folder.path()).unwrap();
/// # let oversell_replay = |_| oversell::replay(&file, my_buy);
/// # oversell_replay(
/// oversell::replay("histories/failed/my_buy-none.schedule.json", my_buy)
/// # )
///     .times(100)
///     .assert_breaks()
///     .await;
/// # }
/// ```
pub fn saved<Kind>(file: impl Into<PathBuf>, code: impl IntoStrategy<Kind>) -> Replay {
    Replay {
        file: file.into(),
        code: code.into_strategy(),
        as_said: Adaptation::default(),
        times: 1,
        server: None,
        may_flush: true,
    }
}

impl Replay {
    /// Replays it so many times. Once by default.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// An error in whose text `part` stands is this answer, as it was proved.
    pub fn error_means(mut self, part: impl Into<String>, answer: Purchase) -> Self {
        self.as_said.errors.push((part.into(), answer));
        self
    }

    /// Uses a running server instead of a private one. The item gets a key of its own and is removed afterwards; schedules
    /// that begin with a server without scripts send it `SCRIPT FLUSH` only if `may_flush`.
    pub fn on(mut self, server: &Target, may_flush: bool) -> Self {
        self.server = Some(server.clone());
        self.may_flush = may_flush;
        self
    }

    /// Replays it.
    ///
    /// # Errors
    /// When the file cannot be read or is of other code, or when the server cannot be used.
    pub async fn run(&self) -> Result<Replays, ReplayError> {
        let schedule = Schedule::read_as(&self.file, &self.as_said.of(&self.code))?;
        let mut outcomes = Vec::new();
        let private;
        let target = match &self.server {
            Some(target) => target,
            None => {
                private = Server::start()?;
                private.target()
            }
        };
        let server = target.version().await?;
        let place = Place::new(&schedule, target, self.server.is_some(), self.may_flush)?;
        for _ in 0..self.times {
            outcomes.push(place.replay(&schedule).await?);
        }
        Ok(Replays {
            schedule,
            server,
            outcomes,
        })
    }

    /// Replays it, and panics unless the promise was broken on the real server each time.
    ///
    /// # Panics
    /// When it was not, with what went otherwise than in the schedule; when it could not be replayed.
    pub async fn assert_breaks(&self) -> Replays {
        let replays = match self.run().await {
            Ok(replays) => replays,
            Err(ReplayError::Schedule(error @ ScheduleError::File { what: "read", .. })) => panic!(
                "the schedule could not be replayed: {error}; a proof that fails (`assert_proved`) saves it, so run that test first"
            ),
            Err(error) => panic!("the schedule could not be replayed: {error}"),
        };
        let times = replays.outcomes.len();
        if let Some(held) = replays
            .outcomes
            .iter()
            .find(|outcome| !outcome.breaks(&replays.schedule))
        {
            panic!(
                "{} of {times} replays broke `{}`; in one that did not:\n{}{}",
                replays.broke(),
                replays.schedule.property,
                replayed(&replays.schedule, &held.steps, &Style::default()),
                held.differences.iter().map(ToString::to_string).collect::<String>(),
            );
        }
        replays
    }
}

impl Replays {
    /// How many of them broke the promise on the real server.
    #[must_use]
    pub fn broke(&self) -> usize {
        let breaks = |outcome: &&Replayed| outcome.breaks(&self.schedule);
        self.outcomes.iter().filter(breaks).count()
    }
}

/// Where replays take place: a server, a key there, and what is to be done before each.
#[derive(Debug)]
pub struct Place<'a> {
    target: &'a Target,
    key: String,
    flushes: bool,
}

impl<'a> Place<'a> {
    /// A place for replays of `schedule`. On a server that is somebody else's the item gets a key of its own.
    ///
    /// # Errors
    /// When the schedule needs what must not be done to somebody else's server.
    pub fn new(schedule: &Schedule, target: &'a Target, foreign: bool, may_flush: bool) -> Result<Self, ReplayError> {
        let flushes = needs_empty_cache(schedule);
        if foreign && flushes && !may_flush {
            return Err(ReplayError::NeedsFlush);
        }
        if let (true, Some(key)) = (foreign, schedule.setup.strategy.as_ref().info().key) {
            return Err(ReplayError::OwnKey(key));
        }
        let key = match foreign {
            true => format!("oversell:replay:{:08x}", rand::random::<u32>()),
            false => "stock".to_string(),
        };
        Ok(Self { target, key, flushes })
    }

    /// One replay.
    ///
    /// # Errors
    /// As [`replay`].
    pub async fn replay(&self, schedule: &Schedule) -> Result<Replayed, ReplayError> {
        if self.flushes {
            let mut link = self.target.connect().await?;
            redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut link).await?;
        }
        replay(schedule, self.target, &self.key).await
    }

    /// Says what may be on the server after a replay that was given up.
    #[must_use]
    pub fn left_behind(&self) -> String {
        left_behind(&self.key)
    }
}

/// Does it matter that the server knows no scripts at the beginning?
fn needs_empty_cache(schedule: &Schedule) -> bool {
    schedule
        .steps
        .iter()
        .any(|step| matches!(step.action, Action::FlushScripts | Action::Failover(_)) || step.lacks_script())
}
