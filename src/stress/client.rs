//! One client: its connection, its chance, and its loop.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use oversell_checker::history::What;
use oversell_spec::{
    sales::SalesOp,
    stock::{StockOp, StockRet},
};
use rand::RngExt as _;
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value, aio::ConnectionLike, aio::MultiplexedConnection};

use super::{Workload, environment::Chance, fault_log::FaultLog, outcome::Round, progress::Progress};
use crate::{
    recorder::{Clock, Effect, Journal, Recorded, Recording},
    server::{Link, Target},
    strategy::{AnyStrategy, Context, Sharing, Strategy as _},
};

/// Either kind of connection.
pub(super) enum Line {
    Own(Link),
    Shared(MultiplexedConnection),
}

impl Line {
    pub(super) async fn open(target: &Target, sharing: Sharing, timeout: Duration) -> RedisResult<Self> {
        match sharing {
            // The client's own patience decides; the connection's must not run out before it.
            Sharing::Own => target.connect().await.map(|link| Self::Own(link.untimed())),
            Sharing::Shared => target.connect_shared(timeout.saturating_mul(2)).await.map(Self::Shared),
        }
    }
}

impl ConnectionLike for Line {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Own(link) => link.req_packed_command(cmd),
            Self::Shared(shared) => shared.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Own(link) => link.req_packed_commands(pipeline, offset, count),
            Self::Shared(shared) => shared.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Own(link) => link.get_db(),
            Self::Shared(shared) => shared.get_db(),
        }
    }
}

/// What all clients of a run have in common. They live on one thread.
pub(super) struct Common {
    pub(super) strategy: AnyStrategy,
    pub(super) target: Target,
    pub(super) sharing: Sharing,
    pub(super) workload: Workload,
    /// How many buyers there are, where one may have only so many units; otherwise each client is one.
    pub(super) buyers: Option<u64>,
    pub(super) progress: Arc<Progress>,
    pub(super) clock: Clock,
    pub(super) journal: RefCell<Journal>,
    pub(super) round: RefCell<Round>,
    pub(super) latency: RefCell<Histogram<u64>>,
    /// The next process number nobody has had.
    pub(super) next_process: Cell<i64>,
    /// Operations that may still be started.
    pub(super) budget: Cell<u64>,
    /// When to stop, in nanoseconds on the run's clock.
    pub(super) deadline: u64,
    pub(super) end_of_round: EndOfRound,
    /// Of a command that was never answered.
    pub(super) first_failure: RefCell<Option<String>>,
    /// Of an operation all of whose commands were answered.
    pub(super) first_error: RefCell<Option<String>>,
    /// What cost a client its connection the last time.
    pub(super) last_loss: RefCell<Option<String>>,
    /// Since when too much has been waiting to be written.
    pub(super) behind_since: Cell<Option<Instant>>,
    /// How long that was the case, before.
    pub(super) paused: Cell<Duration>,
    pub(super) faults: Rc<FaultLog>,
}

impl Common {
    pub(super) fn new_process(&self) -> i64 {
        let process = self.next_process.get();
        self.next_process.set(process + 1);
        process
    }

    /// Is more waiting to be written than should? Keeps count of how long.
    fn is_behind(&self) -> bool {
        let behind = self.journal.borrow().is_behind();
        match (behind, self.behind_since.get()) {
            (true, None) => self.behind_since.set(Some(Instant::now())),
            (false, Some(since)) => {
                self.behind_since.set(None);
                self.paused.set(self.paused.get() + since.elapsed());
            }
            _ => {}
        }
        behind
    }

    pub(super) fn keeps_commands(&self) -> bool {
        self.workload.recording == Recording::Commands
    }
}

/// How far the present round may go.
#[derive(Debug, Default)]
pub(super) struct EndOfRound {
    /// Operations that may still be started in it.
    budget: Cell<u64>,
    /// When to stop once as many units were sold as there are, in nanoseconds on the run's clock.
    sold: Cell<u64>,
    /// When to stop in any case.
    latest: Cell<u64>,
    /// Did a client stop because of that?
    pub(super) reached: Cell<bool>,
}

/// As long as all units are not sold, a round may go on for so many times the limit: a slow server sells an item at least once.
const SLOW: u32 = 10;

