//! Walks through a schedule on a real server.

use std::{cell::Cell, future::Future, pin::Pin, sync::Arc, task::Poll};

use oversell_checker::examine::Conclusion;
use oversell_models::{
    explorer::{Action, Answer, Interleavings, KEY, Property, Request, Setup, Step, buyer_number, operate, unique},
    redis_model::Reply,
};
use oversell_spec::stock::StockOp;
use redis::RedisError;
use thiserror::Error;
use tokio::sync::Mutex as AsyncMutex;

use super::{
    gate::{Gated, Permit, SharedGate, SharedLink, look},
    server_state::{Snapshot, differs, restore, run_out, snapshot},
};
use crate::{
    prove::{Fault, Schedule, ScheduleError, restocked, verdict_on},
    server::{Link, ServerError, Target, left_behind},
    strategy::{AnyConnection, Context, Environment, Purchase, Sharing, Strategy as _, library},
};

/// Why a schedule could not be replayed.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The server did not do what was asked of it besides the schedule.
    #[error("the server refused: {0}")]
    Server(#[from] RedisError),
    /// The server cannot run the strategy.
    #[error("this server cannot run it: {0}")]
    Lacking(String),
    /// The file.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The same, and it did not say that what was put on sale there is gone.
    #[error("the server refused: {error}; {}", left_behind(.key))]
    LeftBehind {
        /// What it said to begin with.
        error: RedisError,
        /// What the keys begin with.
        key: String,
    },
    /// There is no server.
    #[error(transparent)]
    NoServer(#[from] ServerError),
    /// A server that is somebody else's would have to forget its scripts.
    #[error(
        "this schedule begins with a server that knows no scripts: `SCRIPT FLUSH` would have to be sent to the server you named"
    )]
    NeedsFlush,
    /// A key on a server that is somebody else's could be overwritten.
    #[error("the code keeps its stock at `{0}`, whichever server it is on: it is replayed on a private server only")]
    OwnKey(String),
}

/// What happened on the real server.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The steps as they went there.
    pub steps: Vec<Step>,
    /// Where they differ from the schedule: step (from 1), what was expected, what came.
    pub differences: Vec<Difference>,
}

/// A step that went otherwise than in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Counted from 1.
    pub step: usize,
    /// In the schedule.
    pub expected: String,
    /// On the server.
    pub found: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { step, expected, found } = self;
        writeln!(
            f,
            "  step {step} went otherwise than in the model: {found} instead of {expected}"
        )
    }
}

impl Replayed {
    /// Did everything go as in the model?
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differences.is_empty()
    }

    /// Is the promise broken on the real server, too? Judged by what was answered there, not by the model.
    #[must_use]
    pub fn breaks(&self, schedule: &Schedule) -> bool {
        match schedule.property {
            Property::NeverOversold => {
                let there = schedule.setup.stock + restocked(&self.steps);
                self.steps.last().is_some_and(|step| step.told > there)
            }
            Property::LimitPerBuyer | Property::SoldOutIsTrue | Property::Linearizable => {
                verdict_on(&schedule.setup, &self.steps) == Conclusion::Violation
            }
            // A promise about what is not to be seen in answers: the same steps lead to the same place.
            Property::NoUnitLeaked => self.agrees(),
            // Nobody waits who has been answered.
            Property::EveryoneFinishes => {
                let asked: usize = schedule.setup.clients.iter().map(Vec::len).sum();
                let answered = self.steps.iter().filter(|step| step.answer.is_some()).count();
                answered < asked && self.agrees()
            }
        }
    }
}

type Running = Pin<Box<dyn Future<Output = Answer>>>;

struct Client {
    gate: SharedGate,
    link: SharedLink,
    running: Option<Running>,
    /// Its next operation.
    operation: usize,
}

struct Walk<'a> {
    schedule: &'a Schedule,
    target: &'a Target,
    key: &'a str,
    /// The code names its key itself, and the key is the same in the model.
    own_key: bool,
    sharing: Sharing,
    admin: Link,
    clients: Vec<Client>,
    before: Vec<Snapshot>,
    told: u64,
}

/// Executes exactly the order of commands of `schedule` on a server, under `key`: the clients run the unchanged code,
/// and a gate decides whose command goes next. The scripts that the server knows have to be those of the schedule: none,
/// at the beginning.
///
/// A failover is played: the keys are put back as they were before the last writes, and all connections are lost.
///
/// # Errors
/// When the server cannot be reached, or refuses what is asked of it besides the schedule. That a step goes otherwise
/// than in the schedule is no error but a [`Difference`].
pub async fn replay(schedule: &Schedule, target: &Target, key: &str) -> Result<Replayed, ReplayError> {
    let strategy = &schedule.setup.strategy;
    let own = strategy.info().key;
    let key = own.as_deref().unwrap_or(key);
    let mut admin = target.connect().await?;
    let quiet = Replaying::new(&schedule.setup, u16::MAX, 0);
    let cx = Context::new(key, &quiet);
    if let Err(error) = strategy.probe(&mut admin, &cx).await {
        return Err(ReplayError::Lacking(error.to_string()));
    }
    let walked = walk(schedule, target, key, own.is_some(), admin).await;
    let cleaned = match target.connect().await {
        Ok(mut link) => strategy.cleanup(&mut link, &cx).await,
        Err(error) => Err(error),
    };
    let Err(error) = cleaned else { return walked };
    let key = key.to_string();
    Err(match walked {
        // What came first says more.
        Err(ReplayError::Server(error)) => ReplayError::LeftBehind { error, key },
        Err(error) => error,
        Ok(_) => ReplayError::LeftBehind { error, key },
    })
}

