//! The events of a history in order of time.

use std::{cmp::Reverse, collections::BinaryHeap, io};

use hashbrown::HashMap;
use thiserror::Error;

use crate::history::{KeyHistory, Operation};

/// A history that no file can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// A process is invoked while an operation of it is open, or never came to an end.
    #[error("process {process} has an operation open at {at} ns, and begins another; give it a new number")]
    TwoOpen {
        /// The process.
        process: i64,
        /// When the second operation is invoked.
        at: u64,
    },
    /// An operation responds before it is invoked.
    #[error("process {process} is answered before it asks, at {at} ns")]
    Backwards {
        /// The process.
        process: i64,
        /// When it is answered.
        at: u64,
    },
}

impl From<Unwritable> for io::Error {
    fn from(error: Unwritable) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// An operation, as the index of its list and its own.
pub(super) type Place = (usize, usize);

/// One end of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Invocation,
    Completion,
}

/// Of what happens at one time, what comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// As it stands.
    Usual,
    /// After another operation of its process.
    Waits,
}

/// Merges the operations of all keys. Keeps in memory what is open, and one place for each key.
///
/// Where times are equal, invocations come before completions; only when a process is done and invoked anew at the same
/// time, its completion comes first, as it may have only one operation open. For the same reason an operation that takes time
/// waits for those of its process that take none at that time, whatever their keys.
pub(super) struct Order<'a, Op, Ret, Initial> {
    keys: &'a [KeyHistory<Op, Ret, Initial>],
    /// As many keys hold what is to be written, and as many again, in the same order, what had no effect.
    lists: Vec<&'a [Operation<Op, Ret>]>,
    /// The next invocation of each key, and the completions of what is open.
    next: BinaryHeap<Reverse<(u64, End, Turn, Place)>>,
    /// How many operations of a process take no time at a time, as far as they are still to come.
    instants: HashMap<(i64, u64), usize>,
    open: HashMap<i64, (u64, Place)>,
    /// Completions that were brought forward, to be left out later.
    early: Vec<Place>,
    /// An invocation that waits for a completion that was brought forward.
    waiting: Option<(u64, Place)>,
}

impl<'a, Op, Ret, Initial> Order<'a, Op, Ret, Initial> {
    pub(super) fn new(keys: &'a [KeyHistory<Op, Ret, Initial>]) -> Self {
        let operations = keys.iter().map(|key| &key.operations[..]);
        let mut order = Self {
            keys,
            lists: operations.chain(keys.iter().map(|key| &key.failed[..])).collect(),
            next: BinaryHeap::new(),
            instants: HashMap::new(),
            open: HashMap::new(),
            early: Vec::new(),
            waiting: None,
        };
        for (list, operations) in order.lists.iter().enumerate() {
            for operation in *operations {
                if list >= keys.len() || operation.returned() == operation.invoked {
                    *order
                        .instants
                        .entry((operation.process, operation.invoked))
                        .or_default() += 1;
                }
            }
        }
        for list in 0..order.lists.len() {
            order.enqueue((list, 0));
        }
        order
    }

    /// The next event: its time, which end it is, and of which operation.
    pub(super) fn next(&mut self) -> Result<Option<(u64, End, Place)>, Unwritable> {
        if let Some((at, place)) = self.waiting.take() {
            return self.invoke(at, place).map(Some);
        }
        while let Some(Reverse((at, end, turn, place))) = self.next.pop() {
            let process = self.operation(place).process;
            if end == End::Completion {
                if let Some(early) = self.early.iter().position(|&early| early == place) {
                    self.early.swap_remove(early);
                    continue;
                }
                // It stays open when it is not known how it ended: then the process may not act again.
                if self.operation(place).response.is_some() || self.had_no_effect(place) {
                    self.open.remove(&process);
                }
                return Ok(Some((at, end, place)));
            }
            if turn == Turn::Usual {
                self.enqueue((place.0, place.1 + 1));
            }
            let takes_time = self.returned(place) > at;
            let instants = self.instants.get_mut(&(process, at)).filter(|left| **left > 0);
            if let Some(left) = instants {
                if turn == Turn::Usual && takes_time {
                    self.next.push(Reverse((at, End::Invocation, Turn::Waits, place)));
                    continue;
                }
                *left -= 1;
            }
            match self.open.get(&process) {
                None => return self.invoke(at, place).map(Some),
                Some(&(done, open)) if done <= at => {
                    self.open.remove(&process);
                    self.early.push(open);
                    self.waiting = Some((at, place));
                    return Ok(Some((done, End::Completion, open)));
                }
                Some(_) => return Err(Unwritable::TwoOpen { process, at }),
            }
        }
        Ok(None)
    }

