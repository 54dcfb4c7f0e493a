//! Lists.

use std::collections::VecDeque;

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{at_least, integer, is, positive, range, symmetric},
    command::Command,
    fail::{Answer, Fail},
    value::Bytes,
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("lpush", -3, |model, arguments| push(model, arguments, End::Left, false)),
    Command::write("rpush", -3, |model, arguments| {
        push(model, arguments, End::Right, false)
    }),
    Command::write("lpushx", -3, |model, arguments| push(model, arguments, End::Left, true)),
    Command::write("rpushx", -3, |model, arguments| {
        push(model, arguments, End::Right, true)
    }),
    Command::write("lpop", -2, |model, arguments| pop(model, arguments, End::Left)),
    Command::write("rpop", -2, |model, arguments| pop(model, arguments, End::Right)),
    Command::read("llen", 2, |model, arguments| {
        Ok(Reply::count(list(model, &arguments[1])?.map_or(0, VecDeque::len)))
    }),
    Command::read("lindex", 3, lindex),
    Command::read("lrange", 4, lrange),
    Command::read("lpos", -3, lpos),
    Command::write("lset", 4, lset),
    Command::write("lrem", 4, lrem),
    Command::write("ltrim", 4, ltrim),
    Command::write("linsert", 5, linsert),
    Command::write("lmove", 5, |model, arguments| {
        let (from, to) = (end(&arguments[3])?, end(&arguments[4])?);
        shift(model, (&arguments[1], from), (&arguments[2], to))
    }),
    Command::write("rpoplpush", 3, |model, arguments| {
        shift(model, (&arguments[1], End::Right), (&arguments[2], End::Left))
    }),
];

pub(super) type List = VecDeque<Bytes>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Left,
    Right,
}

impl End {
    fn push(self, list: &mut List, element: Bytes) {
        match self {
            Self::Left => list.push_front(element),
            Self::Right => list.push_back(element),
        }
    }

    fn pop(self, list: &mut List) -> Option<Bytes> {
        match self {
            Self::Left => list.pop_front(),
            Self::Right => list.pop_back(),
        }
    }
}

/// `LEFT` or `RIGHT`.
pub(super) fn end(argument: &[u8]) -> Result<End, Fail> {
    if is(argument, "LEFT") {
        Ok(End::Left)
    } else if is(argument, "RIGHT") {
        Ok(End::Right)
    } else {
        Err(Fail::SYNTAX)
    }
}

fn list<'a>(model: &'a RedisModel, key: &[u8]) -> Result<Option<&'a List>, Fail> {
    model.data.get(key)
}

fn push(model: &mut RedisModel, arguments: &[Vec<u8>], end: End, only_old: bool) -> Answer {
    let key = &arguments[1];
    if only_old && list(model, key)?.is_none() {
        return Ok(Reply::Int(0));
    }
    let list: &mut List = model.data.get_or_new(key)?;
    for element in &arguments[2..] {
        end.push(list, Bytes::from_slice(element));
    }
    let length = list.len();
    model.touch(key);
    Ok(Reply::count(length))
}

fn pop(model: &mut RedisModel, arguments: &[Vec<u8>], end: End) -> Answer {
    let key = &arguments[1];
    let count = match &arguments[2..] {
        [] => None,
        [count] => Some(positive(count)?),
        _ => return Err(Fail::arity(if end == End::Left { "lpop" } else { "rpop" })),
    };
    if list(model, key)?.is_none() {
        return Ok(Reply::Nil);
    }
    if count == Some(0) {
        return Ok(Reply::Array(Vec::new()));
    }
    let mut popped = take(model, key, end, count.unwrap_or(1))?;
    Ok(match count {
        None => Reply::maybe(popped.pop()),
        Some(_) => Reply::bulks(popped),
    })
}

/// Takes up to so many elements from a list that is there.
pub(super) fn take(model: &mut RedisModel, key: &[u8], end: End, count: usize) -> Result<Vec<Bytes>, Fail> {
    let mut taken = Vec::new();
    if let Some(list) = model.data.get_mut::<List>(key)? {
        while taken.len() < count
            && let Some(element) = end.pop(list)
        {
            taken.push(element);
        }
    }
    model.changed(key);
    Ok(taken)
}

