//! `SET` with its options.

use super::strings::store;
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{Span, is},
    command::Command,
    fail::{Answer, Fail},
    value::Bytes,
};

pub(crate) const COMMANDS: &[Command] = &[Command::write("set", -3, set)];

/// When it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition<'a> {
    Always,
    Absent,
    Present,
    /// Valkey 8.1, Redis 8.4.
    Equal(&'a [u8]),
}

/// What becomes of the time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry<'a> {
    None,
    Keep,
    Given(&'a [u8], Span),
}

fn set(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (key, text) = (&arguments[1], &arguments[2]);
    let (mut condition, mut expiry, mut get) = (Condition::Always, Expiry::None, false);
    let mut options = arguments[3..].iter();
    while let Some(option) = options.next() {
        let free = expiry == Expiry::None;
        if is(option, "NX") && matches!(condition, Condition::Always | Condition::Absent) {
            condition = Condition::Absent;
        } else if is(option, "XX") && matches!(condition, Condition::Always | Condition::Present) {
            condition = Condition::Present;
        } else if is(option, "IFEQ") && condition == Condition::Always {
            condition = Condition::Equal(options.next().ok_or(Fail::SYNTAX)?);
        } else if is(option, "GET") {
            get = true;
        } else if is(option, "KEEPTTL") && (free || expiry == Expiry::Keep) {
            expiry = Expiry::Keep;
        } else if let Some(span) = Span::named(option)
            && free
        {
            expiry = Expiry::Given(options.next().ok_or(Fail::SYNTAX)?, span);
        } else {
            return Err(Fail::SYNTAX);
        }
    }
    let lifetime = match expiry {
        Expiry::Given(text, span) => Some(span.positive(text, model.clock, "set")?),
        Expiry::None | Expiry::Keep => None,
    };
    let old = if get {
        Reply::maybe(model.data.get::<Bytes>(key)?)
    } else {
        Reply::Nil
    };
    let holds = match condition {
        Condition::Always => true,
        Condition::Absent => !model.data.contains(key),
        Condition::Present => model.data.contains(key),
        Condition::Equal(expected) => model
            .data
            .get::<Bytes>(key)?
            .is_some_and(|text| text.as_slice() == expected),
    };
    if holds {
        store(model, key, text, lifetime, expiry == Expiry::Keep);
    }
    Ok(if get || !holds { old } else { Reply::ok() })
}
