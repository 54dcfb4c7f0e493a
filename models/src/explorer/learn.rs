//! What does a client do next? Its code is asked, with the replies it has had so far.
//!
//! A future cannot be cloned or compared, so it is no state to explore from. But a future that depends on nothing but its
//! replies is a function of them: a fresh one, polled with the same replies, stands at the same place. So the log of
//! replies *is* the state of a client, and the code of [`Strategy`](crate::Strategy) is explored unchanged.

use std::{
    cell::Cell,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::{Poll, Waker},
};

use oversell_spec::stock::{StockOp, StockRet, Unit};
use redis::{Arg, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value, aio::ConnectionLike};

use super::{Misuse, setup::buyer_number};
use crate::{
    redis_model::Reply,
    strategy::{AnyConnection, AnyStrategy, Context, Environment, Purchase},
};

/// A command as its arguments, name first.
pub type Arguments = Vec<Vec<u8>>;

/// What a client asks of the server in one step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A command, also one of a plain pipeline: others may come between any two of them.
    Command(Arguments),
    /// What is sent as one `MULTI … EXEC`.
    ///
    /// One step is exact, although another client's commands may reach the server between any two of these: queued
    /// commands touch nothing until `EXEC` carries out all of them at once, and what others change before it is seen by
    /// `EXEC` alone (through watches), as if it had happened before `MULTI`.
    Transaction(Vec<Arguments>),
}

impl Request {
    /// Its commands.
    #[must_use]
    pub fn commands(&self) -> &[Arguments] {
        match self {
            Self::Command(command) => std::slice::from_ref(command),
            Self::Transaction(commands) => commands,
        }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The server's reply; of a transaction, the reply of its `EXEC`, or the error of the command that was refused.
    Reply(Reply),
    /// Nothing: the client sees a timeout.
    Lost,
}

/// What a strategy is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Probe,
    Prepare { stock: u64 },
    Operate(StockOp),
}

/// Who is asking: all that a strategy may depend on besides its replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Who {
    /// The client, or any number that no client has.
    pub(super) client: u16,
    /// Which of its operations this is.
    pub(super) operation: u8,
}

/// The code that is asked, and what it may know of the world beside replies.
pub(super) struct Code {
    pub(super) strategy: AnyStrategy,
    pub(super) key: &'static str,
    /// Units put on sale.
    pub(super) stock: u64,
    /// Which buyer each client is.
    pub(super) buyers: Vec<u8>,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Of a purchase.
    Purchase(Purchase),
    /// The stock, as read.
    Stock(i64),
    /// Of a restock, with the stock after it where it is told.
    Restocked(Option<i64>),
    /// Of anything else.
    Done,
    /// An error, in its own words.
    Failed(String),
}

impl Answer {
    /// What a client was told, as the specification has it; `number` is that of a unit which has a name. `None` for an error.
    pub fn told(&self, number: impl FnOnce(&str) -> Unit) -> Option<StockRet> {
        Some(match self {
            Self::Purchase(purchase) => purchase.told(|unit| Some(number(unit))),
            Self::Stock(stock) => StockRet::Stock(*stock),
            Self::Restocked(stock) => StockRet::Restocked { stock: *stock },
            Self::Done | Self::Failed(_) => return None,
        })
    }
}

/// What a client does next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// It sends this.
    Ask(Request),
    /// Its attempt was in vain: it starts again from nothing.
    Retry,
    /// Its operation is done.
    Done(Answer),
}

/// What was learned, and whether the client's own number went into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Learned {
    pub(super) next: Next,
    pub(super) personal: bool,
}

/// What a client was asked and told in one attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub(super) asked: Vec<Request>,
    pub(super) log: Vec<Entry>,
}

/// Asks `strategy` what it does after `path`. It is asked twice, because code that depends on anything else than its
/// replies cannot be explored.
pub(super) fn learn(code: &Code, task: Task, who: Who, path: &Path) -> Result<Learned, Misuse> {
    let learned = ask(code, task, who, path)?;
    confirm(code, task, who, path, &learned.next)?;
    if learned.next == Next::Retry {
        let again = vec![path; ATTEMPTS - 1];
        starts_from_nothing(code, task, who, &again, path, &Next::Retry)?;
    }
    Ok(learned)
}

/// Attempts with the same replies after which an attempt in vain is first believed to be forgotten.
const ATTEMPTS: usize = 32;

/// Asks once more: does the same come next?
pub(super) fn confirm(code: &Code, task: Task, who: Who, path: &Path, next: &Next) -> Result<(), Misuse> {
    let again = ask(code, task, who, path)?.next;
    if again == *next {
        return Ok(());
    }
    Err(Misuse::Differs {
        after: path.log.len(),
        first: next.to_string(),
        second: again.to_string(),
    })
}

