//! Sets. Where a server picks a member at random, the model takes the smallest: which one is no business of a check
//! that is to hold for all, and a choice would have to be explored.

use std::collections::BTreeSet;

use super::strings::chosen;
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{at_least, integer, is, positive},
    command::Command,
    fail::{Answer, Fail},
    value::{Bytes, Kind as _},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("sadd", -3, sadd),
    Command::write("srem", -3, |model, arguments| {
        model.remove_members(arguments, |set: &mut Set, member| set.remove(member))
    }),
    Command::read("scard", 2, |model, arguments| {
        Ok(Reply::count(set(model, &arguments[1])?.map_or(0, BTreeSet::len)))
    }),
    Command::read("sismember", 3, |model, arguments| {
        let set = set(model, &arguments[1])?;
        Ok(Reply::flag(set.is_some_and(|set| has(set, &arguments[2]))))
    }),
    Command::read("smismember", -3, |model, arguments| {
        let set = set(model, &arguments[1])?;
        let known = arguments[2..]
            .iter()
            .map(|member| Reply::flag(set.is_some_and(|set| has(set, member))));
        Ok(Reply::Array(known.collect()))
    }),
    Command::read("smembers", 2, |model, arguments| {
        Ok(Reply::bulks(set(model, &arguments[1])?.into_iter().flatten()))
    }),
    Command::write("spop", -2, spop),
    Command::read("srandmember", -2, srandmember),
    Command::write("smove", 4, smove),
    Command::read("sinter", -2, |model, arguments| combine(model, arguments, |a, b| a & b)),
    Command::read("sunion", -2, |model, arguments| combine(model, arguments, |a, b| a | b)),
    Command::read("sdiff", -2, |model, arguments| combine(model, arguments, |a, b| a - b)),
    Command::read("sintercard", -3, sintercard),
    Command::write("sinterstore", -3, |model, arguments| {
        store(model, arguments, |a, b| a & b)
    }),
    Command::write("sunionstore", -3, |model, arguments| {
        store(model, arguments, |a, b| a | b)
    }),
    Command::write("sdiffstore", -3, |model, arguments| {
        store(model, arguments, |a, b| a - b)
    }),
];

type Set = BTreeSet<Bytes>;
type Join = fn(&Set, &Set) -> Set;

fn set<'a>(model: &'a RedisModel, key: &[u8]) -> Result<Option<&'a Set>, Fail> {
    model.data.get(key)
}

fn has(set: &Set, member: &[u8]) -> bool {
    set.contains(&Bytes::from_slice(member))
}

fn sadd(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let set: &mut Set = model.data.get_or_new(key)?;
    let added = arguments[2..]
        .iter()
        .filter(|member| set.insert(Bytes::from_slice(member)))
        .count();
    if added > 0 {
        model.touch(key);
    }
    Ok(Reply::count(added))
}

fn spop(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let count = match &arguments[2..] {
        [] => None,
        [count] => Some(positive(count)?),
        _ => return Err(Fail::SYNTAX),
    };
    let mut popped = Vec::new();
    if let Some(set) = model.data.get_mut::<Set>(key)? {
        while popped.len() < count.unwrap_or(1)
            && let Some(member) = set.pop_first()
        {
            popped.push(member);
        }
    }
    if !popped.is_empty() {
        model.changed(key);
    }
    Ok(match count {
        None => Reply::maybe(popped.pop()),
        Some(_) => Reply::bulks(popped),
    })
}

fn srandmember(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let count = match &arguments[2..] {
        [] => None,
        [count] => Some(integer(count)?),
        _ => return Err(Fail::SYNTAX),
    };
    let set = set(model, &arguments[1])?;
    let mut members = set.into_iter().flatten();
    Ok(match count {
        None => Reply::maybe(members.next()),
        // A negative count asks for so many, the same ones again if there are too few.
        Some(count) if count < 0 => {
            let most = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            if set.is_some() && most > 1_000_000 {
                return Err(RedisModel::full());
            }
            return chosen(members.cycle().take(most).map(Some));
        }
        Some(count) => Reply::bulks(members.take(usize::try_from(count).unwrap_or(usize::MAX))),
    })
}

fn smove(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (source, target, member) = (&arguments[1], &arguments[2], Bytes::from_slice(&arguments[3]));
    let Some(there) = set(model, source)?.map(|set| set.contains(&member)) else {
        return Ok(Reply::Int(0));
    };
    set(model, target)?;
    if !there {
        return Ok(Reply::Int(0));
    }
    if source == target {
        return Ok(Reply::Int(1));
    }
    if let Some(set) = model.data.get_mut::<Set>(source)? {
        set.remove(&member);
    }
    model.changed(source);
    if model.data.get_or_new::<Set>(target)?.insert(member) {
        model.touch(target);
    }
    Ok(Reply::Int(1))
}

fn combined(model: &RedisModel, keys: &[Vec<u8>], with: Join) -> Result<Set, Fail> {
    let sets = keys.iter().map(|key| Ok(set(model, key)?.cloned().unwrap_or_default()));
    let sets = sets.collect::<Result<Vec<_>, Fail>>()?;
    Ok(sets.into_iter().reduce(|a, b| with(&a, &b)).unwrap_or_default())
}

fn combine(model: &RedisModel, arguments: &[Vec<u8>], with: Join) -> Answer {
    combined(model, &arguments[1..], with).map(Reply::bulks)
}

/// The same, kept under another key, whatever was there.
fn store(model: &mut RedisModel, arguments: &[Vec<u8>], with: Join) -> Answer {
    let set = combined(model, &arguments[2..], with)?;
    let count = set.len();
    model.replace(&arguments[1], set.into_value(), count)
}

fn sintercard(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (numbered, rest) = (&arguments[1], &arguments[2..]);
    let number = at_least(1, numbered, "ERR numkeys should be greater than 0")?;
    if number > rest.len() {
        return Err(Fail::text("ERR Number of keys can't be greater than number of args"));
    }
    let (keys, options) = rest.split_at(number);
    let (options, left_over) = options.as_chunks::<2>();
    let mut most = 0;
    for [option, limit] in options {
        if !is(option, "LIMIT") {
            return Err(Fail::SYNTAX);
        }
        most = at_least(0, limit, "ERR LIMIT can't be negative")?;
    }
    if !left_over.is_empty() {
        return Err(Fail::SYNTAX);
    }
    let count = combined(model, keys, |a, b| a & b)?.len();
    Ok(Reply::count(if most == 0 { count } else { count.min(most) }))
}
