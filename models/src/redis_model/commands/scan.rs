//! `SCAN` and its kin, and `KEYS`: everything in one pass, which is what a server does with few elements.

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{integer, is},
    command::Command,
    fail::{Answer, Fail},
    glob::matches,
    value::{Bytes, Value},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("keys", 2, |model, arguments| {
        let keys = model.keys().into_iter().filter(|key| matches(&arguments[1], key));
        Ok(Reply::bulks(keys))
    }),
    Command::read("scan", -2, scan),
    Command::read("sscan", -3, |model, arguments| inside(model, arguments, "set")),
    Command::read("hscan", -3, |model, arguments| inside(model, arguments, "hash")),
    Command::read("zscan", -3, |model, arguments| inside(model, arguments, "zset")),
];

/// What is asked of a pass.
#[derive(Default)]
struct Options<'a> {
    pattern: Option<&'a [u8]>,
    kind: Option<&'a [u8]>,
    names_only: bool,
}

impl<'a> Options<'a> {
    fn parse(mut rest: &'a [Vec<u8>], command: &str) -> Result<Self, Fail> {
        let mut options = Self::default();
        loop {
            rest = match rest {
                [] => return Ok(options),
                [option, number, rest @ ..] if is(option, "COUNT") => {
                    if integer(number)? < 1 {
                        return Err(Fail::SYNTAX);
                    }
                    rest
                }
                [option, pattern, rest @ ..] if is(option, "MATCH") => {
                    options.pattern = Some(pattern);
                    rest
                }
                [option, kind, rest @ ..] if is(option, "TYPE") && command == "scan" => {
                    options.kind = Some(kind);
                    rest
                }
                [option, rest @ ..] if is(option, "NOVALUES") && command == "hash" => {
                    options.names_only = true;
                    rest
                }
                _ => return Err(Fail::SYNTAX),
            };
        }
    }

    fn fits(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| matches(pattern, name))
    }
}

/// A pass begins at 0 and is over at once.
fn begins(cursor: &[u8]) -> Result<bool, Fail> {
    let number: Option<u64> = std::str::from_utf8(cursor).ok().and_then(|text| text.parse().ok());
    match number {
        Some(0) => Ok(true),
        Some(_) => Err(Fail::unmodelled(
            "passes through everything at once: it has no cursor but 0",
        )),
        None => Err(Fail::text("ERR invalid cursor")),
    }
}

fn over(replies: Vec<Reply>) -> Reply {
    Reply::Array(vec![Reply::bulk(b"0"), Reply::Array(replies)])
}

fn scan(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    begins(&arguments[1])?;
    let options = Options::parse(&arguments[2..], "scan")?;
    let entries = model.data.entries().iter().filter(|entry| options.fits(&entry.key));
    let of_kind = entries.filter(|entry| {
        let kind = options.kind;
        kind.is_none_or(|kind| kind.eq_ignore_ascii_case(entry.value.kind().as_bytes()))
    });
    Ok(over(of_kind.map(|entry| Reply::bulk(&entry.key)).collect()))
}

fn inside(model: &mut RedisModel, arguments: &[Vec<u8>], kind: &str) -> Answer {
    begins(&arguments[2])?;
    let Some(value) = model.data.value(&arguments[1]) else {
        return Ok(over(Vec::new()));
    };
    if value.kind() != kind {
        return Err(Fail::WRONG_TYPE);
    }
    let options = Options::parse(&arguments[3..], kind)?;
    let pair = |name: &Bytes, text: Vec<u8>| [Reply::bulk(name), Reply::Bulk(text)];
    let mut replies = Vec::new();
    match value {
        Value::Set(set) => replies.extend(
            set.iter()
                .filter(|name| options.fits(name))
                .map(|name| Reply::bulk(name)),
        ),
        Value::Hash(hash) => {
            let fields = hash.iter().filter(|(name, _)| options.fits(name));
            for (name, text) in fields {
                let [name, text] = pair(name, text.to_vec());
                replies.push(name);
                if !options.names_only {
                    replies.push(text);
                }
            }
        }
        Value::SortedSet(set) => {
            let members = set.iter().filter(|(name, _)| options.fits(name));
            replies.extend(members.flat_map(|(name, score)| pair(name, score.text())));
        }
        _ => {}
    }
    Ok(over(replies))
}
