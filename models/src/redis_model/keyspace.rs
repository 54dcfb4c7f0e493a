//! The keys and their values.

use std::sync::Arc;

use super::{
    fail::Fail,
    value::{Bytes, Kind, Value, beside, typed},
};

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) key: Bytes,
    pub(super) value: Value,
    /// The time to live as it was asked for, in milliseconds. It does not run down: the clock stands still.
    pub(super) lifetime: Option<i64>,
}

/// All keys, in order. Shared between the copies of a model until one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Keyspace(Arc<Vec<Entry>>);

impl Keyspace {
    fn position(&self, key: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| entry.key.as_slice().cmp(key))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The bytes of keys and values, about.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |entry: &Entry| size_of::<Entry>() + beside(&entry.key) + entry.value.bytes();
        self.0.iter().map(bytes).sum()
    }

    pub(super) fn entry(&self, key: &[u8]) -> Option<&Entry> {
        self.position(key).ok().map(|at| &self.0[at])
    }

    pub(super) fn entry_mut(&mut self, key: &[u8]) -> Option<&mut Entry> {
        self.position(key).ok().map(|at| &mut Arc::make_mut(&mut self.0)[at])
    }

    /// Gives a key that is there this time to live, or none.
    pub(super) fn set_lifetime(&mut self, key: &[u8], lifetime: Option<i64>) {
        if let Some(entry) = self.entry_mut(key) {
            entry.lifetime = lifetime;
        }
    }

    pub(super) fn value(&self, key: &[u8]) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn contains(&self, key: &[u8]) -> bool {
        self.position(key).is_ok()
    }

    /// The entry under `key`, new if there was none.
    pub(super) fn entry_or(&mut self, key: &[u8], new: impl FnOnce() -> Value) -> &mut Entry {
        let at = self.position(key);
        let entries = Arc::make_mut(&mut self.0);
        match at {
            Ok(at) => &mut entries[at],
            Err(at) => {
                let entry = Entry {
                    key: Bytes::from_slice(key),
                    value: new(),
                    lifetime: None,
                };
                entries.insert(at, entry);
                &mut entries[at]
            }
        }
    }

    /// Stores `value`; a time to live is kept only if asked.
    pub(super) fn put(&mut self, key: &[u8], value: Value, keep_lifetime: bool) {
        let mut fresh = Some(value);
        let entry = self.entry_or(key, || fresh.take().unwrap_or_else(|| Value::String(Bytes::new())));
        if let Some(value) = fresh {
            entry.value = value;
            if !keep_lifetime {
                entry.lifetime = None;
            }
        }
    }

    /// Removes a key; was it there?
    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let at = self.position(key).ok()?;
        Some(Arc::make_mut(&mut self.0).remove(at))
    }

    pub(super) fn clear(&mut self) {
        self.0 = Arc::default();
    }

    /// What is under `key`, if it is of this type.
    pub(super) fn get<K: Kind>(&self, key: &[u8]) -> Result<Option<&K>, Fail> {
        typed(self.value(key))
    }

    /// What is under `key`, new if there is nothing.
    pub(super) fn get_or_new<K: Kind>(&mut self, key: &[u8]) -> Result<&mut K, Fail> {
        // Looked at before it is touched: of a value of another type nothing must be copied.
        self.get::<K>(key)?;
        let entry = self.entry_or(key, || K::default().into_value());
        K::of_mut(&mut entry.value).ok_or(Fail::WRONG_TYPE)
    }

    /// What is under `key`, to be changed.
    pub(super) fn get_mut<K: Kind>(&mut self, key: &[u8]) -> Result<Option<&mut K>, Fail> {
        if self.get::<K>(key)?.is_none() {
            return Ok(None);
        }
        Ok(self.entry_mut(key).and_then(|entry| K::of_mut(&mut entry.value)))
    }
}
