//! Holds one event after another against the header, the specification and the events before it.
//!
//! Every reader sends its lines through here, so all of them accept the same files.

use hashbrown::HashMap;
use oversell_spec::sales::Buyer;

use super::{
    diagnose,
    error::{Excerpt, Problem, ReadError},
    header,
    line::{F, Kind, Line, Name, Process, Value},
    pairing::{Pairing, Slot, Step},
    vocabulary::{Expected, Vocabulary},
};
use crate::history::{Header, Spec, Texts, process};

/// See the module.
pub(super) struct Validator<V: Vocabulary> {
    pub(super) file: String,
    pub(super) header: Header,
    pub(super) keys: Vec<Key<V>>,
    pub(super) units: Texts,
    pub(super) pairing: Pairing,
    ids: HashMap<String, u32>,
    /// The key of the last event, which the next one often has, too.
    last: u32,
}

/// A key that has been acted on.
pub(super) struct Key<V: Vocabulary> {
    pub(super) name: String,
    pub(super) initial: V::Initial,
    /// How many operations were invoked.
    invoked: u64,
    /// The most units that can be there: what there was in the beginning, and all restocks that may have taken effect.
    most: u128,
    /// The line of the restock with which that is beyond 64 bits. One that turns out to have failed may bring it back.
    beyond: Option<u64>,
}

/// An event that is right.
pub(super) struct Accepted<V: Vocabulary> {
    pub(super) time: u64,
    pub(super) process: i64,
    pub(super) slot: Slot,
    pub(super) what: What<V::Op, V::Ret>,
    /// Who buys, where that means nothing.
    pub(super) buyer: Option<Buyer>,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What<Op, Ret> {
    /// An operation begins.
    Invoke(Op),
    /// It is done, with this result.
    Ok(Ret),
    /// It certainly had no effect: as if it had never been invoked.
    Fail,
    /// It may have taken effect, or may still, or never. Why, where the file says it.
    Info(Option<Box<str>>),
}

/// Why an event is refused; needs the line to say what was found.
pub(super) enum Fault {
    Problem(Problem),
    Value(Expected),
    /// Who buys is not named as it should be.
    Buyer,
    /// The key is no name.
    Key,
}

impl<T: Into<Problem>> From<T> for Fault {
    fn from(problem: T) -> Self {
        Self::Problem(problem.into())
    }
}

impl<V: Vocabulary> Validator<V> {
    pub(super) fn new(file: &str, header: Header) -> Self {
        Self {
            file: file.to_owned(),
            header,
            keys: Vec::new(),
            units: Texts::new(),
            pairing: Pairing::default(),
            ids: HashMap::new(),
            last: 0,
        }
    }

    /// Checks the event that stands in line `number`, and takes its value.
    #[inline]
    pub(super) fn accept(&mut self, number: u64, line: &mut Line<'_>) -> Result<Accepted<V>, Fault> {
        if line.time.0 == Some(u64::MAX) {
            return Err(diagnose::last_instant().into());
        }
        let time = self.pairing.time(line.time.0, number)?;
        let repeated = match line.kind {
            Kind::Ok => V::repeated(line.f, &line.value).map_err(Fault::Value)?,
            _ => None,
        };
        let what = self.what(line.kind, line.f, std::mem::take(&mut line.value), &line.buyer)?;
        let buyer = self.buyer(line);
        let process = self.process(&line.process);
        let key = match &line.key {
            Name::Text(name) => self.key(name)?,
            Name::None => self.key("")?,
            Name::Other => return Err(Fault::Key),
        };
        let state = &self.keys[key as usize];
        let (added, asked) = match &what {
            What::Invoke(op) => (V::added(op), V::asked(op)),
            _ => (0, repeated),
        };
        let step = Step {
            line: number,
            time,
            process,
            who: &line.process,
            kind: line.kind,
            f: line.f,
            slot: Slot {
                key,
                operation: state.invoked,
                added,
            },
        };
        let slot = self
            .pairing
            .step(step, asked, |key| self.keys[key as usize].name.clone())?;
        let state = &mut self.keys[key as usize];
        match what {
            What::Invoke(_) => {
                state.invoked += 1;
                state.most += u128::from(added);
                if added > 0 && state.most > u128::from(u64::MAX) {
                    state.beyond.get_or_insert(number);
                }
            }
            What::Fail if slot.added > 0 => {
                state.most -= u128::from(slot.added);
                if state.most <= u128::from(u64::MAX) {
                    state.beyond = None;
                }
            }
            What::Fail | What::Ok(_) | What::Info(_) => {}
        }
        Ok(Accepted {
            time,
            process,
            slot,
            what,
            buyer,
        })
    }

