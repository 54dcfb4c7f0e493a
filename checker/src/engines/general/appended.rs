//! A key that is appended to, as a register that is compared and set.
//!
//! What was got says how the value came to be: it begins with something that was put, or with what was there at first, and
//! goes on with texts that were appended. Mostly there is only one way to cut it up, and only one operation that appended
//! each text. Then that operation must have found exactly what stands before its text: it compared this and set the longer
//! value. What was appended and is in nothing that was got led to a value that nobody saw, as a write of such a value does. So
//! the history is linearizable if and only if that of the register is, with the same orders, and the search need not carry
//! values whose length grows with the history.

use std::collections::BTreeMap;

use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::timeline::Prefix;
use crate::history::Operation;

/// The number of every value that nobody sees.
const UNSEEN: u32 = 0;

/// Texts of more different lengths are not looked for.
const MOST_LENGTHS: usize = 64;

/// A place in a value up to which it can have been made.
#[derive(Debug, Default)]
struct Cut {
    /// Where the text that ends here can begin.
    from: SmallVec<[usize; 2]>,
    /// It may have been put, or have been there at first.
    put: bool,
    /// Its number, when something that was got was made by way of it.
    number: Option<u32>,
}

/// Appended texts, each with how many operations appended it, and what it led from and to.
type Texts<'a> = FxHashMap<&'a [u8], (usize, Option<(u32, u32)>)>;

struct Reading<'a> {
    texts: Texts<'a>,
    /// Lengths of the texts.
    lengths: Vec<usize>,
    /// What was put or there at first, with the number of the value.
    puts: FxHashMap<&'a [u8], Option<u32>>,
    /// Lengths of that.
    put_lengths: Vec<usize>,
    /// Numbers given so far.
    numbers: u32,
    /// Of the value that was read last.
    cuts: BTreeMap<usize, Cut>,
    last: &'a [u8],
}

type RegisterHistory = Vec<Operation<RegisterOp<u32>, RegisterRet<u32>>>;

/// The register's history, operation by operation; `None` where there may be several ways to read it.
pub(super) fn as_register(initial: &Kv, history: Prefix<'_, Kv>) -> Option<(Register<u32>, RegisterHistory)> {
    let mut reading = Reading::of(initial, history)?;
    let mut got: Vec<&str> = (0..history.len())
        .filter_map(|index| match (history.op(index), history.ret(index)) {
            (KvOp::Get, Some(KvRet::Value(value))) => Some(value.as_str()),
            _ => None,
        })
        .collect();
    // Those with a common beginning stand together, and it is read once.
    got.sort_unstable();
    got.dedup();
    let mut numbers = FxHashMap::default();
    for value in got {
        numbers.insert(value, reading.read(value.as_bytes())?);
    }
    let operations = (0..history.len())
        .map(|index| {
            let (op, ret) = match (history.op(index), history.ret(index)) {
                (KvOp::Get, Some(KvRet::Value(value))) => (
                    RegisterOp::Read,
                    Some(RegisterRet::Value(*numbers.get(value.as_str())?)),
                ),
                (KvOp::Get, None) => (RegisterOp::Read, None),
                (KvOp::Put(value), ret) => {
                    let number = reading.puts.get(value.as_bytes()).copied().flatten();
                    (RegisterOp::Write(number.unwrap_or(UNSEEN)), done(ret)?)
                }
                (KvOp::Append(text), ret) => {
                    let step = reading.texts.get(text.as_bytes()).and_then(|(_, step)| *step);
                    let op = step.map_or(RegisterOp::Write(UNSEEN), |(from, to)| RegisterOp::Cas(from, to));
                    (op, done(ret)?)
                }
                (KvOp::Get, Some(KvRet::Done)) => return None,
            };
            Some(history.retold(index, op, ret))
        })
        .collect::<Option<_>>()?;
    let first = reading.puts.get(initial.0.as_bytes()).copied().flatten();
    Some((Register(first.unwrap_or(UNSEEN)), operations))
}

