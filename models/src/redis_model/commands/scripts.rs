//! `EVAL`, `EVALSHA`, `SCRIPT`.

use std::sync::Arc;

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{KeysAndOthers, flush_mode, integer, is},
    command::{Caller, Command},
    fail::{Answer, Fail},
    script::{compile, digest, parse_digest, run_script},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::session("eval", -3, |model, caller, arguments| {
        eval(model, caller, arguments, false)
    }),
    Command::session("eval_ro", -3, |model, caller, arguments| {
        eval(model, caller, arguments, true)
    }),
    Command::session("evalsha", -3, |model, caller, arguments| {
        evalsha(model, caller, arguments, false)
    }),
    Command::session("evalsha_ro", -3, |model, caller, arguments| {
        evalsha(model, caller, arguments, true)
    }),
    Command::session("script", -2, script).with(&[("load", 3), ("exists", -3), ("flush", -2)]),
];

/// Keys and other arguments, told apart by their number (`arguments[2]`).
pub(super) fn split<'a>(arguments: &'a [Vec<u8>], not_a_number: &Fail) -> Result<KeysAndOthers<'a>, Fail> {
    let rest = &arguments[3..];
    let number = integer(&arguments[2]).map_err(|_| not_a_number.clone())?;
    let number = usize::try_from(number).map_err(|_| Fail::text("ERR Number of keys can't be negative"))?;
    if number > rest.len() {
        return Err(Fail::text("ERR Number of keys can't be greater than number of args"));
    }
    Ok(rest.split_at(number))
}

fn eval(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>], read_only: bool) -> Answer {
    let parts = split(arguments, &Fail::NOT_AN_INTEGER)?;
    let body = &arguments[1];
    let digest = digest(body);
    if model.scripts.get(&digest).is_none() {
        flags(body)?;
        // A script that does not compile is not kept.
        compile(&digest, body)?;
        model.scripts.add(digest, body);
    }
    run_script(model, caller, (&digest, body), parts, restrict(body, read_only)?)
}

fn evalsha(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>], read_only: bool) -> Answer {
    let parts = split(arguments, &Fail::NOT_AN_INTEGER)?;
    let found = parse_digest(&arguments[1]).and_then(|digest| Some((digest, Arc::clone(model.scripts.get(&digest)?))));
    let Some((digest, body)) = found else {
        return Err(Fail::text("NOSCRIPT No matching script. Please use EVAL."));
    };
    run_script(model, caller, (&digest, &body), parts, restrict(&body, read_only)?)
}

/// May it write? A script that says in its first line what it does must have said that it does not, for `EVAL_RO`.
fn restrict(body: &[u8], read_only: bool) -> Result<bool, Fail> {
    let declared = flags(body)?;
    if read_only && !declared && body.starts_with(b"#!") {
        return Err(Fail::text(
            "ERR Can not execute a script with write flag using *_ro command.",
        ));
    }
    Ok(read_only || declared)
}

/// The first line, if it is `#!lua flags=…`: does it promise not to write?
fn flags(body: &[u8]) -> Result<bool, Fail> {
    if !body.starts_with(b"#!") {
        return Ok(false);
    }
    let Some(end) = body.iter().position(|byte| *byte == b'\n') else {
        return Err(Fail::text("ERR Invalid script shebang"));
    };
    let line = String::from_utf8_lossy(&body[..end]).into_owned();
    let mut words = line.split_ascii_whitespace();
    let engine = words.next().unwrap_or_default();
    if engine != "#!lua" {
        return Err(Fail::owned(format!(
            "ERR Unexpected engine in script shebang: {engine}"
        )));
    }
    let mut read_only = false;
    for word in words {
        let Some(flags) = word.strip_prefix("flags=") else {
            return Err(Fail::owned(format!("ERR Unknown lua shebang option: {word}")));
        };
        for flag in flags.split(',').filter(|flag| !flag.is_empty()) {
            match flag {
                "no-writes" => read_only = true,
                "allow-oom" | "allow-stale" | "no-cluster" | "allow-cross-slot-keys" => {}
                _ => return Err(Fail::owned(format!("ERR Unexpected flag in script shebang: {flag}"))),
            }
        }
    }
    Ok(read_only)
}

fn script(model: &mut RedisModel, _: Caller, arguments: &[Vec<u8>]) -> Answer {
    let rest = &arguments[2..];
    if is(&arguments[1], "LOAD") {
        let digest = digest(&rest[0]);
        flags(&rest[0])?;
        compile(&digest, &rest[0])?;
        model.scripts.add(digest, &rest[0]);
        let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        return Ok(Reply::Bulk(text.into_bytes()));
    }
    if is(&arguments[1], "EXISTS") {
        let there = rest.iter().map(|text| {
            let known = parse_digest(text).is_some_and(|digest| model.scripts.get(&digest).is_some());
            Reply::Int(i64::from(known))
        });
        return Ok(Reply::Array(there.collect()));
    }
    flush_mode(rest, Fail::text("ERR SCRIPT FLUSH only support SYNC|ASYNC option"))?;
    model.scripts.clear();
    Ok(Reply::ok())
}