async fn walk(
    schedule: &Schedule,
    target: &Target,
    key: &str,
    own_key: bool,
    mut admin: Link,
) -> Result<Replayed, ReplayError> {
    let strategy = &schedule.setup.strategy;
    let quiet = Replaying::new(&schedule.setup, u16::MAX, 0);
    let cx = Context::new(key, &quiet);
    strategy.prepare(&mut admin, &cx, schedule.setup.stock).await?;
    if schedule.setup.warm {
        let model =
            Interleavings::new(schedule.setup.clone()).map_err(|misuse| ReplayError::Lacking(misuse.to_string()))?;
        for script in model.scripts() {
            redis::cmd("SCRIPT")
                .arg("LOAD")
                .arg(script)
                .exec_async(&mut admin)
                .await?;
        }
    }
    let sharing = strategy.info().sharing;
    let shared = Arc::new(AsyncMutex::new(target.connect().await?));
    let mut clients = Vec::new();
    for _ in &schedule.setup.clients {
        clients.push(Client {
            gate: SharedGate::default(),
            link: match sharing {
                Sharing::Own => Arc::new(AsyncMutex::new(target.connect().await?)),
                Sharing::Shared => Arc::clone(&shared),
            },
            running: None,
            operation: 0,
        });
    }
    let mut walk = Walk {
        schedule,
        target,
        key,
        own_key,
        sharing,
        admin,
        clients,
        before: Vec::new(),
        told: 0,
    };
    let mut replayed = Replayed {
        steps: Vec::new(),
        differences: Vec::new(),
    };
    for (place, expected) in schedule.steps.iter().enumerate() {
        let step = walk.take(expected).await?;
        if let Some((expected, found)) = walk.compare(expected, &step) {
            replayed.differences.push(Difference {
                step: place + 1,
                expected,
                found,
            });
        }
        replayed.steps.push(step);
    }
    Ok(replayed)
}