    fn invoke(&mut self, at: u64, place: Place) -> Result<(u64, End, Place), Unwritable> {
        let operation = self.operation(place);
        let process = operation.process;
        let done = self.returned(place);
        if done < at {
            return Err(Unwritable::Backwards { process, at: done });
        }
        self.open.insert(process, (done, place));
        let completed = match self.had_no_effect(place) {
            true => Some(done),
            false => completed(&self.keys[place.0], place.1),
        };
        if let Some(done) = completed {
            self.next.push(Reverse((done, End::Completion, Turn::Usual, place)));
        }
        Ok((at, End::Invocation, place))
    }

    pub(super) fn operation(&self, (list, index): Place) -> &'a Operation<Op, Ret> {
        &self.lists[list][index]
    }

    pub(super) fn had_no_effect(&self, (list, _): Place) -> bool {
        list >= self.keys.len()
    }

    /// When its response came. When what had no effect ended is not kept, and bounds nothing: it ends as it begins.
    fn returned(&self, place: Place) -> u64 {
        let operation = self.operation(place);
        if self.had_no_effect(place) {
            operation.invoked
        } else {
            operation.returned()
        }
    }

    fn enqueue(&mut self, place: Place) {
        if let Some(operation) = self.lists[place.0].get(place.1) {
            self.next
                .push(Reverse((operation.invoked, End::Invocation, Turn::Usual, place)));
        }
    }
}

/// When the completion of an operation is to be written, if at all.
///
/// One without a response needs none, unless there is something to say on it.
fn completed<Op, Ret, Initial>(key: &KeyHistory<Op, Ret, Initial>, index: usize) -> Option<u64> {
    let operation = &key.operations[index];
    if let Some(response) = &operation.response {
        return Some(response.at);
    }
    let said = key.why_unknown(index).map(|unknown| unknown.at);
    let sent = key
        .commands
        .of(index)
        .map(|command| command.received.unwrap_or(command.sent))
        .max();
    said.or(sent).map(|at| at.max(operation.invoked))
}

#[cfg(test)]
mod tests {
    use crate::history::{read, write};

    /// Two processes work at one instant: the first is done with `a` when it begins with `b`, which is the first key of the file.
    const ONE_INSTANT: &str = r#"{"format":"oversell-history","version":1,"spec":"register","initial":0}
{"time":0,"process":9,"type":"invoke","f":"write","key":"b","value":1}
{"time":0,"process":8,"type":"invoke","f":"write","key":"a","value":1}
{"time":1,"process":7,"type":"invoke","f":"write","key":"a","value":2}
{"time":1,"process":0,"type":"invoke","f":"write","key":"a","value":3}
{"time":1,"process":0,"type":"ok","f":"write","key":"a","value":3}
{"time":1,"process":0,"type":"invoke","f":"write","key":"b","value":4}
{"time":2,"process":0,"type":"ok","f":"write","key":"b","value":4}
{"time":3,"process":7,"type":"ok","f":"write","key":"a","value":2}
{"time":3,"process":8,"type":"ok","f":"write","key":"a","value":1}
{"time":3,"process":9,"type":"ok","f":"write","key":"b","value":1}
"#;

    #[test]
    fn what_takes_no_time_comes_before_the_next_operation_of_its_process() {
        let (history, _) = read("h", ONE_INSTANT.as_bytes()).unwrap();
        let mut written = Vec::new();
        write(&history, &mut written).unwrap();
        let (again, _) = read("h", written.as_slice()).unwrap();
        assert_eq!(again.operations(), 5);
        let mut twice = Vec::new();
        write(&again, &mut twice).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(twice).unwrap());
    }
}
