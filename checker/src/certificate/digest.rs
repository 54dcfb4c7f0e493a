//! What a certificate is about: a digest of everything in a history that a verdict depends on.

use std::fmt::Write as _;

use oversell_spec::{
    Kv, Register, Sales, Stock,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::SalesOp,
    stock::{StockOp, StockRet},
};
use sha2::{Digest as _, Sha256};

use super::places::Places;
use crate::{
    each,
    history::{History, KeyHistory, OnSale, Texts, Vocabulary, process},
};

/// The SHA-256 of the history's content, as `sha256:` and hexadecimal digits: the specification, and for each key its
/// name, its initial value, and every operation with its process, its times and its answer.
///
/// Not of the file: spaces, metadata, commands, compression, and the order of lines as far as it means nothing, are no
/// part of it.
#[must_use]
pub fn digest(history: &History) -> String {
    let mut content = Content::new();
    content.text(history.header.spec.name());
    content.number(history.keys() as u64);
    each!(&history.body, S: keys => by_name(keys).into_iter().for_each(|key| content.key::<S>(key, &history.units)));
    let mut digest = "sha256:".to_string();
    for byte in content.finish() {
        // Writing to a string cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

/// The order of the keys means nothing.
fn by_name<Op, Ret, Initial>(keys: &[KeyHistory<Op, Ret, Initial>]) -> Vec<&KeyHistory<Op, Ret, Initial>> {
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort_unstable_by_key(|key| &key.key);
    keys
}

/// Content on its way to the hash. Every part has a fixed length or says its length first, so no two contents are the
/// same bytes.
struct Content {
    hash: Sha256,
    bytes: Vec<u8>,
}

/// Bytes that are gathered before they are hashed.
const GATHERED: usize = 1 << 16;

impl Content {
    fn new() -> Self {
        Self {
            hash: Sha256::new(),
            bytes: Vec::with_capacity(GATHERED + 4096),
        }
    }

    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn number(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn signed(&mut self, number: i64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn optional(&mut self, number: Option<i64>) {
        self.byte(u8::from(number.is_some()));
        self.signed(number.unwrap_or(0));
    }

    fn key<S: Digested>(&mut self, key: &KeyHistory<S::Op, S::Ret, S::Initial>, units: &Texts) {
        self.text(&key.key);
        <S as Digested>::initial(self, &key.initial);
        self.number(key.operations.len() as u64);
        let places = Places::of(&key.operations);
        let operations = (0..key.operations.len()).filter_map(|place| key.operations.get(places.index(place)?));
        for each in operations {
            match process::name(each.process, units) {
                Some(name) => self.text(name),
                None => self.signed(each.process),
            }
            self.number(each.invoked);
            let response = each.response.as_ref();
            self.byte(u8::from(response.is_some()));
            self.number(response.map_or(0, |response| response.at));
            S::operation(self, &each.op, response.map(|response| &response.ret), units);
            if self.bytes.len() >= GATHERED {
                self.hash.update(&self.bytes);
                self.bytes.clear();
            }
        }
    }

    fn finish(mut self) -> impl IntoIterator<Item = u8> {
        self.hash.update(&self.bytes);
        self.hash.finalize()
    }
}

/// What the digest takes of a specification.
trait Digested: Vocabulary {
    fn initial(content: &mut Content, initial: &Self::Initial);

    fn operation(content: &mut Content, op: &Self::Op, ret: Option<&Self::Ret>, units: &Texts);
}

impl Digested for Stock {
    fn initial(content: &mut Content, initial: &u64) {
        content.number(*initial);
    }

    fn operation(content: &mut Content, op: &StockOp, ret: Option<&StockRet>, units: &Texts) {
        let (tag, quantity) = match *op {
            StockOp::Buy { quantity } => (b'b', quantity),
            StockOp::Read => (b'r', 0),
            StockOp::Restock { quantity } => (b'+', quantity),
        };
        content.byte(tag);
        content.number(quantity);
        match ret {
            None => {}
            Some(StockRet::Bought { remaining, unit }) => {
                content.byte(b'b');
                content.optional(*remaining);
                content.byte(u8::from(unit.is_some()));
                if let Some(unit) = unit {
                    content.text(units.get(unit.0).unwrap_or_default());
                }
            }
            Some(StockRet::SoldOut) => content.byte(b's'),
            Some(StockRet::Already) => content.byte(b'a'),
            Some(StockRet::Refused) => content.byte(b'f'),
            Some(StockRet::Stock(level)) => {
                content.byte(b'r');
                content.signed(*level);
            }
            Some(StockRet::Restocked { stock }) => {
                content.byte(b'+');
                content.optional(*stock);
            }
        }
    }
}

/// What a stock counter has, and behind it what that has not.
impl Digested for Sales {
    fn initial(content: &mut Content, initial: &OnSale) {
        content.number(initial.stock);
        content.byte(b'l');
        content.number(initial.limit);
    }

    fn operation(content: &mut Content, asked: &SalesOp, ret: Option<&StockRet>, names: &Texts) {
        <Stock as Digested>::operation(content, &asked.op, ret, names);
        content.byte(u8::from(asked.buyer.is_some()));
        if let Some(buyer) = asked.buyer {
            content.text(names.get(buyer.0).unwrap_or_default());
        }
    }
}

impl Digested for Register<String> {
    fn initial(content: &mut Content, initial: &String) {
        content.text(initial);
    }

    fn operation(content: &mut Content, op: &RegisterOp<String>, ret: Option<&RegisterRet<String>>, _: &Texts) {
        match op {
            RegisterOp::Read => content.byte(b'r'),
            RegisterOp::Write(value) => {
                content.byte(b'w');
                content.text(value);
            }
            RegisterOp::Cas(old, new) => {
                content.byte(b'c');
                content.text(old);
                content.text(new);
            }
        }
        match ret {
            None => {}
            Some(RegisterRet::Value(value)) => {
                content.byte(b'v');
                content.text(value);
            }
            Some(RegisterRet::Done) => content.byte(b'd'),
            Some(RegisterRet::Mismatch) => content.byte(b'm'),
        }
    }
}

impl Digested for Kv {
    fn initial(content: &mut Content, initial: &String) {
        content.text(initial);
    }

    fn operation(content: &mut Content, op: &KvOp, ret: Option<&KvRet>, _: &Texts) {
        match op {
            KvOp::Get => content.byte(b'g'),
            KvOp::Put(value) => {
                content.byte(b'p');
                content.text(value);
            }
            KvOp::Append(value) => {
                content.byte(b'a');
                content.text(value);
            }
        }
        match ret {
            None => {}
            Some(KvRet::Value(value)) => {
                content.byte(b'v');
                content.text(value);
            }
            Some(KvRet::Done) => content.byte(b'd'),
        }
    }
}