/// The log is cut back at a retry, which is right only if the function forgets, too: after the attempts in vain `before`,
/// the replies of `path` have to be answered with the same requests as at first, and `next` has to be next.
pub(super) fn starts_from_nothing(
    code: &Code,
    task: Task,
    who: Who,
    before: &[&Path],
    path: &Path,
    next: &Next,
) -> Result<(), Misuse> {
    let attempts = || before.iter().copied().chain([path]);
    let log: Vec<Entry> = attempts().flat_map(|attempt| &attempt.log).cloned().collect();
    let mut tape = Tape::new(&log);
    let logical = Logical::new(code, who, before.len());
    let polled = poll_once(code, task, &mut tape, &logical)?;
    let retries = logical.retries.get();
    let the_same = tape.sent.iter().eq(attempts().flat_map(|attempt| &attempt.asked));
    let goes_on = match (next, polled) {
        (Next::Done(answer), Poll::Ready(told)) => *answer == told && retries == before.len(),
        (Next::Retry, Poll::Pending) => tape.asked.is_none() && retries == before.len() + 1,
        (Next::Ask(request), Poll::Pending) => tape.asked.as_ref() == Some(request) && retries == before.len(),
        _ => false,
    };
    if the_same && goes_on {
        Ok(())
    } else {
        Err(Misuse::Remembers(retries.min(before.len())))
    }
}

fn ask(code: &Code, task: Task, who: Who, path: &Path) -> Result<Learned, Misuse> {
    let mut tape = Tape::new(&path.log);
    let logical = Logical::new(code, who, 0);
    let polled = poll_once(code, task, &mut tape, &logical)?;
    let personal = logical.issued.get() > 0 || logical.named.get();
    let differs = |after: usize, second: String| Misuse::Differs {
        after,
        first: path
            .asked
            .get(after)
            .map_or_else(String::new, |request| format!("`{request}`")),
        second,
    };
    let pairs = || tape.sent.iter().zip(&path.asked);
    if let Some((after, (sent, _))) = pairs().enumerate().find(|(_, (sent, asked))| sent != asked) {
        return Err(differs(after, format!("`{sent}`")));
    }
    if tape.sent.len() < path.log.len() {
        let second = match &polled {
            Poll::Ready(answer) => Next::Done(answer.clone()).to_string(),
            Poll::Pending if logical.retries.get() > 0 => Next::Retry.to_string(),
            Poll::Pending => "a wait for something else".to_string(),
        };
        return Err(differs(tape.sent.len(), second));
    }
    let next = match (polled, tape.asked.take()) {
        (Poll::Ready(answer), _) => Next::Done(answer),
        (Poll::Pending, _) if logical.retries.get() > 0 => {
            if path.log.is_empty() {
                return Err(Misuse::RetriesAtOnce);
            }
            Next::Retry
        }
        (Poll::Pending, Some(request)) => Next::Ask(request),
        (Poll::Pending, None) => return Err(Misuse::WaitsForItself { after: path.log.len() }),
    };
    Ok(Learned { next, personal })
}

fn poll_once(code: &Code, task: Task, tape: &mut Tape<'_>, logical: &Logical<'_>) -> Result<Poll<Answer>, Misuse> {
    // Whatever state a panic leaves behind is dropped with the future.
    catch_unwind(AssertUnwindSafe(|| {
        let mut connection = AnyConnection::new(tape);
        let cx = Context::new(code.key, logical);
        let future = pin!(act(&code.strategy, &mut connection, &cx, task));
        future.poll(&mut std::task::Context::from_waker(Waker::noop()))
    }))
    .map_err(|panic| Misuse::Panicked {
        message: message(panic.as_ref()),
    })
}

async fn act(strategy: &AnyStrategy, con: &mut AnyConnection<'_>, cx: &Context<'_>, task: Task) -> Answer {
    let done = match task {
        Task::Probe => strategy.as_ref().probe(con, cx).await,
        Task::Prepare { stock } => strategy.as_ref().prepare(con, cx, stock).await,
        Task::Operate(op) => return operate(strategy, con, cx, op).await,
    };
    done.map_or_else(|error| Answer::Failed(error.to_string()), |()| Answer::Done)
}

/// What an operation comes to.
pub async fn operate(strategy: &AnyStrategy, con: &mut AnyConnection<'_>, cx: &Context<'_>, op: StockOp) -> Answer {
    let strategy = strategy.as_ref();
    let answer = match op {
        StockOp::Buy { quantity } => strategy.buy(con, cx, quantity).await.map(Answer::Purchase),
        StockOp::Read => strategy.read(con, cx).await.map(Answer::Stock),
        StockOp::Restock { quantity } => strategy.restock(con, cx, quantity).await.map(Answer::Restocked),
    };
    answer.unwrap_or_else(|error| Answer::Failed(error.to_string()))
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_string())
}