impl EndOfRound {
    /// A round begins now.
    pub(super) fn begin(&self, workload: &Workload, now: u64) {
        let (operations, time) = workload.most();
        let after = |time: Duration| now.saturating_add(nanoseconds(time));
        self.budget.set(operations.unwrap_or(u64::MAX));
        self.sold.set(time.map_or(u64::MAX, after));
        self.latest
            .set(time.map_or(u64::MAX, |time| after(time.saturating_mul(SLOW))));
    }

    fn is_reached(&self, now: u64, all_sold: impl FnOnce() -> bool) -> bool {
        let late = now >= self.latest.get() || now >= self.sold.get() && all_sold();
        let reached = self.budget.get() == 0 || late;
        if reached {
            self.reached.set(true);
        }
        reached
    }
}

/// One client.
pub(super) struct Client {
    pub(super) common: Rc<Common>,
    pub(super) connection: Recorded<Line>,
    pub(super) process: i64,
    pub(super) chance: Chance,
    /// Its connection is of no more use.
    pub(super) cut_off: bool,
    /// Since when.
    pub(super) cut_off_at: u64,
}

/// How long a server that is gone is looked for, and the pause between attempts to reach it.
const RECONNECT: Duration = Duration::from_secs(1);
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);
/// How long a client waits before it looks again whether what is recorded has been written.
const PAUSE: Duration = Duration::from_millis(1);
/// A client whose operations fail this often in a row has nothing to tell.
const FAILURES: u32 = 3;
/// The same where each of them cost it its connection, and it got another one.
const LOSSES: u32 = 20;

/// A client that is refused this often in a row, for itself or because nothing is left, leaves the item.
const REFUSALS: u32 = 64;

impl Client {
    /// Acts until the item is sold out, the budget or the time is used up, or the server is gone.
    pub(super) async fn round(mut self, key: Rc<str>) -> Self {
        let (mut failures, mut refusals) = (0, 0);
        // Told that q units are not to be had, it asks for fewer.
        let mut most = *self.common.workload.quantity.end();
        loop {
            // Between operations, so that none looks slower than it was.
            while self.common.is_behind() && self.may_stay() {
                tokio::time::sleep(PAUSE).await;
            }
            if !self.may_go_on() {
                break;
            }
            if self.cut_off && !self.reconnect().await {
                break;
            }
            let op = self.next_operation(most);
            if let Some(buyers) = self.common.buyers {
                self.chance.draw_buyer(buyers);
            }
            let invoked = self.operate(op, &key).await;
            match invoked {
                Some(StockRet::SoldOut) => {
                    let StockOp::Buy { quantity } = op else { continue };
                    most = quantity - 1;
                    if most < *self.common.workload.quantity.start() {
                        break;
                    }
                }
                // There is something left for others, perhaps.
                Some(StockRet::Already | StockRet::Refused) => {
                    refusals += 1;
                    if refusals >= REFUSALS {
                        break;
                    }
                }
                Some(_) => (failures, refusals) = (0, 0),
                None => {
                    failures += 1;
                    if failures >= if self.cut_off { LOSSES } else { FAILURES } {
                        break;
                    }
                }
            }
        }
        self
    }

    fn may_go_on(&self) -> bool {
        let budgets = [&self.common.budget, &self.common.end_of_round.budget];
        if budgets[0].get() == 0 || !self.may_stay() {
            return false;
        }
        budgets.iter().for_each(|budget| budget.set(budget.get() - 1));
        true
    }

    /// Has nobody stopped the run, and is there time left?
    fn may_stay(&self) -> bool {
        let now = self.common.clock.now();
        !self.common.progress.stopped()
            && now < self.common.deadline
            && !self.common.end_of_round.is_reached(now, || {
                let round = self.common.round.borrow();
                round.units_sold >= self.common.workload.stock.saturating_add(round.restocked)
            })
    }

    fn next_operation(&self, most: u64) -> StockOp {
        let workload = &self.common.workload;
        let least = *workload.quantity.start();
        if workload.read_ratio == 0.0 && workload.restock_ratio == 0.0 && least == most {
            return StockOp::Buy { quantity: least };
        }
        self.chance.draw(|random| {
            let which: f64 = random.random();
            if which < workload.read_ratio {
                StockOp::Read
            } else if which < workload.read_ratio + workload.restock_ratio {
                StockOp::Restock {
                    quantity: random.random_range(workload.quantity.clone()),
                }
            } else {
                StockOp::Buy {
                    quantity: random.random_range(least..=most),
                }
            }
        })
    }

