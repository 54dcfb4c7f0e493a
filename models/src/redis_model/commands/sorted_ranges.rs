//! Sorted sets: ranges by rank and by score.

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{integer, range},
    command::Command,
    fail::{Answer, Fail},
    score::Score,
    value::{Bytes, Kind as _},
};

use super::sorted_sets::{Ranking, SortedSet, ranking, sorted};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("zrange", -4, |model, arguments| ranged(model, arguments, None)),
    Command::read("zrevrange", -4, |model, arguments| {
        ranged(model, arguments, Some((false, true)))
    }),
    Command::read("zrangebyscore", -4, |model, arguments| {
        ranged(model, arguments, Some((true, false)))
    }),
    Command::read("zrevrangebyscore", -4, |model, arguments| {
        ranged(model, arguments, Some((true, true)))
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
    Command::write("zrangestore", -5, store),
    Command::write("zremrangebyscore", 4, remove_by_score),
    Command::write("zremrangebyrank", 4, remove_by_rank),
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

/// Members, with their scores by turns if asked.
pub(super) fn replies<'a>(chosen: impl Iterator<Item = (Score, &'a Bytes)>, with_scores: bool) -> Reply {
    let mut replies = Vec::new();
    for (score, member) in chosen {
        replies.push(Reply::bulk(member));
        if with_scores {
            replies.push(Reply::Bulk(score.text()));
        }
    }
    Reply::Array(replies)
}

/// `ZRANGE` and its older kin, which say by their name what `ZRANGE` has options for.
fn ranged(model: &RedisModel, arguments: &[Vec<u8>], name_says: Option<(bool, bool)>) -> Answer {
    let (chosen, with_scores) = chosen(model, &arguments[1..], name_says, false)?;
    Ok(replies(chosen.into_iter(), with_scores))
}

fn store(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (chosen, _) = chosen(model, &arguments[2..], None, true)?;
    let set: SortedSet = chosen
        .into_iter()
        .map(|(score, member)| (member.clone(), score))
        .collect();
    let length = set.len();
    model.replace(&arguments[1], set.into_value(), length)
}

/// What `key min max options…` asks for, and whether with scores.
fn chosen<'a>(
    model: &'a RedisModel,
    arguments: &[Vec<u8>],
    name_says: Option<(bool, bool)>,
    stores: bool,
) -> Result<(Ranking<'a>, bool), Fail> {
    let (mut by_score, mut reverse) = name_says.unwrap_or_default();
    let (mut with_scores, mut skip, mut most) = (false, 0, -1);
    let mut options = arguments[3..].iter();
    while let Some(option) = options.next() {
        match option.to_ascii_uppercase().as_slice() {
            b"WITHSCORES" if !stores => with_scores = true,
            b"LIMIT" if options.len() >= 2 => {
                skip = integer(options.next().ok_or(Fail::SYNTAX)?)?;
                most = integer(options.next().ok_or(Fail::SYNTAX)?)?;
            }
            b"REV" if name_says.is_none() => reverse = true,
            b"BYSCORE" if name_says.is_none() => by_score = true,
            b"BYLEX" if name_says.is_none() => return Err(Fail::unmodelled("does not know ZRANGE with BYLEX")),
            _ => return Err(Fail::SYNTAX),
        }
    }
    if !by_score && most != -1 {
        return Err(Fail::text(
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
        ));
    }
    let ordered = |model| -> Result<_, Fail> {
        let mut members = ranking(sorted(model, &arguments[0])?);
        if reverse {
            members.reverse();
        }
        Ok(members)
    };
    if !by_score {
        let (first, last) = (integer(&arguments[1])?, integer(&arguments[2])?);
        let members = ordered(model)?;
        let chosen = range(first, last, members.len());
        return Ok((members[chosen].to_vec(), with_scores));
    }
    let (low, high) = if reverse { (2, 1) } else { (1, 2) };
    let bounds = Bounds::parse(&arguments[low], &arguments[high])?;
    // A negative offset gives nothing, a negative count everything.
    let (skip, most) = [skip, most]
        .map(|number| usize::try_from(number).unwrap_or(usize::MAX))
        .into();
    let inside = ordered(model)?.into_iter().filter(|(score, _)| bounds.contain(*score));
    Ok((inside.skip(skip).take(most).collect(), with_scores))
}

fn rank(model: &mut RedisModel, arguments: &[Vec<u8>], reverse: bool) -> Answer {
    let members = ranking(sorted(model, &arguments[1])?);
    let place = members.iter().position(|(_, member)| member.as_slice() == arguments[2]);
    Ok(place.map_or(Reply::Nil, |at| {
        Reply::count(if reverse { members.len() - 1 - at } else { at })
    }))
}

fn remove_by_score(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let bounds = Bounds::parse(&arguments[2], &arguments[3])?;
    let members = ranking(sorted(model, &arguments[1])?);
    let doomed = members.into_iter().filter(|(score, _)| bounds.contain(*score));
    let doomed: Vec<_> = doomed.map(|(_, member)| member.clone()).collect();
    remove(model, &arguments[1], &doomed)
}

fn remove_by_rank(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (first, last) = (integer(&arguments[2])?, integer(&arguments[3])?);
    let members = ranking(sorted(model, &arguments[1])?);
    let doomed = members[range(first, last, members.len())].iter();
    let doomed: Vec<_> = doomed.map(|(_, member)| (*member).clone()).collect();
    remove(model, &arguments[1], &doomed)
}

fn remove(model: &mut RedisModel, key: &[u8], doomed: &[Bytes]) -> Answer {
    if let Some(set) = model.data.get_mut::<SortedSet>(key)?
        && !doomed.is_empty()
    {
        for member in doomed {
            set.remove(member);
        }
        model.changed(key);
    }
    Ok(Reply::count(doomed.len()))
}
