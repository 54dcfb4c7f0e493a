//! Strings; counters are in `counters`.

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{Span, integer, is, range},
    command::Command,
    fail::{Answer, Fail},
    model::MOST_BYTES,
    value::{Bytes, Kind as _, Value},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("get", 2, |model, arguments| {
        Ok(Reply::maybe(model.data.get::<Bytes>(&arguments[1])?))
    }),
    Command::write("getset", 3, getset),
    Command::write("getdel", 2, getdel),
    Command::write("getex", -2, getex),
    Command::read("mget", -2, mget),
    Command::write("mset", -3, |model, arguments| mset(model, arguments, "mset")),
    Command::write("msetnx", -3, |model, arguments| mset(model, arguments, "msetnx")),
    Command::write("setnx", 3, setnx),
    Command::write("setex", 4, |model, arguments| {
        setex(model, arguments, Span::SECONDS, "setex")
    }),
    Command::write("psetex", 4, |model, arguments| {
        setex(model, arguments, Span::MILLISECONDS, "psetex")
    }),
    Command::write("append", 3, append),
    Command::read("strlen", 2, |model, arguments| {
        Ok(Reply::count(
            model.data.get::<Bytes>(&arguments[1])?.map_or(0, |text| text.len()),
        ))
    }),
    Command::read("getrange", 4, getrange),
    Command::read("substr", 4, getrange),
    // Valkey 9.
    Command::write("delifeq", 3, |model, arguments| {
        let key = &arguments[1];
        let text = model.data.get::<Bytes>(key)?;
        let equal = text.is_some_and(|text| text.as_slice() == arguments[2]);
        Ok(Reply::flag(equal && model.delete(key)))
    }),
    Command::write("setrange", 4, setrange),
];

/// The longest string there may be (`proto-max-bulk-len` as a server starts with).
const LONGEST: usize = 512 << 20;

/// Stores a string as `SET` does.
pub(super) fn store(model: &mut RedisModel, key: &[u8], text: &[u8], lifetime: Option<i64>, keep: bool) {
    model.data.put(key, Value::String(Bytes::from_slice(text)), keep);
    model.touch(key);
    if let Some(lifetime) = lifetime {
        model.live(key, lifetime);
    }
}

fn getset(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let old = Reply::maybe(model.data.get::<Bytes>(&arguments[1])?);
    store(model, &arguments[1], &arguments[2], None, false);
    Ok(old)
}

fn getdel(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let old = Reply::maybe(model.data.get::<Bytes>(&arguments[1])?);
    model.delete(&arguments[1]);
    Ok(old)
}

fn getex(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let change = match &arguments[2..] {
        [] => None,
        [option] if is(option, "PERSIST") => Some(None),
        [option, value] => Some(Some((value, Span::named(option).ok_or(Fail::SYNTAX)?))),
        _ => return Err(Fail::SYNTAX),
    };
    let Some(old) = model.data.get::<Bytes>(key)? else {
        return Ok(Reply::Nil);
    };
    let old = Reply::bulk(old);
    match change {
        None => {}
        Some(None) => {
            persist(model, key);
        }
        Some(Some((value, span))) => {
            let lifetime = span.positive(value, model.clock, "getex")?;
            model.live(key, lifetime);
        }
    }
    Ok(old)
}

/// Takes the time to live away; was there one?
pub(super) fn persist(model: &mut RedisModel, key: &[u8]) -> bool {
    let volatile = model.data.entry(key).is_some_and(|entry| entry.lifetime.is_some());
    if volatile {
        model.data.set_lifetime(key, None);
        model.touch(key);
    }
    volatile
}

/// The texts that are there. One may be named many times, so the reply can be larger than all that there is.
pub(super) fn chosen<'a>(texts: impl Iterator<Item = Option<&'a Bytes>> + Clone) -> Answer {
    if texts.clone().flatten().map(|text| text.len()).sum::<usize>() > MOST_BYTES {
        return Err(RedisModel::full());
    }
    Ok(Reply::Array(texts.map(Reply::maybe).collect()))
}

fn mget(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    chosen(
        arguments[1..]
            .iter()
            .map(|key| model.data.value(key).and_then(Bytes::of)),
    )
}

fn mset(model: &mut RedisModel, arguments: &[Vec<u8>], name: &str) -> Answer {
    let (pairs, rest) = arguments[1..].as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Fail::arity(name));
    }
    let only_new = name == "msetnx";
    if only_new && pairs.iter().any(|[key, _]| model.data.contains(key)) {
        return Ok(Reply::Int(0));
    }
    for [key, text] in pairs {
        store(model, key, text, None, false);
    }
    Ok(if only_new { Reply::Int(1) } else { Reply::ok() })
}

fn setnx(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let absent = !model.data.contains(&arguments[1]);
    if absent {
        store(model, &arguments[1], &arguments[2], None, false);
    }
    Ok(Reply::flag(absent))
}

fn setex(model: &mut RedisModel, arguments: &[Vec<u8>], span: Span, name: &str) -> Answer {
    let lifetime = span.positive(&arguments[2], model.clock, name)?;
    store(model, &arguments[1], &arguments[3], Some(lifetime), false);
    Ok(Reply::ok())
}

fn append(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let length = model.data.get::<Bytes>(key)?.map_or(0, |text| text.len());
    fits(length + arguments[2].len())?;
    let text = model.data.get_or_new::<Bytes>(key)?;
    text.extend_from_slice(&arguments[2]);
    let length = text.len();
    model.touch(key);
    Ok(Reply::count(length))
}

/// May a string become so long?
fn fits(length: usize) -> Result<(), Fail> {
    if length > LONGEST {
        return Err(Fail::text(
            "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
        ));
    }
    if length > MOST_BYTES {
        return Err(RedisModel::full());
    }
    Ok(())
}

fn getrange(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (first, last) = (integer(&arguments[2])?, integer(&arguments[3])?);
    let Some(text) = model.data.get::<Bytes>(&arguments[1])? else {
        return Ok(Reply::bulk(b""));
    };
    // Both from the end and the wrong way round: nothing, where cutting them to 0 would give the first byte.
    if first < 0 && last < 0 && first > last {
        return Ok(Reply::bulk(b""));
    }
    // A last index before the first byte counts as the first byte.
    let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let last = if last < 0 {
        last.saturating_add(size).max(0)
    } else {
        last
    };
    Ok(Reply::bulk(&text[range(first, last, text.len())]))
}

fn setrange(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (key, part) = (&arguments[1], &arguments[3]);
    let offset = integer(&arguments[2])?;
    let offset = usize::try_from(offset).map_err(|_| Fail::text("ERR offset is out of range"))?;
    let length = model.data.get::<Bytes>(key)?.map_or(0, |text| text.len());
    if part.is_empty() {
        return Ok(Reply::count(length));
    }
    let end = offset.saturating_add(part.len());
    fits(end)?;
    let text = model.data.get_or_new::<Bytes>(key)?;
    if text.len() < end {
        text.resize(end, 0);
    }
    text[offset..end].copy_from_slice(part);
    let length = text.len();
    model.touch(key);
    Ok(Reply::count(length))
}