fn done(ret: Option<&KvRet>) -> Option<Option<RegisterRet<u32>>> {
    match ret {
        None => Some(None),
        Some(KvRet::Done) => Some(Some(RegisterRet::Done)),
        Some(KvRet::Value(_)) => None,
    }
}

impl<'a> Reading<'a> {
    fn of(initial: &'a Kv, history: Prefix<'a, Kv>) -> Option<Self> {
        let mut texts = Texts::default();
        let mut puts = FxHashMap::from_iter([(initial.0.as_bytes(), None)]);
        for index in (0..history.len()).filter(|&index| history.is_invoked(index)) {
            match history.op(index) {
                KvOp::Append(text) if text.is_empty() => return None,
                KvOp::Append(text) => texts.entry(text.as_bytes()).or_default().0 += 1,
                KvOp::Put(value) => {
                    puts.insert(value.as_bytes(), None);
                }
                KvOp::Get => {}
            }
        }
        let text_lengths = lengths(texts.keys());
        let put_lengths = lengths(puts.keys());
        (text_lengths.len() <= MOST_LENGTHS && put_lengths.len() <= MOST_LENGTHS).then(|| Self {
            texts,
            lengths: text_lengths,
            puts,
            put_lengths,
            numbers: UNSEEN,
            cuts: BTreeMap::new(),
            last: &[],
        })
    }

    /// The number of a value that was got; each is no less than those before it.
    fn read(&mut self, value: &'a [u8]) -> Option<u32> {
        self.cut(value);
        if !self.cuts.contains_key(&value.len()) {
            // It cannot have been made: a number that nothing leads to.
            return Some(self.fresh());
        }
        let mut here = value.len();
        let mut after: Option<(usize, u32)> = None;
        loop {
            let numbers = self.numbers;
            let cut = self.cuts.get_mut(&here)?;
            let known = cut.number.is_some();
            let number = *cut.number.get_or_insert(numbers + 1);
            self.numbers = numbers + u32::from(!known);
            let (put, from) = (cut.put, cut.from.clone());
            if let Some((end, to)) = after {
                let (count, step) = self.texts.get_mut(&value[here..end])?;
                if *count != 1 {
                    return None;
                }
                if step.is_some_and(|step| step != (number, to)) {
                    // One operation cannot have appended it to two different values.
                    return Some(self.fresh());
                }
                *step = Some((number, to));
            }
            match (known, put, from.as_slice()) {
                (true, ..) => break,
                (false, true, []) => {
                    self.puts.insert(&value[..here], Some(number));
                    break;
                }
                (false, false, &[before]) => (after, here) = (Some((here, number)), before),
                _ => return None,
            }
        }
        self.cuts.get(&value.len())?.number
    }

    /// Where the value can be cut into what was put and what was appended, going on where it differs from the last.
    fn cut(&mut self, value: &'a [u8]) {
        let alike = std::iter::zip(value, self.last)
            .take_while(|(own, its)| own == its)
            .count();
        self.last = value;
        // The empty beginning is common to all, but nothing has looked at it before the first.
        let read = if self.cuts.is_empty() { None } else { Some(alike) };
        drop(self.cuts.split_off(&(alike + 1)));
        let is_new = |end: usize| end <= value.len() && read.is_none_or(|read| end > read);
        for &end in self.put_lengths.iter().filter(|&&end| is_new(end)) {
            if self.puts.contains_key(&value[..end]) {
                self.cuts.entry(end).or_default().put = true;
            }
        }
        let longest = self.lengths.last().copied().unwrap_or_default();
        let mut next = read.map_or(0, |read| read.saturating_sub(longest));
        while let Some((&here, _)) = self.cuts.range(next..).next() {
            for &length in self.lengths.iter().filter(|&&length| is_new(here + length)) {
                if self.texts.contains_key(&value[here..here + length]) {
                    self.cuts.entry(here + length).or_default().from.push(here);
                }
            }
            next = here + 1;
        }
    }

    const fn fresh(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }
}

/// The different lengths, the shortest first.
fn lengths<'a>(texts: impl Iterator<Item = &'a &'a [u8]>) -> Vec<usize> {
    let mut lengths: Vec<usize> = texts.map(|text| text.len()).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}