    /// There are no more events.
    pub(super) fn end(&self) -> Result<(), ReadError> {
        let beyond = self.keys.iter().filter_map(|key| Some((key.beyond?, &key.name)));
        match beyond.min() {
            None => Ok(()),
            Some((line, name)) => Err(Problem::Overflow { key: name.clone() }.at(&self.file, line)),
        }
    }

    /// The number of who acts.
    #[inline]
    fn process(&mut self, process: &Process<'_>) -> i64 {
        match process {
            Process::Number(number) if !process::stands_for_a_name(*number) => *number,
            Process::Number(number) => process::named(&number.to_string(), &mut self.units),
            Process::Name(name) => process::named(name, &mut self.units),
        }
    }

    /// Who buys, where there is no limit for one buyer.
    #[inline]
    fn buyer(&mut self, line: &Line<'_>) -> Option<Buyer> {
        match &line.buyer {
            Name::Text(name) if V::SPEC == Spec::Stock && (line.kind, line.f) == (Kind::Invoke, F::Buy) => {
                Some(Buyer(self.units.intern(name)))
            }
            _ => None,
        }
    }

    fn what(&mut self, kind: Kind, f: F, value: Value<'_>, buyer: &Name<'_>) -> Result<What<V::Op, V::Ret>, Fault> {
        if V::NAMES_BUYERS && kind == Kind::Invoke && f == F::Buy && *buyer == Name::Other {
            return Err(Fault::Buyer);
        }
        let what = match kind {
            Kind::Invoke => V::op(f, value).map(|op| op.map(|op| What::Invoke(V::by(op, buyer, &mut self.units)))),
            Kind::Ok => V::ret(f, value, &mut self.units).map(|ret| ret.map(What::Ok)),
            Kind::Fail => Some(Ok(What::Fail)),
            Kind::Info => Some(Ok(What::Info(why(value)))),
        };
        match what {
            Some(what) => what.map_err(Fault::Value),
            None => Err(Fault::Problem(Problem::UnknownF {
                found: Excerpt::new(f.name()),
                spec: V::SPEC,
                expected: V::OPERATIONS,
            })),
        }
    }

    fn key(&mut self, name: &str) -> Result<u32, Problem> {
        if self.keys.get(self.last as usize).is_some_and(|key| key.name == name) {
            return Ok(self.last);
        }
        if let Some(&id) = self.ids.get(name) {
            self.last = id;
            return Ok(id);
        }
        let initial = self.header.initial.of(name).and_then(header::of::<V>);
        let initial = initial.map(|initial| V::about(initial, &self.header));
        let initial = initial.ok_or_else(|| Problem::NoInitial { key: name.to_owned() })?;
        let id = u32::try_from(self.keys.len()).map_err(|_| Problem::TooManyKeys)?;
        self.keys.push(Key {
            name: name.to_owned(),
            most: u128::from(V::level(&initial)),
            beyond: None,
            initial,
            invoked: 0,
        });
        self.ids.insert(name.to_owned(), id);
        self.last = id;
        Ok(id)
    }
}

impl Fault {
    /// The error, given the line where it was found.
    pub(super) fn at(self, file: &str, number: u64, line: &[u8]) -> ReadError {
        let problem = match self {
            Self::Problem(problem) => problem,
            Self::Value(expected) => diagnose::field(line, "value", expected),
            Self::Buyer => diagnose::field(line, "buyer", "who buys: a string"),
            Self::Key => diagnose::field(line, "key", "a string"),
        };
        problem.at(file, number)
    }
}

/// Free text; other values are given as JSON.
fn why(value: Value<'_>) -> Option<Box<str>> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(text.into()),
        other => Some(other.into_json().to_string().into()),
    }
}
