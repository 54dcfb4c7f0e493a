//! Runs the rounds of a workload, on a thread of its own.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use oversell_checker::history::number;
use oversell_spec::stock::{StockOp, StockRet};
use redis::{ErrorKind, RedisError, RedisResult, aio::MultiplexedConnection};
use thiserror::Error;
use tokio::{
    runtime, select,
    sync::oneshot,
    task::{JoinSet, LocalSet},
};

use super::{
    CutShort, LeftBehind, Outcome, Totals, Workload,
    client::{Client, Common, EndOfRound, Line, nanoseconds, was_answered},
    environment::Chance,
    fault_log::FaultLog,
    progress::{IN_FLIGHT, Progress},
};
use crate::{
    recorder::{Attempts, Clock, Journal, Outbox, Recorded},
    server::{Target, out_of_files},
    strategy::{AnyStrategy, Context, Info, Strategy as _},
};

/// Why there is no outcome.
#[derive(Debug, Error)]
pub enum StressError {
    /// The server lacks something that the strategy needs.
    #[error("{}", .0.detail().map_or_else(|| .0.to_string(), str::to_string))]
    Unsupported(RedisError),
    /// The clients cannot reach the server, or the strategy cannot put its stock on sale.
    #[error("failed to {what}: {error}{}{}", out_of_files(&.error.to_string()), .left_behind.also())]
    Setup {
        /// What was tried.
        what: &'static str,
        /// In the client's words.
        error: RedisError,
        /// As in an [`Outcome`].
        left_behind: LeftBehind,
    },
    /// Not one operation was answered.
    #[error(
        "each of the {} operations failed, the first with: {first} (is the stock where the code looks for it? a function that \
         names its key itself needs `key`, one whose stock is no counter a `Strategy`){}",
        number(*.failed), .left_behind.also()
    )]
    NothingWorked {
        /// How many.
        failed: u64,
        /// The first message.
        first: String,
        /// As in an [`Outcome`].
        left_behind: LeftBehind,
    },
    /// The system refused a thread or a runtime.
    #[error("failed to start the clients: {0}")]
    Thread(#[from] std::io::Error),
}

impl StressError {
    fn setup(what: &'static str) -> impl FnOnce(RedisError) -> Self {
        move |error| Self::Setup {
            what,
            error,
            left_behind: LeftBehind::default(),
        }
    }
}

/// Runs `workload` under `strategy` on the server at `target`. Keys begin with `prefix` and are removed afterwards. What the clients do
/// goes to `outbox`: without one, nothing is recorded. When more waits there than should, the clients ask for nothing until it has been
/// taken.
///
/// The clients run on a thread of their own, so this can be awaited on any runtime.
///
/// # Errors
/// When the server lacks what the strategy needs, cannot be reached to begin with, or answers nothing but errors. What
/// goes wrong later is part of the outcome.
pub async fn run(
    strategy: AnyStrategy,
    target: &Target,
    prefix: &str,
    workload: &Workload,
    progress: Arc<Progress>,
    outbox: Option<Outbox>,
) -> Result<Outcome, StressError> {
    let (send, receive) = oneshot::channel();
    let (prefix, workload) = (prefix.to_string(), workload.clone());
    let target = target.clone().within(workload.timeout);
    let clients = thread::Builder::new().name("clients".to_string()).spawn(move || {
        let outcome = match runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let run = all_rounds(strategy, target, prefix, workload, progress, outbox);
                let outcome = LocalSet::new().block_on(&runtime, run);
                // A name that is still being looked up is not waited for.
                runtime.shutdown_background();
                outcome
            }
            Err(error) => Err(StressError::Thread(error)),
        };
        // Nobody listens when the caller was dropped.
        let _ = send.send(outcome);
    })?;
    match receive.await {
        Ok(outcome) => outcome,
        // The thread panicked: a bug of ours or of the strategy, to be seen as such.
        Err(_) => match clients.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => Err(StressError::Thread(std::io::Error::other(
                "the clients ended without an outcome",
            ))),
        },
    }
}

