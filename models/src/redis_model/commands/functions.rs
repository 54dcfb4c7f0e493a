//! `FUNCTION` and `FCALL`.

use std::sync::Arc;

use super::scripts::split;
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{flush_mode, is},
    command::{Caller, Command},
    fail::{Answer, Fail},
    script::{Library, Metadata, load, run_function},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::session("fcall", -3, |model, caller, arguments| {
        fcall(model, caller, arguments, false)
    }),
    Command::session("fcall_ro", -3, |model, caller, arguments| {
        fcall(model, caller, arguments, true)
    }),
    Command::session("function", -2, function).with(&[
        ("load", -3),
        ("delete", 3),
        ("list", -2),
        ("flush", -2),
        ("stats", 2),
    ]),
];

fn fcall(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>], read_only: bool) -> Answer {
    let Some((library, function)) = model.libraries.find(&arguments[1]) else {
        return Err(Fail::text("ERR Function not found"));
    };
    let parts = split(arguments, &Fail::text("ERR Bad number of keys provided"))?;
    if read_only && !function.is_read_only() {
        return Err(Fail::text(
            "ERR Can not execute a script with write flag using *_ro command.",
        ));
    }
    let (library, read_only) = (Arc::clone(library), read_only || function.is_read_only());
    let name = function.name.clone();
    run_function(model, caller, (&library, &name), parts, read_only)
}

fn function(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>]) -> Answer {
    let rest = &arguments[2..];
    match arguments[1].to_ascii_uppercase().as_slice() {
        b"LOAD" => load_library(model, caller, rest),
        b"DELETE" => {
            if model.libraries.remove(&rest[0]) {
                Ok(Reply::ok())
            } else {
                Err(Fail::text("ERR Library not found"))
            }
        }
        b"LIST" => list(model, rest),
        b"STATS" => Ok(stats(model)),
        _ => flush(model, rest),
    }
}

fn load_library(model: &mut RedisModel, caller: Caller, arguments: &[Vec<u8>]) -> Answer {
    let Some((code, options)) = arguments.split_last() else {
        return Err(Fail::arity("function|load"));
    };
    if let Some(unknown) = options.iter().find(|option| !is(option, "REPLACE")) {
        let unknown = String::from_utf8_lossy(unknown);
        return Err(Fail::owned(format!("ERR Unknown option given: {unknown}")));
    }
    let metadata = Metadata::parse(code)?;
    if options.is_empty() && model.libraries.contains(&metadata.name) {
        return Err(Fail::owned(format!("ERR Library '{}' already exists", metadata.name)));
    }
    let functions = load(caller, code)?;
    if functions.is_empty() {
        return Err(Fail::text("ERR No functions registered"));
    }
    for function in &functions {
        // One of the library that is replaced may be there.
        let taken = model.libraries.find(function.name.as_bytes());
        if taken.is_some_and(|(library, _)| library.name != metadata.name) {
            return Err(Fail::owned(format!("ERR Function {} already exists", function.name)));
        }
    }
    let name = metadata.name.clone().into_bytes();
    model.libraries.add(metadata.into_library(code, functions));
    Ok(Reply::Bulk(name))
}

fn text(text: &str) -> Reply {
    Reply::Bulk(text.as_bytes().to_vec())
}

/// In the order of the names, where a server has none.
fn list(model: &RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (mut with_code, mut only) = (false, None);
    let mut options = arguments.iter();
    while let Some(option) = options.next() {
        if is(option, "WITHCODE") && !with_code {
            with_code = true;
        } else if is(option, "LIBRARYNAME") && only.is_none() {
            only = Some(
                options
                    .next()
                    .ok_or(Fail::text("ERR library name argument was not given"))?,
            );
        } else {
            let option = String::from_utf8_lossy(option);
            return Err(Fail::owned(format!("ERR Unknown argument {option}")));
        }
    }
    let libraries = model.libraries.all().iter();
    let chosen = libraries.filter(|library| only.is_none_or(|name| library.name.as_bytes() == name));
    Ok(Reply::Array(
        chosen.map(|library| describe(library, with_code)).collect(),
    ))
}

fn describe(library: &Library, with_code: bool) -> Reply {
    let functions = library.functions.iter().map(|function| {
        let flags = function.flags.iter().map(|flag| Reply::Status(flag.clone()));
        Reply::Array(vec![
            text("name"),
            text(&function.name),
            text("description"),
            function.description.clone().map_or(Reply::Nil, Reply::Bulk),
            text("flags"),
            Reply::Array(flags.collect()),
        ])
    });
    let mut fields = vec![
        text("library_name"),
        text(&library.name),
        text("engine"),
        text("LUA"),
        text("functions"),
        Reply::Array(functions.collect()),
    ];
    if with_code {
        fields.extend([text("library_code"), Reply::Bulk(library.code.clone())]);
    }
    Reply::Array(fields)
}

fn stats(model: &RedisModel) -> Reply {
    let libraries = model.libraries.all();
    let counts = Reply::Array(vec![
        text("libraries_count"),
        Reply::count(libraries.len()),
        text("functions_count"),
        Reply::count(libraries.iter().map(|library| library.functions.len()).sum()),
    ]);
    Reply::Array(vec![
        text("running_script"),
        Reply::Nil,
        text("engines"),
        Reply::Array(vec![text("LUA"), counts]),
    ])
}

fn flush(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    flush_mode(
        arguments,
        Fail::text("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"),
    )?;
    model.libraries.clear();
    Ok(Reply::ok())
}