impl Walk<'_> {
    /// Takes one step.
    async fn take(&mut self, expected: &Step) -> Result<Step, ReplayError> {
        let mut step = Step {
            begins: None,
            request: None,
            reply: None,
            answer: None,
            ..expected.clone()
        };
        let watched = self
            .schedule
            .setup
            .faults
            .iter()
            .any(|(fault, _)| *fault == Fault::Failover);
        let before = match watched {
            true => Some(snapshot(&mut self.admin, self.key).await?),
            false => None,
        };
        let key = expected.key.as_deref().map(|key| self.real(key)).unwrap_or_default();
        match expected.action {
            Action::Step(client) => self.advance(&mut step, usize::from(client), Permit::Pass).await,
            Action::LoseReply(client) => self.advance(&mut step, usize::from(client), Permit::LoseReply).await,
            Action::CrashAfter(client) => {
                self.advance(&mut step, usize::from(client), Permit::Last).await;
                self.crash(usize::from(client)).await?;
            }
            Action::Crash(client) => self.crash(usize::from(client)).await?,
            Action::Reconnect(client) => {
                let link = Arc::clone(&self.clients[usize::from(client)].link);
                *link.lock().await = self.target.connect().await?;
            }
            Action::Lapse(_) | Action::Expire(_) => run_out(&mut self.admin, &key).await?,
            Action::FlushScripts => redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut self.admin).await?,
            Action::Evict(_) => redis::cmd("DEL").arg(&key).exec_async(&mut self.admin).await?,
            Action::Failover(writes) => {
                let kept = self.before.len().saturating_sub(usize::from(writes));
                if let Some(data) = self.before.get(kept) {
                    restore(&mut self.admin, self.key, data).await?;
                }
                for client in &self.clients {
                    *client.link.lock().await = self.target.connect().await?;
                }
                redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut self.admin).await?;
                self.before.clear();
            }
        }
        if let Some(before) = before
            && !matches!(expected.action, Action::Failover(_))
            && differs(&before, &snapshot(&mut self.admin, self.key).await?)
        {
            self.before.push(before);
        }
        step.told = self.told;
        step.stock = self.stock().await;
        Ok(step)
    }

    /// Lets a client's next command pass, and waits until it stands at the gate again or is done.
    async fn advance(&mut self, step: &mut Step, number: usize, permit: Permit) {
        let operations = &self.schedule.setup.clients[number];
        let client = &mut self.clients[number];
        let Some(&op) = operations.get(client.operation) else {
            return;
        };
        let mut answer = None;
        if client.running.is_none() {
            step.begins = Some(op);
            let strategy = Arc::clone(&self.schedule.setup.strategy);
            let key = self.key.to_string();
            let environment = Replaying::new(&self.schedule.setup, number as u16, client.operation as u8);
            let mut gated = Gated::new(&client.gate, &client.link);
            client.running = Some(Box::pin(async move {
                let cx = Context::new(&key, &environment);
                operate(&strategy, &mut AnyConnection::new(&mut gated), &cx, op).await
            }));
            answer = client.go_on().await;
        }
        if answer.is_none() {
            look(&client.gate).open(permit);
            answer = client.go_on().await;
        }
        if let Some((request, reply)) = look(&client.gate).passed.take() {
            step.request = Some(request);
            step.reply = Some(reply);
        }
        if let Some(answer) = answer {
            client.running = None;
            client.operation += 1;
            if let (StockOp::Buy { quantity }, Answer::Purchase(Purchase::Bought { .. })) = (op, &answer) {
                self.told += quantity;
            }
            step.answer = Some(answer);
        }
    }

    async fn crash(&mut self, number: usize) -> Result<(), ReplayError> {
        let client = &mut self.clients[number];
        client.running = None;
        client.operation = usize::MAX;
        if self.sharing == Sharing::Own {
            *client.link.lock().await = self.target.connect().await?;
        }
        Ok(())
    }

    async fn stock(&mut self) -> Option<i64> {
        let strategy = &self.schedule.setup.strategy;
        if !strategy.info().reads {
            return None;
        }
        let quiet = Replaying::new(&self.schedule.setup, u16::MAX, 2);
        strategy
            .read(&mut self.admin, &Context::new(self.key, &quiet))
            .await
            .ok()
    }

    /// A key of the model under the name that it has here.
    fn real(&self, key: &[u8]) -> Vec<u8> {
        match key.strip_prefix(KEY.as_bytes()) {
            Some(rest) if !self.own_key => [self.key.as_bytes(), rest].concat(),
            _ => key.to_vec(),
        }
    }

    /// What was expected and what came, where they differ.
    fn compare(&self, expected: &Step, found: &Step) -> Option<(String, String)> {
        let plain = |text: String| {
            if self.own_key {
                return text;
            }
            text.replace(self.key, KEY).replace(&library(self.key), KEY)
        };
        let request = |request: &Option<Request>| request.as_ref().map(ToString::to_string).unwrap_or_default();
        let same = plain(request(&found.request)) == request(&expected.request)
            && same_reply(expected.reply.as_ref(), found.reply.as_ref())
            && same_answer(expected.answer.as_ref(), found.answer.as_ref())
            && (expected.stock, expected.told, expected.begins) == (found.stock, found.told, found.begins);
        let tell = |step: &Step| {
            let mut text = request(&step.request);
            if let Some(reply) = &step.reply {
                text += &format!(" → {reply}");
            }
            if let Some(answer) = &step.answer {
                text += &format!(", {answer}");
            }
            if let Some(stock) = step.stock {
                text += &format!(", stock {stock}");
            }
            text
        };
        (!same).then(|| (tell(expected), plain(tell(found))))
    }
}

/// Errors are the same when their codes are: the rest names keys, scripts and lines.
fn same_reply(expected: Option<&Reply>, found: Option<&Reply>) -> bool {
    let code = |text: &str| text.split([' ', ':']).next().map(str::to_string);
    match (expected, found) {
        (Some(Reply::Error(one)), Some(Reply::Error(other))) => code(one) == code(other),
        (one, other) => one == other,
    }
}

fn same_answer(expected: Option<&Answer>, found: Option<&Answer>) -> bool {
    match (expected, found) {
        (Some(Answer::Failed(_)), Some(Answer::Failed(_))) => true,
        (one, other) => one == other,
    }
}

impl Client {
    /// Runs this client, and nobody else, until it stands at the gate, its last reply is kept from it, or it is done.
    async fn go_on(&mut self) -> Option<Answer> {
        let Self { gate, running, .. } = self;
        let Some(running) = running else { return None };
        std::future::poll_fn(|cx| match running.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => {
                let gate = look(gate);
                if gate.waits.is_some() || gate.passed.is_some() {
                    Poll::Ready(None)
                } else {
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// The world of a client that is replayed: the numbers that it had in the model, and no time.
struct Replaying {
    client: u16,
    operation: u8,
    buyer: u64,
    stock: u64,
    issued: Cell<u64>,
}

impl Replaying {
    fn new(setup: &Setup, client: u16, operation: u8) -> Self {
        Self {
            client,
            operation,
            buyer: buyer_number(setup.buyer(client.into())),
            stock: setup.stock,
            issued: Cell::new(0),
        }
    }
}

impl Environment for Replaying {
    fn unique(&self) -> u64 {
        let call = self.issued.get();
        self.issued.set(call + 1);
        unique(self.client, self.operation, call)
    }

    fn buyer(&self) -> u64 {
        self.buyer
    }

    fn stock(&self) -> u64 {
        self.stock
    }

    fn retry(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        // Attempts of one operation get the same numbers, as in the model.
        self.issued.set(0);
        Box::pin(std::future::ready(()))
    }
}
