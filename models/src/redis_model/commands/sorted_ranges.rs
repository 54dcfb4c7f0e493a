//! Sorted sets: ranges by rank and by score.

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{integer, is, range},
    command::Command,
    fail::{Answer, Fail},
    score::Score,
    value::Bytes,
};

use super::sorted_sets::{SortedSet, ranking, sorted};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("zrange", -4, |model, arguments| by_rank(model, arguments, false)),
    Command::read("zrevrange", -4, |model, arguments| by_rank(model, arguments, true)),
    Command::read("zrangebyscore", -4, |model, arguments| {
        by_score(model, arguments, false)
    }),
    Command::read("zrevrangebyscore", -4, |model, arguments| {
        by_score(model, arguments, true)
    }),
    Command::read("zcount", 4, |model, arguments| {
        let bounds = Bounds::parse(&arguments[2], &arguments[3])?;
        let members = ranking(sorted(model, &arguments[1])?);
        Ok(Reply::count(
            members.iter().filter(|(score, _)| bounds.contain(*score)).count(),
        ))
    }),
    Command::read("zrank", 3, |model, arguments| rank(model, arguments, false)),
    Command::read("zrevrank", 3, |model, arguments| rank(model, arguments, true)),
    Command::write("zremrangebyscore", 4, remove_by_score),
];

/// Two scores, each included or, after a `(`, not.
struct Bounds {
    low: (Score, bool),
    high: (Score, bool),
}

impl Bounds {
    fn parse(low: &[u8], high: &[u8]) -> Result<Self, Fail> {
        let bound = |text: &[u8]| -> Result<(Score, bool), Fail> {
            let (text, included) = text.strip_prefix(b"(").map_or((text, true), |rest| (rest, false));
            Ok((
                Score::parse(text, &Fail::text("ERR min or max is not a float"))?,
                included,
            ))
        };
        Ok(Self {
            low: bound(low)?,
            high: bound(high)?,
        })
    }

    fn contain(&self, score: Score) -> bool {
        let above = if self.low.1 {
            score >= self.low.0
        } else {
            score > self.low.0
        };
        let below = if self.high.1 {
            score <= self.high.0
        } else {
            score < self.high.0
        };
        above && below
    }
}

fn replies<'a>(chosen: impl Iterator<Item = (Score, &'a Bytes)>, with_scores: bool) -> Reply {
    let mut replies = Vec::new();
    for (score, member) in chosen {
        replies.push(Reply::bulk(member));
        if with_scores {
            replies.push(Reply::Bulk(score.text()));
        }
    }
    Reply::Array(replies)
}

fn by_rank(model: &mut RedisModel, arguments: &[Vec<u8>], reverse: bool) -> Answer {
    let with_scores = match &arguments[4..] {
        [] => false,
        [option] if is(option, "WITHSCORES") => true,
        [option, ..] if ["BYSCORE", "BYLEX", "REV", "LIMIT"].iter().any(|name| is(option, name)) => {
            return Err(Fail::unmodelled(
                "knows ZRANGE by rank only, and ZREVRANGE, ZRANGEBYSCORE, ZREVRANGEBYSCORE",
            ));
        }
        _ => return Err(Fail::SYNTAX),
    };
    let (first, last) = (integer(&arguments[2])?, integer(&arguments[3])?);
    let mut members = ranking(sorted(model, &arguments[1])?);
    if reverse {
        members.reverse();
    }
    let chosen = range(first, last, members.len());
    Ok(replies(members[chosen].iter().copied(), with_scores))
}

fn by_score(model: &mut RedisModel, arguments: &[Vec<u8>], reverse: bool) -> Answer {
    let (low, high) = if reverse { (3, 2) } else { (2, 3) };
    let (mut with_scores, mut skip, mut most) = (false, 0, usize::MAX);
    let mut options = arguments[4..].iter();
    while let Some(option) = options.next() {
        if is(option, "WITHSCORES") {
            with_scores = true;
        } else if is(option, "LIMIT") {
            let offset = integer(options.next().ok_or(Fail::SYNTAX)?)?;
            let count = integer(options.next().ok_or(Fail::SYNTAX)?)?;
            // A negative offset gives nothing, a negative count everything.
            skip = usize::try_from(offset).unwrap_or(usize::MAX);
            most = usize::try_from(count).unwrap_or(usize::MAX);
        } else {
            return Err(Fail::SYNTAX);
        }
    }
    let bounds = Bounds::parse(&arguments[low], &arguments[high])?;
    let mut members = ranking(sorted(model, &arguments[1])?);
    if reverse {
        members.reverse();
    }
    let inside = members.into_iter().filter(|(score, _)| bounds.contain(*score));
    Ok(replies(inside.skip(skip).take(most), with_scores))
}

fn rank(model: &mut RedisModel, arguments: &[Vec<u8>], reverse: bool) -> Answer {
    let members = ranking(sorted(model, &arguments[1])?);
    let place = members.iter().position(|(_, member)| member.as_slice() == arguments[2]);
    Ok(place.map_or(Reply::Nil, |at| {
        Reply::count(if reverse { members.len() - 1 - at } else { at })
    }))
}

fn remove_by_score(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let bounds = Bounds::parse(&arguments[2], &arguments[3])?;
    let Some(set) = sorted(model, key)? else {
        return Ok(Reply::Int(0));
    };
    let doomed: Vec<Bytes> = set
        .iter()
        .filter(|(_, score)| bounds.contain(**score))
        .map(|(member, _)| member.clone())
        .collect();
    if let Some(set) = model.data.get_mut::<SortedSet>(key)?
        && !doomed.is_empty()
    {
        for member in &doomed {
            set.remove(member);
        }
        model.changed(key);
    }
    Ok(Reply::count(doomed.len()))
}
