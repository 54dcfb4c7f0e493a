//! Commands on keys of any type.

use crate::redis_model::{RedisModel, Reply, fail::Answer, table::Command};

pub(crate) const COMMANDS: &[Command] = &[Command::write("del", -2, del), Command::read("exists", -2, exists)];

fn del(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let mut removed = 0;
    for key in &arguments[1..] {
        removed += i64::from(model.delete(key));
    }
    Ok(Reply::Int(removed))
}

/// A key named twice counts twice.
fn exists(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let there = arguments[1..].iter().map(|key| i64::from(model.data.contains(key)));
    Ok(Reply::Int(there.sum()))
}
