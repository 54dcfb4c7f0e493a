//! Streams without groups of consumers.

use std::ops::Bound;

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{integer, is, milliseconds},
    command::{Access, Caller, Command},
    fail::{Answer, Fail},
    model::MOST_BYTES,
    value::{Bytes, Stream, StreamId},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("xadd", -5, xadd),
    Command::read("xlen", 2, |model, arguments| {
        let stream = model.data.get::<Stream>(&arguments[1])?;
        Ok(Reply::count(stream.map_or(0, |stream| stream.entries.len())))
    }),
    Command::read("xrange", -4, |model, arguments| xrange(model, arguments, false)),
    Command::read("xrevrange", -4, |model, arguments| xrange(model, arguments, true)),
    Command::write("xdel", -3, xdel),
    Command::write("xtrim", -4, xtrim),
    Command::waiting("xread", -4, Access::Read, xread),
];

const BAD_ID: Fail = Fail::text("ERR Invalid stream ID specified as stream command argument");

/// What follows `XADD key`.
enum NewId {
    /// `*`
    Any,
    /// `7-*`
    Within(u64),
    /// `7-1`, or `7` for `7-0`.
    Exact(StreamId),
}

/// As loosely as `strtoull`: spaces in front, a sign and leading zeros are allowed.
fn unsigned(text: &[u8]) -> Result<u64, Fail> {
    let text = text.trim_ascii_start();
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BAD_ID);
    }
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or(BAD_ID)
}

fn id(text: &[u8], missing: u64) -> Result<StreamId, Fail> {
    match text.iter().position(|byte| *byte == b'-') {
        None => Ok((unsigned(text)?, missing)),
        Some(at) => Ok((unsigned(&text[..at])?, unsigned(&text[at + 1..])?)),
    }
}

fn new_id(text: &[u8]) -> Result<NewId, Fail> {
    if text == b"*" {
        return Ok(NewId::Any);
    }
    if let Some(milliseconds) = text.strip_suffix(b"-*") {
        return Ok(NewId::Within(unsigned(milliseconds)?));
    }
    id(text, 0).map(NewId::Exact)
}

fn id_text((milliseconds, number): StreamId) -> Vec<u8> {
    format!("{milliseconds}-{number}").into_bytes()
}

/// How many entries are kept.
fn most(text: &[u8]) -> Result<usize, Fail> {
    let length = usize::try_from(integer(text)?);
    length.map_err(|_| Fail::text("ERR The MAXLEN argument must be >= 0."))
}

/// `*` gives the next number after the last id: the time of day, which a server puts in front, does not exist here.
fn xadd(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let (mut create, mut longest) = (true, None);
    let mut rest = &arguments[2..];
    loop {
        rest = match rest {
            [option, rest @ ..] if is(option, "NOMKSTREAM") => {
                create = false;
                rest
            }
            [option, about, length, rest @ ..] if is(option, "MAXLEN") && (about == b"=" || about == b"~") => {
                let length = most(length)?;
                // About: a server cuts whole blocks of a hundred, of which a small stream has none.
                longest = (about == b"=").then_some(length);
                rest
            }
            [option, length, rest @ ..] if is(option, "MAXLEN") => {
                longest = Some(most(length)?);
                rest
            }
            [option, ..] if is(option, "MINID") || is(option, "LIMIT") => {
                return Err(Fail::unmodelled("does not know XADD with MINID or LIMIT"));
            }
            _ => break,
        };
    }
    let Some((name, fields)) = rest.split_first() else {
        return Err(Fail::arity("xadd"));
    };
    let asked = new_id(name)?;
    if fields.is_empty() || fields.len() % 2 == 1 {
        return Err(Fail::arity("xadd"));
    }
    if matches!(asked, NewId::Exact((0, 0))) {
        return Err(Fail::text("ERR The ID specified in XADD must be greater than 0-0"));
    }
    let last = match model.data.get::<Stream>(key)? {
        None if !create => return Ok(Reply::Nil),
        stream => stream.map_or((0, 0), |stream| stream.last),
    };
    let id = match asked {
        NewId::Any => (last.0, last.1.saturating_add(1)),
        NewId::Within(milliseconds) if milliseconds == last.0 => (milliseconds, last.1.saturating_add(1)),
        NewId::Within(milliseconds) => (milliseconds, 0),
        NewId::Exact(id) => id,
    };
    if id <= last {
        return Err(Fail::text(
            "ERR The ID specified in XADD is equal or smaller than the target stream top item",
        ));
    }
    let stream: &mut Stream = model.data.get_or_new(key)?;
    stream
        .entries
        .insert(id, fields.iter().map(|text| Bytes::from_slice(text)).collect());
    stream.last = id;
    while longest.is_some_and(|longest| stream.entries.len() > longest) {
        stream.entries.pop_first();
    }
    model.touch(key);
    Ok(Reply::Bulk(id_text(id)))
}

fn xdel(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    if model.data.get::<Stream>(key)?.is_none() {
        return Ok(Reply::Int(0));
    }
    let ids = arguments[2..].iter().map(|text| id(text, 0));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let Some(stream) = model.data.get_mut::<Stream>(key)? else {
        return Ok(Reply::Int(0));
    };
    let removed = ids.iter().filter(|id| stream.entries.remove(id).is_some()).count();
    if removed > 0 {
        model.touch(key);
    }
    Ok(Reply::count(removed))
}

