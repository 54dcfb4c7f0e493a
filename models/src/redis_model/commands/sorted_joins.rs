//! Sorted sets and sets together: `ZUNION`, `ZINTER`, `ZDIFF` and their kin.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    sorted_ranges::replies,
    sorted_sets::{SortedSet, ranking},
};
use crate::redis_model::{
    RedisModel, Reply,
    arguments::{at_least, integer, is},
    command::Command,
    fail::{Answer, Fail},
    score::Score,
    value::{Bytes, Kind as _, Value},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::read("zunion", -3, |model, arguments| show(model, arguments, Join::Union)),
    Command::read("zinter", -3, |model, arguments| show(model, arguments, Join::Inter)),
    Command::read("zdiff", -3, |model, arguments| show(model, arguments, Join::Diff)),
    Command::read("zintercard", -3, |model, arguments| {
        let asked = Asked::parse(model, &arguments[1..], Join::Inter, "zintercard", Use::Count)?;
        let (most, count) = (asked.most, asked.joined(Join::Inter).len());
        Ok(Reply::count(if most == 0 { count } else { count.min(most) }))
    }),
    Command::write("zunionstore", -4, |model, arguments| {
        store(model, arguments, Join::Union)
    }),
    Command::write("zinterstore", -4, |model, arguments| {
        store(model, arguments, Join::Inter)
    }),
    Command::write("zdiffstore", -4, |model, arguments| store(model, arguments, Join::Diff)),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    Union,
    Inter,
    Diff,
}

impl Join {
    const fn name(self) -> &'static str {
        match self {
            Self::Union => "zunion",
            Self::Inter => "zinter",
            Self::Diff => "zdiff",
        }
    }
}

/// What becomes of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Show,
    Count,
    Store,
}

/// What scores of one member come to.
type Aggregate = fn(f64, f64) -> f64;

