//! Why some code cannot be explored.

use thiserror::Error;

use crate::redis_model::Unmodelled;

/// What a strategy must not do, or the model of Redis cannot.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Misuse {
    /// No client has anything to do.
    #[error("no client has an operation, so nothing would be proved: there must be at least 1 client with 1 operation")]
    Idle,
    /// It does not repeat itself.
    #[error(
        "the function does not repeat itself: after the same {after} {} it went on with {first} the one time and with \
         {second} the other; it must depend on nothing but the replies (no clocks, no random numbers, nothing kept between \
         calls; unique names come from `unique` of the `OwnConnection` or the `Context`)", replies(.after)
    )]
    Differs {
        /// Replies it had had.
        after: usize,
        /// What it did the first time.
        first: String,
        /// What it did the second time.
        second: String,
    },
    /// It waits, and not for Redis.
    #[error(
        "after {after} {} the function waits for something that is not Redis (a sleep, a channel, a spawned task): use `retry` of \
         the `OwnConnection` or the `Context` to back off, `stall` for pauses, and await nothing else but the connection",
        replies(.after)
    )]
    WaitsForItself {
        /// Replies it had had.
        after: usize,
    },
    /// It panicked.
    #[error(
        "the function panicked: {message} (if this is about a runtime: sleeps and spawned tasks cannot be explored, use \
         `Context::retry` or `Context::stall`)"
    )]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// It starts again without having asked anything.
    #[error("the function calls `Context::retry` before it has asked Redis anything: it would do so for ever")]
    RetriesAtOnce,
    /// It does not really start again.
    #[error(
        "after {count} in vain the function goes on otherwise than at first, although it gets the same replies: \
         `Context::retry` means that an attempt starts from nothing, so nothing may be kept over it, not even a count (a \
         function that gives up after some attempts can be explored without `retry`)", count = attempts(.0)
    )]
    Remembers(usize),
    /// The model of Redis lacks something that it uses.
    #[error(transparent)]
    Unsupported(#[from] Unmodelled),
    /// More orders of operations under way have to be told apart than are kept.
    #[error("there are too many orders of the operations that are under way at once")]
    Crowded,
    /// Putting the item on sale did not work.
    #[error("the stock could not be prepared: {0}")]
    Prepare(String),
    /// No purchase ever came to anything.
    #[error(
        "every purchase ended with an error, and errors keep every promise, so nothing would be proved: {0} (is the stock where \
         the code looks for it? a function that names its key itself needs `key`, one whose stock is no counter a `Strategy`)"
    )]
    OnlyFails(String),
    /// The strategy says that this server lacks something.
    #[error("{0}")]
    Lacking(String),
    /// The strategy does not offer an operation of the setup.
    #[error("{0}")]
    NotOffered(String),
    /// A schedule does not fit the strategy.
    #[error("step {place} of the schedule is not possible there: the strategy is another one than when it was found")]
    NotPossible {
        /// Counted from 1.
        place: usize,
    },
    /// It goes on and on within one operation.
    #[error(
        "one operation had {0} replies without coming to an end or to `Context::retry`; a loop that starts again must say so \
         with `cx.retry().await`, or there is no end to what it can do"
    )]
    Endless(usize),
}

const fn replies(count: &usize) -> &'static str {
    if *count == 1 { "reply" } else { "replies" }
}

fn attempts(count: &usize) -> String {
    match count {
        1 => "1 attempt".to_string(),
        count => format!("{count} attempts"),
    }
}