fn xrange(model: &RedisModel, arguments: &[Vec<u8>], reverse: bool) -> Answer {
    let bound = |text: &[u8], missing| match text {
        b"-" => Ok((0, 0)),
        b"+" => Ok((u64::MAX, u64::MAX)),
        text => id(text, missing),
    };
    let (low, high) = if reverse { (3, 2) } else { (2, 3) };
    let (first, last) = (bound(&arguments[low], 0)?, bound(&arguments[high], u64::MAX)?);
    let most = match &arguments[4..] {
        [] => usize::MAX,
        [option, count] if is(option, "COUNT") => usize::try_from(integer(count)?).unwrap_or(0),
        _ => return Err(Fail::SYNTAX),
    };
    let stream = model.data.get::<Stream>(&arguments[1])?;
    if first > last {
        return Ok(Reply::Array(Vec::new()));
    }
    let entries = stream.into_iter().flat_map(|stream| stream.entries.range(first..=last));
    let entries: Vec<_> = if reverse {
        entries.rev().take(most).collect()
    } else {
        entries.take(most).collect()
    };
    Ok(Reply::Array(entries.into_iter().map(entry).collect()))
}

fn entry((id, fields): (&StreamId, &Vec<Bytes>)) -> Reply {
    Reply::Array(vec![Reply::Bulk(id_text(*id)), Reply::bulks(fields)])
}

/// Exactly: how much goes with `~` depends on how a server keeps a stream.
fn xtrim(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    enum Kept {
        Most(usize),
        From(StreamId),
    }
    let key = &arguments[1];
    let (mut kept, mut rest) = (None, &arguments[2..]);
    while let [option, others @ ..] = rest {
        let by_length = is(option, "MAXLEN");
        if is(option, "LIMIT") {
            return Err(Fail::unmodelled("does not know XTRIM with LIMIT"));
        }
        if others.is_empty() || !(by_length || is(option, "MINID")) {
            return Err(Fail::SYNTAX);
        }
        if kept.is_some() {
            return Err(Fail::text(
                "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
            ));
        }
        let (text, others) = match others {
            [about, _, ..] if about == b"~" => return Err(Fail::unmodelled("does not know XTRIM with ~")),
            [exactly, text, others @ ..] if exactly == b"=" => (text, others),
            [text, others @ ..] => (text, others),
            [] => return Err(Fail::SYNTAX),
        };
        kept = Some(match by_length {
            true => Kept::Most(most(text)?),
            false => Kept::From(id(text, 0)?),
        });
        rest = others;
    }
    let (Some(stream), Some(kept)) = (model.data.get_mut::<Stream>(key)?, kept) else {
        return Ok(Reply::Int(0));
    };
    let before = stream.entries.len();
    match kept {
        Kept::Most(length) => {
            while stream.entries.len() > length {
                stream.entries.pop_first();
            }
        }
        Kept::From(id) => stream.entries = stream.entries.split_off(&id),
    }
    let removed = before - stream.entries.len();
    if removed > 0 {
        model.touch(key);
    }
    Ok(Reply::count(removed))
}

fn xread(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>]) -> Answer {
    let (mut waits, mut most, mut rest) = (false, 0, &arguments[1..]);
    let pairs = loop {
        rest = match rest {
            [option, time, rest @ ..] if is(option, "BLOCK") => {
                milliseconds(time)?;
                waits = true;
                rest
            }
            [option, count, rest @ ..] if is(option, "COUNT") => {
                most = usize::try_from(integer(count)?).unwrap_or(0);
                rest
            }
            [option, pairs @ ..] if is(option, "STREAMS") && !pairs.is_empty() => break pairs,
            [option, _, _, ..] if is(option, "GROUP") => {
                return Err(Fail::text(
                    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            [option, ..] if is(option, "NOACK") => {
                return Err(Fail::text(
                    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            _ => return Err(Fail::SYNTAX),
        };
    };
    if pairs.len() % 2 == 1 {
        return Err(Fail::text(
            "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
        ));
    }
    let (keys, ids) = pairs.split_at(pairs.len() / 2);
    let mut wanted = Vec::new();
    for (key, text) in keys.iter().zip(ids) {
        let stream = model.data.get::<Stream>(key)?;
        let last = match text.as_slice() {
            b"$" => stream.map_or((0, 0), |stream| stream.last),
            b"+" => return Err(Fail::unmodelled("does not know XREAD with +")),
            b">" => {
                return Err(Fail::text(
                    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
                ));
            }
            text => id(text, 0)?,
        };
        wanted.push((key, stream, last));
    }
    let most = if most == 0 { usize::MAX } else { most };
    let (mut replies, mut bytes) = (Vec::new(), 0);
    for (key, stream, last) in wanted {
        let behind = (Bound::Excluded(last), Bound::Unbounded);
        let entries = stream.into_iter().flat_map(|stream| stream.entries.range(behind));
        let entries: Vec<_> = entries.take(most).map(entry).collect();
        if !entries.is_empty() {
            replies.push(Reply::Array(vec![Reply::bulk(key), Reply::Array(entries)]));
            // One may be named many times.
            bytes += replies.last().map_or(0, Reply::bytes);
            if bytes > MOST_BYTES {
                return Err(RedisModel::full());
            }
        }
    }
    match replies.is_empty() {
        false => Ok(Reply::Array(replies)),
        true if waits => caller.wait(Reply::Nil, &arguments[0]),
        true => Ok(Reply::Nil),
    }
}