/// A set, in which each member has the score 1, or a sorted set.
#[derive(Clone, Copy)]
enum Input<'a> {
    Nothing,
    Plain(&'a BTreeSet<Bytes>),
    Scored(&'a SortedSet),
}

impl<'a> Input<'a> {
    fn of(model: &'a RedisModel, key: &[u8]) -> Result<Self, Fail> {
        match model.data.value(key) {
            None => Ok(Self::Nothing),
            Some(Value::Set(set)) => Ok(Self::Plain(set)),
            Some(Value::SortedSet(set)) => Ok(Self::Scored(set)),
            Some(_) => Err(Fail::WRONG_TYPE),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Plain(set) => set.len(),
            Self::Scored(set) => set.len(),
        }
    }

    fn score(self, member: &Bytes) -> Option<f64> {
        match self {
            Self::Nothing => None,
            Self::Plain(set) => set.contains(member).then_some(1.0),
            Self::Scored(set) => set.get(member).map(|score| score.get()),
        }
    }

    fn members(self) -> impl Iterator<Item = (&'a Bytes, f64)> {
        let (plain, scored) = match self {
            Self::Nothing => (None, None),
            Self::Plain(set) => (Some(set), None),
            Self::Scored(set) => (None, Some(set)),
        };
        let plain = plain.into_iter().flatten().map(|member| (member, 1.0));
        plain.chain(
            scored
                .into_iter()
                .flatten()
                .map(|(member, score)| (member, score.get())),
        )
    }
}

struct Asked<'a> {
    inputs: Vec<(f64, Input<'a>)>,
    aggregate: Aggregate,
    with_scores: bool,
    most: usize,
}

impl<'a> Asked<'a> {
    /// Of `number key… options…`.
    fn parse(model: &'a RedisModel, arguments: &[Vec<u8>], join: Join, name: &str, what: Use) -> Result<Self, Fail> {
        let (number, rest) = arguments.split_first().ok_or(Fail::SYNTAX)?;
        let number = integer(number)?;
        if number < 1 {
            return Err(Fail::owned(format!(
                "ERR at least 1 input key is needed for '{name}' command"
            )));
        }
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if number > rest.len() {
            return Err(Fail::SYNTAX);
        }
        let (keys, mut options) = rest.split_at(number);
        let inputs = keys.iter().map(|key| Ok((1.0, Input::of(model, key)?)));
        let mut asked = Self {
            inputs: inputs.collect::<Result<_, Fail>>()?,
            aggregate: |a, b| a + b,
            with_scores: false,
            most: 0,
        };
        let weighs = join != Join::Diff && what != Use::Count;
        while let [option, rest @ ..] = options {
            options = if weighs && is(option, "WEIGHTS") && rest.len() >= number {
                for ((weight, _), text) in asked.inputs.iter_mut().zip(rest) {
                    *weight = Score::parse(text, &Fail::text("ERR weight value is not a float"))?.get();
                }
                &rest[number..]
            } else if weighs
                && is(option, "AGGREGATE")
                && let [name, rest @ ..] = rest
            {
                asked.aggregate = match name.to_ascii_uppercase().as_slice() {
                    b"SUM" => |a, b| a + b,
                    b"MIN" => |a, b| if b < a { b } else { a },
                    b"MAX" => |a, b| if b > a { b } else { a },
                    _ => return Err(Fail::SYNTAX),
                };
                rest
            } else if what == Use::Show && is(option, "WITHSCORES") {
                asked.with_scores = true;
                rest
            } else if what == Use::Count
                && is(option, "LIMIT")
                && let [most, rest @ ..] = rest
            {
                asked.most = at_least(0, most, "ERR LIMIT can't be negative")?;
                rest
            } else {
                return Err(Fail::SYNTAX);
            };
        }
        Ok(asked)
    }

    fn joined(mut self, join: Join) -> SortedSet {
        if join != Join::Diff {
            // In which order scores are added matters where they are large.
            self.inputs.sort_by_key(|(_, set)| set.len());
        }
        let Some(((weight, first), others)) = self.inputs.split_first() else {
            return SortedSet::new();
        };
        let mut all: BTreeMap<Bytes, f64> = BTreeMap::new();
        match join {
            Join::Inter => all.extend(first.members().filter_map(|(member, score)| {
                let mut total = real(weight * score);
                for (weight, input) in others {
                    total = real((self.aggregate)(total, weight * input.score(member)?));
                }
                Some((member.clone(), total))
            })),
            Join::Diff => {
                let alone = |member: &Bytes| others.iter().all(|(_, input)| input.score(member).is_none());
                let members = first.members().filter(|(member, _)| alone(member));
                all.extend(members.map(|(member, score)| (member.clone(), score)));
            }
            Join::Union => {
                for (weight, input) in &self.inputs {
                    for (member, score) in input.members() {
                        let score = real(weight * score);
                        all.entry(member.clone())
                            .and_modify(|total| *total = real((self.aggregate)(*total, score)))
                            .or_insert(score);
                    }
                }
            }
        }
        let score = |(member, score)| Some((member, Score::new(score)?));
        all.into_iter().filter_map(score).collect()
    }
}

/// What is no number counts as 0: infinities that cancel each other.
const fn real(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

fn show(model: &RedisModel, arguments: &[Vec<u8>], join: Join) -> Answer {
    let asked = Asked::parse(model, &arguments[1..], join, join.name(), Use::Show)?;
    let with_scores = asked.with_scores;
    let set = asked.joined(join);
    Ok(replies(ranking(Some(&set)).into_iter(), with_scores))
}

fn store(model: &mut RedisModel, arguments: &[Vec<u8>], join: Join) -> Answer {
    let name = format!("{}store", join.name());
    let set = Asked::parse(model, &arguments[2..], join, &name, Use::Store)?.joined(join);
    let length = set.len();
    model.replace(&arguments[1], set.into_value(), length)
}