/// The place of an index that may count from the end.
fn place(index: i64, length: usize) -> Option<usize> {
    let size = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if index < 0 { index.checked_add(size)? } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

fn lindex(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    // The type is looked at before the index.
    let Some(list) = list(model, &arguments[1])? else {
        return Ok(Reply::Nil);
    };
    let at = place(integer(&arguments[2])?, list.len());
    Ok(Reply::maybe(at.and_then(|at| list.get(at))))
}

fn lrange(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (first, last) = (integer(&arguments[2])?, integer(&arguments[3])?);
    let Some(list) = list(model, &arguments[1])? else {
        return Ok(Reply::Array(Vec::new()));
    };
    Ok(Reply::bulks(list.range(range(first, last, list.len()))))
}

fn lpos(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (mut rank, mut count, mut most) = (1, None, 0);
    let (options, left_over) = arguments[3..].as_chunks::<2>();
    for [option, value] in options {
        match option.to_ascii_uppercase().as_slice() {
            b"RANK" => rank = symmetric(value)?,
            b"COUNT" => count = Some(at_least(0, value, "ERR COUNT can't be negative")?),
            b"MAXLEN" => most = at_least(0, value, "ERR MAXLEN can't be negative")?,
            _ => return Err(Fail::SYNTAX),
        }
        if rank == 0 {
            return Err(Fail::text(
                "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to \
                 start from the end of the list",
            ));
        }
    }
    if !left_over.is_empty() {
        return Err(Fail::SYNTAX);
    }
    let list = list(model, &arguments[1])?.into_iter().flatten().enumerate();
    let mut places: Vec<(usize, &Bytes)> = list.collect();
    if rank < 0 {
        places.reverse();
    }
    if most > 0 {
        places.truncate(most);
    }
    let skipped = usize::try_from(rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let matches = places.iter().filter(|(_, element)| element.as_slice() == arguments[2]);
    let mut found = matches.skip(skipped).map(|(at, _)| Reply::count(*at));
    Ok(match count {
        None => found.next().unwrap_or(Reply::Nil),
        Some(0) => Reply::Array(found.collect()),
        Some(count) => Reply::Array(found.take(count).collect()),
    })
}

fn lset(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let length = list(model, key)?.ok_or(Fail::NO_SUCH_KEY)?.len();
    let at = place(integer(&arguments[2])?, length).ok_or(Fail::OUT_OF_RANGE)?;
    if let Some(element) = model.data.get_mut::<List>(key)?.and_then(|list| list.get_mut(at)) {
        *element = Bytes::from_slice(&arguments[3]);
    }
    model.touch(key);
    Ok(Reply::ok())
}

fn lrem(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (key, unwanted) = (&arguments[1], arguments[3].as_slice());
    let count = integer(&arguments[2])?;
    let Some(old) = list(model, key)? else {
        return Ok(Reply::Int(0));
    };
    let matches = |(at, element): (usize, &Bytes)| (element.as_slice() == unwanted).then_some(at);
    let mut places: Vec<usize> = old.iter().enumerate().filter_map(matches).collect();
    let most = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count > 0 {
        places.truncate(most);
    } else if count < 0 {
        places.drain(..places.len().saturating_sub(most));
    }
    if places.is_empty() {
        return Ok(Reply::Int(0));
    }
    if let Some(list) = model.data.get_mut::<List>(key)? {
        for at in places.iter().rev() {
            list.remove(*at);
        }
    }
    model.changed(key);
    Ok(Reply::count(places.len()))
}

fn linsert(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (key, pivot) = (&arguments[1], arguments[3].as_slice());
    let behind = match arguments[2].to_ascii_uppercase().as_slice() {
        b"BEFORE" => 0,
        b"AFTER" => 1,
        _ => return Err(Fail::SYNTAX),
    };
    let Some(list) = model.data.get_mut::<List>(key)? else {
        return Ok(Reply::Int(0));
    };
    let Some(at) = list.iter().position(|element| element.as_slice() == pivot) else {
        return Ok(Reply::Int(-1));
    };
    list.insert(at + behind, Bytes::from_slice(&arguments[4]));
    let length = list.len();
    model.touch(key);
    Ok(Reply::count(length))
}

fn ltrim(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let (first, last) = (integer(&arguments[2])?, integer(&arguments[3])?);
    if let Some(list) = model.data.get_mut::<List>(key)? {
        let kept = range(first, last, list.len());
        list.truncate(kept.end);
        list.drain(..kept.start.min(list.len()));
        model.changed(key);
    }
    Ok(Reply::ok())
}

/// `LMOVE`: from one end of a list to one of the same or another.
pub(super) fn shift(model: &mut RedisModel, (source, from): (&[u8], End), (target, to): (&[u8], End)) -> Answer {
    if list(model, source)?.is_none() {
        return Ok(Reply::Nil);
    }
    // Nothing is taken if it cannot be put.
    list(model, target)?;
    let Some(element) = model.data.get_mut::<List>(source)?.and_then(|list| from.pop(list)) else {
        return Ok(Reply::Nil);
    };
    to.push(model.data.get_or_new(target)?, element.clone());
    model.changed(source);
    model.touch(target);
    Ok(Reply::bulk(&element))
}