async fn all_rounds(
    strategy: AnyStrategy,
    target: Target,
    prefix: String,
    workload: Workload,
    progress: Arc<Progress>,
    outbox: Option<Outbox>,
) -> Result<Outcome, StressError> {
    let Info { sharing, limit, .. } = strategy.info();
    let clock = Clock::start();
    let common = Rc::new(Common {
        sharing,
        clock,
        journal: RefCell::new(Journal::new(clock, outbox)),
        behind_since: Cell::new(None),
        paused: Cell::new(Duration::ZERO),
        round: RefCell::default(),
        latency: RefCell::new(Histogram::new(3).expect("0 to 5 significant digits are allowed")),
        next_process: Cell::new(0),
        budget: Cell::new(workload.operations.unwrap_or(u64::MAX)),
        deadline: workload.duration.map_or(u64::MAX, nanoseconds),
        end_of_round: EndOfRound::default(),
        first_failure: RefCell::default(),
        first_error: RefCell::default(),
        last_loss: RefCell::default(),
        faults: Rc::new(FaultLog::new(clock)),
        strategy,
        target,
        buyers: limit.map(|limit| workload.buyers(limit)),
        workload,
        progress,
    });
    let (mut clients, mut control) = unless_stopped(&common, connect(&common))
        .await
        .unwrap_or_else(|| Err(StressError::setup("connect")(no_answer())))?;
    let probe_key = format!("{prefix}probe");
    let cx = Context::new(&probe_key, &control.chance);
    unless_stopped(&common, common.strategy.probe(&mut control.connection, &cx))
        .await
        .ok_or_else(|| StressError::setup("ask the server what it has")(no_answer()))?
        .map_err(unsupported)?;

    let mut totals = Totals {
        final_stock: Some(0),
        ..Totals::default()
    };
    let mut elapsed = Duration::ZERO;
    let mut cut_short = None;
    let mut left_behind = LeftBehind::none(&prefix);
    for number in 1.. {
        let name = format!("sku-{number}");
        let key: Rc<str> = format!("{prefix}{name}").into();
        let stock = common.workload.stock;
        let cx = Context::new(&key, &control.chance);
        let prepared = unless_stopped(&common, common.strategy.prepare(&mut control.connection, &cx, stock)).await;
        let has_stopped = prepared.is_none();
        if let Err(error) = prepared.unwrap_or_else(|| Err(no_answer())) {
            if clean_up(&common, &mut control, &key).await.is_err() {
                left_behind.add(&key);
            }
            if number == 1 {
                return Err(StressError::Setup {
                    what: "put the stock on sale",
                    error,
                    left_behind,
                });
            }
            cut_short = Some(if has_stopped {
                CutShort::OnRequest
            } else {
                CutShort::ServerLost(Some(error.to_string()))
            });
            break;
        }
        common.journal.borrow_mut().start_key(&name, stock);
        common.end_of_round.begin(&common.workload, common.clock.now());
        let start = Instant::now();
        clients = one_round(&common, clients, &key).await;
        let took = start.elapsed();
        elapsed += took;

        let look = unless_stopped(&common, last_look(&common, &mut control, &key)).await;
        if look.is_none() {
            // It stays without a response in the journal.
            common.round.borrow_mut().unknown += 1;
        }
        let left = look.flatten();
        common.journal.borrow_mut().end_key();
        let round = common.round.take();
        totals.add(stock, &round, left);
        let cleaned = clean_up(&common, &mut control, &key).await;
        if cleaned.is_err() {
            left_behind.add(&key);
        }

        if common.progress.violated() {
            cut_short = Some(CutShort::AtViolation);
        } else if common.progress.stopped() {
            cut_short = Some(CutShort::OnRequest);
        } else if clients.len() < common.workload.clients || clients.iter().all(|client| client.cut_off) {
            cut_short = Some(CutShort::ServerLost(common.last_loss.take()));
        } else if let Some(error) = cleaned.err().filter(|error| !was_answered(error)) {
            cut_short = Some(CutShort::ServerLost(Some(error.to_string())));
        } else if common.end_of_round.reached.get() {
            cut_short = Some(CutShort::NotSoldOut {
                item: name,
                operations: round.operations(),
                elapsed: took,
            });
        }
        if cut_short.is_some() || is_enough(&common, &totals, number) {
            break;
        }
    }
    finish(&common, totals, elapsed, cut_short, left_behind)
}

/// Removes what was on sale, over another connection where the one there is was lost.
async fn clean_up(common: &Common, control: &mut Client, key: &str) -> RedisResult<()> {
    let work = async {
        if control.cut_off {
            control
                .connection
                .replace(common.target.connect().await.map(Line::Own)?);
            control.cut_off = false;
        }
        let cx = Context::new(key, &control.chance);
        common.strategy.cleanup(&mut control.connection, &cx).await
    };
    unless_stopped(common, work).await.unwrap_or_else(|| Err(no_answer()))
}

/// What the server says to what it is asked before anything is put on sale.
fn unsupported(error: RedisError) -> StressError {
    match error.kind() {
        ErrorKind::Io => StressError::setup("ask the server what it has")(error),
        _ => StressError::Unsupported(error),
    }
}

async fn unless_stopped<T>(common: &Common, what: impl Future<Output = T>) -> Option<T> {
    common.progress.unless_stopped(what).await
}

/// The server has not answered until then.
fn no_answer() -> RedisError {
    std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "the server did not answer, and the run was stopped",
    )
    .into()
}

