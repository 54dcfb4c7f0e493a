//! Sorted sets: changing them. Reading ranges is in `sorted_ranges`.

use std::collections::BTreeMap;

use crate::redis_model::{
    RedisModel, Reply,
    arguments::positive,
    command::Command,
    fail::{Answer, Fail},
    score::Score,
    value::Bytes,
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("zadd", -4, zadd),
    Command::write("zincrby", 4, |model, arguments| {
        let options = Options {
            increment: true,
            ..Options::default()
        };
        add(model, &arguments[1], &options, &arguments[2..])
    }),
    Command::write("zrem", -3, |model, arguments| {
        model.remove_members(arguments, |set: &mut SortedSet, member| set.remove(member).is_some())
    }),
    Command::read("zcard", 2, |model, arguments| {
        Ok(Reply::count(sorted(model, &arguments[1])?.map_or(0, BTreeMap::len)))
    }),
    Command::read("zscore", 3, |model, arguments| {
        let score = sorted(model, &arguments[1])?.and_then(|set| set.get(&Bytes::from_slice(&arguments[2])));
        Ok(Reply::maybe(score.map(|score| score.text())))
    }),
    Command::read("zmscore", -3, |model, arguments| {
        let set = sorted(model, &arguments[1])?;
        let score = |member: &Vec<u8>| Some(set?.get(&Bytes::from_slice(member))?.text());
        Ok(Reply::Array(
            arguments[2..]
                .iter()
                .map(|member| Reply::maybe(score(member)))
                .collect(),
        ))
    }),
    Command::write("zpopmin", -2, |model, arguments| pop(model, arguments, false)),
    Command::write("zpopmax", -2, |model, arguments| pop(model, arguments, true)),
];

pub(super) type SortedSet = BTreeMap<Bytes, Score>;

pub(super) fn sorted<'a>(model: &'a RedisModel, key: &[u8]) -> Result<Option<&'a SortedSet>, Fail> {
    model.data.get(key)
}

/// Members by score, and by name where scores are equal.
pub(super) type Ranking<'a> = Vec<(Score, &'a Bytes)>;

pub(super) fn ranking(set: Option<&SortedSet>) -> Ranking<'_> {
    let mut ranking: Vec<_> = set
        .into_iter()
        .flatten()
        .map(|(member, score)| (*score, member))
        .collect();
    ranking.sort_unstable();
    ranking
}

#[derive(Clone, Copy, Debug, Default)]
struct Options {
    only_new: bool,
    only_old: bool,
    greater: bool,
    less: bool,
    count_changed: bool,
    increment: bool,
}

fn zadd(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let mut options = Options::default();
    let mut rest = &arguments[2..];
    while let Some((option, others)) = rest.split_first() {
        match option.to_ascii_uppercase().as_slice() {
            b"NX" => options.only_new = true,
            b"XX" => options.only_old = true,
            b"GT" => options.greater = true,
            b"LT" => options.less = true,
            b"CH" => options.count_changed = true,
            b"INCR" => options.increment = true,
            _ => break,
        }
        rest = others;
    }
    add(model, &arguments[1], &options, rest)
}

fn add(model: &mut RedisModel, key: &[u8], options: &Options, rest: &[Vec<u8>]) -> Answer {
    let (pairs, left_over) = rest.as_chunks::<2>();
    if pairs.is_empty() || !left_over.is_empty() {
        return Err(Fail::SYNTAX);
    }
    if options.only_new && options.only_old {
        return Err(Fail::text("ERR XX and NX options at the same time are not compatible"));
    }
    if (options.greater && options.less) || (options.only_new && (options.greater || options.less)) {
        return Err(Fail::text(
            "ERR GT, LT, and/or NX options at the same time are not compatible",
        ));
    }
    if options.increment && pairs.len() > 1 {
        return Err(Fail::text("ERR INCR option supports a single increment-element pair"));
    }
    // All scores are read before anything is changed.
    let scores = pairs.iter().map(|[score, _]| Score::parse(score, &Fail::NOT_A_FLOAT));
    let scores = scores.collect::<Result<Vec<_>, _>>()?;
    if sorted(model, key)?.is_none() && options.only_old {
        return Ok(if options.increment { Reply::Nil } else { Reply::Int(0) });
    }
    let (mut added, mut changed, mut result) = (0, 0, None);
    let set: &mut SortedSet = model.data.get_or_new(key)?;
    for ([_, member], score) in pairs.iter().zip(scores) {
        let member = Bytes::from_slice(member);
        let old = set.get(&member).copied();
        let new = match old {
            Some(old) if options.increment => {
                let sum = Score::new(old.get() + score.get());
                sum.ok_or(Fail::text("ERR resulting score is not a number (NaN)"))?
            }
            _ => score,
        };
        let refused = match old {
            None => options.only_old,
            Some(old) => options.only_new || (options.greater && new <= old) || (options.less && new >= old),
        };
        if refused {
            continue;
        }
        result = Some(new);
        if old != Some(new) {
            set.insert(member, new);
            *(if old.is_some() { &mut changed } else { &mut added }) += 1;
        }
    }
    if added + changed > 0 {
        model.touch(key);
    }
    Ok(if options.increment {
        Reply::maybe(result.map(Score::text))
    } else {
        Reply::count(if options.count_changed { added + changed } else { added })
    })
}

/// Members and scores by turns.
fn pop(model: &mut RedisModel, arguments: &[Vec<u8>], from_top: bool) -> Answer {
    let key = &arguments[1];
    let count = match &arguments[2..] {
        [] => 1,
        [count] => positive(count)?,
        _ => return Err(Fail::SYNTAX),
    };
    let popped = take(model, key, from_top, count)?;
    let replies = popped
        .iter()
        .flat_map(|(score, member)| [Reply::bulk(member), Reply::Bulk(score.text())]);
    Ok(Reply::Array(replies.collect()))
}

/// Takes up to so many members from one end.
pub(super) fn take(
    model: &mut RedisModel,
    key: &[u8],
    from_top: bool,
    count: usize,
) -> Result<Vec<(Score, Bytes)>, Fail> {
    let ranking = ranking(sorted(model, key)?);
    let chosen = |(score, member): (Score, &Bytes)| (score, member.clone());
    let popped: Vec<(Score, Bytes)> = if from_top {
        ranking.into_iter().rev().take(count).map(chosen).collect()
    } else {
        ranking.into_iter().take(count).map(chosen).collect()
    };
    if let Some(set) = model.data.get_mut::<SortedSet>(key)?
        && !popped.is_empty()
    {
        for (_, member) in &popped {
            set.remove(member);
        }
        model.changed(key);
    }
    Ok(popped)
}
