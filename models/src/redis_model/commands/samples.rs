//! What servers pick at random from hashes and sorted sets. The model takes the smallest: which one is no business of a
//! check that is to hold for all, and a choice would have to be explored.

use super::{hashes::hash, sorted_sets::sorted};
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{is, symmetric},
    command::Command,
    fail::{Answer, Fail},
    model::MOST_BYTES,
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("hrandfield", -2, |model, arguments| {
        let fields = hash(model, &arguments[1]).map(|hash| hash.into_iter().flatten());
        let fields = fields.map(|fields| fields.map(|(name, value)| (Reply::bulk(name), Reply::bulk(value))));
        sample(arguments, "WITHVALUES", fields)
    }),
    Command::read("zrandmember", -2, |model, arguments| {
        let members = sorted(model, &arguments[1]).map(|set| set.into_iter().flatten());
        let members =
            members.map(|members| members.map(|(member, score)| (Reply::bulk(member), Reply::Bulk(score.text()))));
        sample(arguments, "WITHSCORES", members)
    }),
];

/// `key [count [option]]`: some of `pairs`, with their second halves if the option asks for them.
fn sample(arguments: &[Vec<u8>], option: &str, pairs: Result<impl Iterator<Item = (Reply, Reply)>, Fail>) -> Answer {
    let (count, both) = match &arguments[2..] {
        [] => return Ok(pairs?.next().map_or(Reply::Nil, |(first, _)| first)),
        [count] => (symmetric(count)?, false),
        [count, given] => {
            let count = symmetric(count)?;
            if !is(given, option) {
                return Err(Fail::SYNTAX);
            }
            if count.unsigned_abs() > i64::MAX.unsigned_abs() / 2 {
                return Err(Fail::text("ERR value is out of range"));
            }
            (count, true)
        }
        [count, ..] => return symmetric(count).and(Err(Fail::SYNTAX)),
    };
    let pairs: Vec<_> = pairs?.collect();
    let most = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    // A negative count asks for so many, the same ones again if there are too few.
    let number = match (pairs.len(), count) {
        (0, _) => 0,
        (_, ..0) => most,
        (there, _) => there.min(most),
    };
    let (mut replies, mut bytes) = (Vec::new(), 0);
    for (first, second) in pairs.iter().cycle().take(number) {
        let chosen = if both { vec![first, second] } else { vec![first] };
        bytes += chosen.iter().map(|reply| reply.bytes()).sum::<usize>();
        if bytes > MOST_BYTES {
            return Err(RedisModel::full());
        }
        replies.extend(chosen.into_iter().cloned());
    }
    Ok(Reply::Array(replies))
}