/// Is there no further round to be run?
fn is_enough(common: &Common, totals: &Totals, rounds: u64) -> bool {
    let workload = &common.workload;
    let limited = workload.rounds.is_some() || workload.operations.is_some() || workload.duration.is_some();
    workload.rounds.is_some_and(|wanted| rounds >= wanted)
        || common.budget.get() == 0
        || common.clock.now() >= common.deadline
        || (!limited && totals.operations >= workload.enough)
        || (!limited && common.clock.now() >= nanoseconds(workload.long_enough))
        // A strategy that only fails would go on for ever.
        || nothing_worked(totals, rounds)
}

/// Did every purchase fail, or was no operation answered? (The last look at the stock does not count.) What says nothing would
/// pass every check.
fn nothing_worked(totals: &Totals, rounds: u64) -> bool {
    let answered = totals.operations - totals.unknown;
    let unanswered = totals.unknown > 0 && answered <= rounds;
    totals.bought + totals.sold_out == 0 && (unanswered || totals.failed > 0 && totals.unknown == 0)
}

fn finish(
    common: &Common,
    totals: Totals,
    elapsed: Duration,
    cut_short: Option<CutShort>,
    left_behind: LeftBehind,
) -> Result<Outcome, StressError> {
    let first_failure = common.first_error.take().or(common.first_failure.take());
    let rounds = common.journal.borrow().keys();
    if cut_short.is_none() && nothing_worked(&totals, rounds) {
        return Err(StressError::NothingWorked {
            failed: totals.failed + totals.unknown,
            first: first_failure.unwrap_or_default(),
            left_behind,
        });
    }
    // Passes on what it has.
    drop(common.journal.replace(Journal::new(common.clock, None)));
    let (faults, faults_left_out) = common.faults.take();
    Ok(Outcome {
        rounds,
        faults,
        faults_left_out,
        totals,
        elapsed,
        paused: common.paused.get()
            + common
                .behind_since
                .get()
                .map_or(Duration::ZERO, |since| since.elapsed()),
        latency: common.latency.borrow().clone(),
        cut_short,
        left_behind,
        first_failure,
    })
}

fn client(common: &Rc<Common>, number: usize, line: Line) -> Client {
    let attempts = Attempts::default();
    Client {
        connection: Recorded::new(line, common.clock, attempts.clone(), common.keeps_commands()),
        process: common.new_process(),
        chance: Chance::new(
            common.workload.seed,
            number as u64,
            attempts,
            common.workload.stall,
            Rc::clone(&common.faults),
            common.workload.stock,
        ),
        common: Rc::clone(common),
        cut_off: false,
        cut_off_at: 0,
    }
}

/// All clients, and the one that puts stock on sale and looks at it in the end.
async fn connect(common: &Rc<Common>) -> Result<(Vec<Client>, Client), StressError> {
    let workload = &common.workload;
    let mut clients = Vec::with_capacity(workload.clients);
    let mut shared = None;
    for number in 0..workload.clients {
        let line = match &shared {
            Some(connection) => Line::Shared(MultiplexedConnection::clone(connection)),
            None => Line::open(&common.target, common.sharing, workload.timeout)
                .await
                .map_err(StressError::setup("connect"))?,
        };
        if let Line::Shared(connection) = &line {
            shared.get_or_insert_with(|| connection.clone());
        }
        clients.push(client(common, number, line));
    }
    let own = common.target.connect().await.map_err(StressError::setup("connect"))?;
    Ok((clients, client(common, workload.clients, Line::Own(own))))
}

/// Lets all clients loose on one item and waits for them. Returns those that are still fit for another round.
async fn one_round(common: &Rc<Common>, clients: Vec<Client>, key: &Rc<str>) -> Vec<Client> {
    let mut running = JoinSet::new();
    for client in clients {
        running.spawn_local(client.round(Rc::clone(key)));
    }
    let mut back = Vec::with_capacity(running.len());
    let tick = || common.journal.borrow_mut().tick();
    let stop = common.progress.until_stopped(IN_FLIGHT, tick);
    tokio::pin!(stop);
    loop {
        select! {
            joined = running.join_next() => match joined {
                Some(Ok(client)) => back.push(client),
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
                None => break,
            },
            // What is still in flight stays without a response in the journal: its effect is unknown.
            () = &mut stop => {
                let given_up = running.len() as u64;
                running.shutdown().await;
                common.round.borrow_mut().unknown += given_up;
                break;
            }
        }
    }
    // In a fixed order, or the seed would not decide who does what in the next round.
    back.sort_by_key(|client| client.process);
    back
}

/// Reads what is left of the item when all is quiet. The read is part of the history: an honest look at the end.
async fn last_look(common: &Common, control: &mut Client, key: &str) -> Option<i64> {
    if !common.strategy.info().reads {
        return None;
    }
    match control.operate(StockOp::Read, key).await {
        Some(StockRet::Stock(left)) => Some(left),
        _ => None,
    }
}
