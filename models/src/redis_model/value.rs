//! What can be stored under a key.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use smallvec::SmallVec;

use super::{fail::Fail, score::Score};

/// A string. Short ones, which is all of them in an exploration, need no allocation.
pub(super) type Bytes = SmallVec<[u8; 24]>;

/// An element of a collection: its own size, and what a tree or a list takes for it.
const ELEMENT: usize = size_of::<Bytes>() + 8;

/// The bytes of a text that does not fit in where it stands.
pub(super) fn beside(text: &Bytes) -> usize {
    if text.spilled() { text.len() } else { 0 }
}

/// The id of a stream entry: milliseconds and a number.
pub(super) type StreamId = (u64, u64);

/// A stream; alone among the collections it may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Stream {
    /// Fields and values by turns.
    pub(super) entries: BTreeMap<StreamId, Vec<Bytes>>,
    /// The largest id there has been.
    pub(super) last: StreamId,
}

/// A value. Collections are shared between the copies of a model until one of them changes; they are sorted, so that
/// equal contents are equal states.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value {
    String(Bytes),
    List(Arc<VecDeque<Bytes>>),
    Set(Arc<BTreeSet<Bytes>>),
    Hash(Arc<BTreeMap<Bytes, Bytes>>),
    SortedSet(Arc<BTreeMap<Bytes, Score>>),
    Stream(Arc<Stream>),
}

impl Value {
    /// As `TYPE` names it.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Hash(_) => "hash",
            Self::SortedSet(_) => "zset",
            Self::Stream(_) => "stream",
        }
    }

    /// The bytes that it takes beside itself, about.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::String(text) => beside(text),
            Self::List(list) => list.iter().map(|text| ELEMENT + beside(text)).sum(),
            Self::Set(set) => set.iter().map(|text| ELEMENT + beside(text)).sum(),
            Self::Hash(hash) => (hash
                .iter()
                .map(|(name, text)| 2 * ELEMENT + beside(name) + beside(text)))
            .sum(),
            Self::SortedSet(set) => set.keys().map(|text| 2 * ELEMENT + beside(text)).sum(),
            Self::Stream(stream) => {
                let texts = stream.entries.values().flatten();
                let texts: usize = texts.map(|text| ELEMENT + beside(text)).sum();
                2 * ELEMENT * stream.entries.len() + texts
            }
        }
    }

    /// A collection without elements is a key that is gone.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::List(list) => list.is_empty(),
            Self::Set(set) => set.is_empty(),
            Self::Hash(hash) => hash.is_empty(),
            Self::SortedSet(set) => set.is_empty(),
            Self::String(_) | Self::Stream(_) => false,
        }
    }
}

/// A type of value: how to get at it.
pub(super) trait Kind: Clone + Default {
    fn of(value: &Value) -> Option<&Self>;
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    fn into_value(self) -> Value;
}

macro_rules! kinds {
    ($($variant:ident: $kind:ty),*) => {$(
        impl Kind for $kind {
            fn of(value: &Value) -> Option<&Self> {
                match value {
                    Value::$variant(inner) => Some(inner),
                    _ => None,
                }
            }
            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                match value {
                    Value::$variant(inner) => Some(Arc::make_mut(inner)),
                    _ => None,
                }
            }
            fn into_value(self) -> Value {
                Value::$variant(Arc::new(self))
            }
        }
    )*};
}

kinds!(
    List: VecDeque<Bytes>,
    Set: BTreeSet<Bytes>,
    Hash: BTreeMap<Bytes, Bytes>,
    SortedSet: BTreeMap<Bytes, Score>,
    Stream: Stream
);

impl Kind for Bytes {
    fn of(value: &Value) -> Option<&Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
    fn of_mut(value: &mut Value) -> Option<&mut Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
    fn into_value(self) -> Value {
        Value::String(self)
    }
}

/// The decimal digits of a number.
pub(super) fn decimal(number: i64) -> Bytes {
    Bytes::from_slice(itoa::Buffer::new().format(number).as_bytes())
}

/// `value` as this type, or the error of a command that was meant for another.
pub(super) fn typed<K: Kind>(value: Option<&Value>) -> Result<Option<&K>, Fail> {
    value.map(|value| K::of(value).ok_or(Fail::WRONG_TYPE)).transpose()
}