    /// One operation; what it was told, or `None` when that is not known or it failed.
    pub(super) async fn operate(&mut self, op: StockOp, key: &str) -> Option<StockRet> {
        let common = Rc::clone(&self.common);
        self.connection.begin();
        self.chance.process.set(self.process);
        let cx = Context::new(key, &self.chance);
        let ticket = {
            let mut journal = common.journal.borrow_mut();
            let buys = matches!(op, StockOp::Buy { .. }) && common.buyers.is_some();
            let buyer = buys.then(|| journal.buyer(&cx.buyer())).flatten();
            journal.invoke(self.process, SalesOp { op, buyer })
        };
        let answer = {
            let act = act(&common, &mut self.connection, &cx, op);
            tokio::time::timeout(common.workload.timeout, act).await
        };
        let now = common.clock.now();
        let what = match answer {
            Ok(Ok(ret)) => What::Ok(ret),
            Ok(Err(error)) => self.failed(was_answered(&error), &error.to_string()),
            Err(_) => self.failed(false, "timed out"),
        };
        common.progress.operations.fetch_add(1, Ordering::Relaxed);
        common.round.borrow_mut().count(op, &what);
        let ret = match what {
            What::Ok(ret) => {
                // The histogram resizes itself: recording cannot fail.
                let _ = common.latency.borrow_mut().record(now.saturating_sub(ticket.invoked));
                Some(ret)
            }
            _ => None,
        };
        let is_unknown = matches!(what, What::Info(_));
        common
            .journal
            .borrow_mut()
            .complete(ticket, now, what, &self.connection);
        if is_unknown {
            self.process = common.new_process();
            self.cut_off_at = now;
        }
        ret
    }

    /// What an operation without an answer came to. It had no effect when every command `was_answered` and none can have had one.
    fn failed(&mut self, was_answered: bool, why: &str) -> What<StockOp, StockRet> {
        let common = &self.common;
        let first = if was_answered {
            common.round.borrow_mut().errors += 1;
            &common.first_error
        } else {
            &common.first_failure
        };
        first.borrow_mut().get_or_insert_with(|| why.to_string());
        if was_answered && self.connection.effect() == Effect::None {
            return What::Fail;
        }
        // An error reply in the middle of an operation leaves the connection in step.
        self.cut_off = !was_answered;
        if self.cut_off {
            self.common.last_loss.replace(Some(why.to_string()));
        }
        What::Info(Some(why.into()))
    }

    /// Opens a new connection in place of the one that was lost; `false` when the server is gone.
    async fn reconnect(&mut self) -> bool {
        let common = Rc::clone(&self.common);
        let start = Instant::now();
        while start.elapsed() < RECONNECT && !common.progress.stopped() {
            match Line::open(&common.target, common.sharing, common.workload.timeout).await {
                Ok(line) => {
                    self.connection.replace(line);
                    self.cut_off = false;
                    common.faults.add(self.cut_off_at, self.process, "without a connection");
                    return true;
                }
                Err(_) => tokio::time::sleep(RECONNECT_PAUSE).await,
            }
        }
        common.faults.add(self.cut_off_at, self.process, "the server is gone");
        false
    }
}

/// Did every command get its reply? Then the error is the server's word or the strategy's own, and the connection is in
/// step; otherwise nobody knows what the last command did.
pub(super) fn was_answered(error: &redis::RedisError) -> bool {
    error.code().is_some()
        || matches!(
            error.kind(),
            // `Parse` is what `get` says of a reply that is no number. (Bytes that are no reply at all have it, too; the connection
            // then refuses the next request, and counts as lost.)
            redis::ErrorKind::Client | redis::ErrorKind::UnexpectedReturnType | redis::ErrorKind::Parse
        )
}

async fn act(common: &Common, connection: &mut Recorded<Line>, cx: &Context<'_>, op: StockOp) -> RedisResult<StockRet> {
    let strategy = &common.strategy;
    Ok(match op {
        StockOp::Buy { quantity } => {
            let purchase = strategy.buy(connection, cx, quantity).await?;
            common.journal.borrow_mut().purchase(&purchase)
        }
        StockOp::Read => StockRet::Stock(strategy.read(connection, cx).await?),
        StockOp::Restock { quantity } => StockRet::Restocked {
            stock: strategy.restock(connection, cx, quantity).await?,
        },
    })
}

pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
