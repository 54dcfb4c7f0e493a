//! Texts kept once each, named by small numbers.

use std::{fmt, hash::BuildHasher};

use hashbrown::{DefaultHashBuilder, HashTable};

/// A set of texts in order of first appearance: unit names, commands, replies.
///
/// All characters stand in one string, so a text costs its length and about sixteen bytes.
#[derive(Clone, Default)]
pub struct Texts {
    characters: String,
    /// Where each text ends; it begins where the one before it ends.
    ends: Vec<usize>,
    /// Ids by the hash of their text. Never iterated over.
    ids: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Texts {
    /// No texts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of `text`, which is added if it is new.
    ///
    /// Numbers are given out from 0 upwards without gaps.
    ///
    /// # Panics
    /// With more than 2³² different texts.
    pub fn intern(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        let (characters, ends) = (&self.characters, &self.ends);
        if let Some(&id) = self.ids.find(hash, |&id| slice(characters, ends, id) == Some(text)) {
            return id;
        }
        let Ok(id) = u32::try_from(self.ends.len()) else {
            panic!("more than 2^32 different texts in one history");
        };
        self.characters.push_str(text);
        self.ends.push(self.characters.len());
        let (characters, ends, hasher) = (&self.characters, &self.ends, &self.hasher);
        let rehash = |&id: &u32| hasher.hash_one(slice(characters, ends, id).unwrap_or_default());
        self.ids.insert_unique(hash, id, rehash);
        id
    }

    /// Forgets all texts, and keeps the room they took.
    pub fn clear(&mut self) {
        self.characters.clear();
        self.ends.clear();
        self.ids.clear();
    }

    /// The text with this number.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&str> {
        slice(&self.characters, &self.ends, id)
    }

    /// The number of `text`, if it is there.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        self.ids.find(hash, |&id| self.get(id) == Some(text)).copied()
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every text, in the order of the numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..).map_while(|id| self.get(id))
    }
}

fn slice<'a>(characters: &'a str, ends: &[usize], id: u32) -> Option<&'a str> {
    let id = id as usize;
    let start = if id == 0 { 0 } else { *ends.get(id - 1)? };
    characters.get(start..*ends.get(id)?)
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.characters == other.characters && self.ends == other.ends
    }
}

impl Eq for Texts {}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn gives_each_text_one_number_in_order_of_appearance() {
        let mut texts = Texts::new();
        let ids: Vec<u32> = ["b", "", "a", "b", ""]
            .into_iter()
            .map(|text| texts.intern(text))
            .collect();
        assert_eq!(ids, [0, 1, 2, 0, 1]);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["b", "", "a"]);
        assert_eq!(texts.find("a"), Some(2));
        assert_eq!(texts.find("c"), None);
        assert_eq!(texts.get(3), None);
    }

    #[test]
    fn finds_every_text_after_growing() {
        let mut texts = Texts::new();
        for number in 0..10_000 {
            assert_eq!(texts.intern(&number.to_string()), number);
        }
        for number in 0..10_000 {
            assert_eq!(texts.intern(&number.to_string()), number);
            assert_eq!(texts.get(number), Some(number.to_string().as_str()));
        }
    }
}