/// A connection that answers from a log, and notes what it is asked.
struct Tape<'a> {
    log: &'a [Entry],
    /// What was answered.
    sent: Vec<Request>,
    /// The first request when the log is used up.
    asked: Option<Request>,
}

impl<'a> Tape<'a> {
    fn new(log: &'a [Entry]) -> Self {
        Self {
            log,
            sent: Vec::with_capacity(log.len()),
            asked: None,
        }
    }

    /// The next entry of the log; without one, notes the request, and the future has to wait for ever.
    fn answer(&mut self, request: impl FnOnce() -> Request) -> Option<RedisResult<Value>> {
        if let Some(entry) = self.log.get(self.sent.len()) {
            self.sent.push(request());
            Some(read(entry))
        } else {
            self.asked.get_or_insert_with(request);
            None
        }
    }
}

/// A log entry as redis-rs gives it to its callers; an error of the server is a value here.
fn read(entry: &Entry) -> RedisResult<Value> {
    match entry {
        Entry::Reply(reply) => Ok(reply.clone().into()),
        Entry::Lost => Err(lost()),
    }
}

/// The error of a request whose reply never came.
#[must_use]
pub fn lost() -> RedisError {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "the reply was lost").into()
}

/// A command of redis-rs as its arguments.
#[must_use]
pub fn arguments(cmd: &Cmd) -> Arguments {
    cmd.args_iter()
        .map(|argument| match argument {
            Arg::Simple(bytes) => bytes.to_vec(),
            _ => b"0".to_vec(),
        })
        .collect()
}

impl ConnectionLike for Tape<'_> {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self.answer(|| Request::Command(arguments(cmd))) {
            Some(result) => ready(result.and_then(Value::extract_error)),
            None => Box::pin(std::future::pending()),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        _offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        if pipeline.is_transaction() {
            let request = || Request::Transaction(pipeline.cmd_iter().map(arguments).collect());
            return match self.answer(request) {
                Some(result) => ready(result.and_then(|value| match value {
                    Value::ServerError(error) => Err(error.into()),
                    value => Ok(vec![value]),
                })),
                None => Box::pin(std::future::pending()),
            };
        }
        let mut values = Vec::with_capacity(count);
        for cmd in pipeline.cmd_iter() {
            match self.answer(|| Request::Command(arguments(cmd))) {
                Some(Ok(value)) => values.push(value),
                Some(Err(error)) => return ready(Err(error)),
                None => return Box::pin(std::future::pending()),
            }
        }
        ready(Ok(values))
    }

    fn get_db(&self) -> i64 {
        0
    }
}

fn ready<'a, T: Send + 'a>(result: RedisResult<T>) -> RedisFuture<'a, T> {
    Box::pin(std::future::ready(result))
}

/// The world of an explored client: it has no clock and no chance.
struct Logical<'a> {
    code: &'a Code,
    who: Who,
    /// The buyer's name was asked for.
    named: Cell<bool>,
    issued: Cell<u64>,
    retries: Cell<usize>,
    /// Retries that are followed by another attempt in the same future.
    granted: usize,
}

impl<'a> Logical<'a> {
    const fn new(code: &'a Code, who: Who, granted: usize) -> Self {
        Self {
            code,
            who,
            named: Cell::new(false),
            issued: Cell::new(0),
            retries: Cell::new(0),
            granted,
        }
    }
}

/// A number that no other client, operation or call gets; small, so that people can read it. Attempts of one operation
/// get the same numbers, or the states would never close.
#[must_use]
pub fn unique(client: u16, operation: u8, call: u64) -> u64 {
    u64::from(client) + 1 + 65_536 * (u64::from(operation) + 256 * call)
}

impl Environment for Logical<'_> {
    fn unique(&self) -> u64 {
        let call = self.issued.get();
        self.issued.set(call + 1);
        unique(self.who.client, self.who.operation, call)
    }

    fn buyer(&self) -> u64 {
        self.named.set(true);
        let buyer = self.code.buyers.get(usize::from(self.who.client));
        buyer_number(buyer.copied().unwrap_or(0))
    }

    fn stock(&self) -> u64 {
        self.code.stock
    }

    /// Does not return: the explorer starts the operation again.
    fn retry(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        let retries = self.retries.get() + 1;
        self.retries.set(retries);
        if retries <= self.granted {
            self.issued.set(0);
            return Box::pin(std::future::ready(()));
        }
        Box::pin(std::future::pending())
    }
}
