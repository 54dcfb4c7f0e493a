//! The scripts a server has seen, by digest.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// The SHA-1 of a script.
pub(in crate::redis_model) type Digest = [u8; 20];

/// The digest of a script's text.
pub(in crate::redis_model) fn digest(body: &[u8]) -> Digest {
    sha1_smol::Sha1::from(body).digest().bytes()
}

/// Forty hexadecimal digits, in upper or lower case.
pub(in crate::redis_model) fn parse_digest(text: &[u8]) -> Option<Digest> {
    let mut digest = [0; 20];
    if text.len() != 2 * digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.chunks_exact(2)) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(nibble(pair[0])? * 16 + nibble(pair[1])?).ok()?;
    }
    Some(digest)
}

/// Scripts by digest; shared between the copies of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::redis_model) struct Scripts(Arc<BTreeMap<Digest, Arc<[u8]>>>);

/// The digests stand for the texts: equal digests, equal texts.
impl Hash for Scripts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
        for digest in self.0.keys() {
            digest.hash(state);
        }
    }
}

impl Scripts {
    pub(in crate::redis_model) fn get(&self, digest: &Digest) -> Option<&Arc<[u8]>> {
        self.0.get(digest)
    }

    pub(in crate::redis_model) fn add(&mut self, digest: Digest, body: &[u8]) {
        if !self.0.contains_key(&digest) {
            Arc::make_mut(&mut self.0).insert(digest, body.into());
        }
    }

    pub(in crate::redis_model) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(AsRef::as_ref)
    }

    pub(in crate::redis_model) fn clear(&mut self) {
        self.0 = Arc::default();
    }
}
