//! What answers mean, found out from what they did.
//!
//! Every answer that was seen has a label: somebody was sold something with it, or was refused. What tells the labels apart is looked
//! for at one place in the answers after the other, simplest tests first, and has to tell apart all that was seen. A test goes
//! beyond what was seen only where numbers are what the counter says, or where texts differ in nothing but numbers: an
//! answer of another kind means nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::answer::{Answer, Kind, Matches, Path, Rule, Sort, Step, Test, number, shape};

/// An answer that was seen.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) means: Kind,
    /// Units put on sale.
    pub(crate) stock: u64,
    /// What the counter said before and after.
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
}

impl Seen<'_> {
    /// Units sold where the counter says what is left, and left where it says what is sold.
    fn others(&self, count: Option<i64>) -> Option<i64> {
        i64::try_from(self.stock).ok()?.checked_sub(count.unwrap_or(0))
    }
}

/// What a number may say of the stock.
const LAWS: [fn(&Seen<'_>) -> Option<i64>; 4] = [
    |seen| seen.after,
    |seen| seen.before,
    |seen| seen.others(seen.after),
    |seen| seen.others(seen.before),
];

/// How deep fields of answers are looked at.
const DEPTH: usize = 3;

/// Rules that tell apart what was seen. `None`: nothing does.
pub(crate) fn rules(seen: &[Seen<'_>]) -> Option<Vec<Rule>> {
    let mut rules = errors(seen)?;
    let replies = seen.iter().filter_map(|seen| match seen.answer {
        Answer::Reply(value) => Some((value, seen)),
        Answer::Error(_) => None,
    });
    for replies in by_sort(replies).values() {
        rules.extend(of_replies(replies)?);
    }
    Some(rules)
}

/// An answer or a field of it, and what was seen with it.
type At<'a> = (&'a Value, &'a Seen<'a>);

fn by_sort<'a>(values: impl Iterator<Item = At<'a>>) -> BTreeMap<Sort, Vec<At<'a>>> {
    let mut sorts: BTreeMap<Sort, Vec<At<'a>>> = BTreeMap::new();
    for (value, seen) in values {
        // Digits as a text are a number where all of them are.
        let sort = if number(value).is_some() {
            Sort::Number
        } else {
            Sort::of(value)
        };
        sorts.entry(sort).or_default().push((value, seen));
    }
    sorts
}

/// Rules for replies of one sort.
fn of_replies(replies: &[At<'_>]) -> Option<Vec<Rule>> {
    let all: Vec<Path> = paths(replies);
    let attempt = |how: How| {
        all.iter().find_map(|path| {
            let at: Option<Vec<At<'_>>> = replies
                .iter()
                .map(|(value, seen)| Some((path.of(value)?, *seen)))
                .collect();
            let tests = tests(&at?, how)?;
            Some(
                tests
                    .into_iter()
                    .map(|(test, means)| Rule {
                        matches: Matches::Reply(path.clone(), test),
                        means,
                    })
                    .collect::<Vec<Rule>>(),
            )
        })
    };
    let mut found = attempt(How::Constants);
    if found.is_none() && !all.iter().any(|path| contradicts(path, replies)) {
        found = attempt(How::Laws).or_else(|| attempt(How::Names));
    }
    found
}

/// How values at one place are told apart: the surest way first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Each kind has one value.
    Constants,
    /// Numbers follow the counter, texts are alike but for numbers.
    Laws,
    /// Several values are named.
    Names,
}

/// Does something stand there that looks like a code, and is at odds with what was done? Whoever is sold something is told one value,
/// and now and then that of a refusal. What tells the answers apart at another place may do so by chance.
fn contradicts(path: &Path, replies: &[At<'_>]) -> bool {
    let told = |sold: bool| -> BTreeSet<String> {
        let of = replies.iter().filter(|(_, seen)| (seen.means == Kind::Bought) == sold);
        of.filter_map(|(value, _)| Some(path.of(value)?.to_string())).collect()
    };
    let (sold, refused) = (told(true), told(false));
    sold.difference(&refused).count() == 1 && !sold.is_disjoint(&refused)
}

/// Errors are told apart by their codes, or else by all that they say.
fn errors(seen: &[Seen<'_>]) -> Option<Vec<Rule>> {
    let texts = || {
        seen.iter().filter_map(|seen| match seen.answer {
            Answer::Error(text) => Some((text.as_str(), seen.means)),
            Answer::Reply(_) => None,
        })
    };
    let of = |name: fn(&str) -> &str| -> Option<Vec<Rule>> {
        let mut known = BTreeMap::new();
        for (text, means) in texts() {
            if *known.entry(name(text)).or_insert(means) != means {
                return None;
            }
        }
        let rule = |(text, means): (&str, Kind)| Rule {
            matches: Matches::Words(text.to_string()),
            means,
        };
        Some(known.into_iter().map(rule).collect())
    };
    let have_codes = texts().all(|(text, _)| code(text).is_some());
    let by_code = have_codes.then(|| of(|text| code(text).unwrap_or(text)));
    by_code.flatten().or_else(|| of(|text| text))
}

/// The code that an error begins with. `ERR` says nothing.
fn code(text: &str) -> Option<&str> {
    let code = text.split(' ').next()?;
    let is_of_code = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    (code != "ERR" && code.chars().all(is_of_code)).then_some(code)
}

/// Every place that all replies have, the whole first.
fn paths(replies: &[At<'_>]) -> Vec<Path> {
    let mut paths = vec![Path::default()];
    let mut last = paths.clone();
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for path in &last {
            let Some(value) = path.of(replies[0].0) else { continue };
            let steps: Vec<Step> = match value {
                Value::Array(items) => (0..items.len()).map(Step::Index).collect(),
                Value::Object(fields) => fields.keys().cloned().map(Step::Field).collect(),
                _ => Vec::new(),
            };
            for step in steps {
                let mut path = path.clone();
                path.0.push(step);
                if replies.iter().all(|(value, _)| path.of(value).is_some()) {
                    next.push(path);
                }
            }
        }
        paths.extend(next.iter().cloned());
        last = next;
    }
    paths
}

/// Tests that tell apart values at one place.
fn tests(seen: &[At<'_>], how: How) -> Option<Vec<(Test, Kind)>> {
    let mut tests = Vec::new();
    for (sort, seen) in by_sort(seen.iter().copied()) {
        tests.extend(of_sort(sort, &seen, how)?);
    }
    Some(tests)
}

fn of_sort(sort: Sort, seen: &[At<'_>], how: How) -> Option<Vec<(Test, Kind)>> {
    let mut values: BTreeMap<Kind, Vec<&Value>> = BTreeMap::new();
    for (value, seen) in seen {
        let known = values.entry(seen.means).or_default();
        if !known.contains(value) {
            known.push(value);
        }
    }
    let is_apart = || {
        let all: Vec<&Value> = values.values().flatten().copied().collect();
        let distinct: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        distinct.len() == all.len()
    };
    let named = || {
        let each = values
            .iter()
            .flat_map(|(kind, list)| list.iter().map(|value| (Test::Is((*value).clone()), *kind)));
        each.collect::<Vec<_>>()
    };
    let constant = values.values().all(|list| list.len() == 1);
    if constant && is_apart() && !matches!(sort, Sort::List | Sort::Object) {
        return Some(named());
    }
    if how == How::Constants {
        return None;
    }
    let many = how == How::Names;
    let alone = (values.len() == 1).then(|| values.keys().next().copied()).flatten();
    match sort {
        Sort::Number => numbers(seen).or_else(|| (many && is_apart()).then(named)),
        Sort::Text => {
            let mut shapes: BTreeMap<String, Kind> = BTreeMap::new();
            for (value, seen) in seen {
                let shape = shape(value.as_str().unwrap_or_default());
                if *shapes.entry(shape).or_insert(seen.means) != seen.means {
                    return None;
                }
            }
            if shapes.len() > values.len() + 2 && !many {
                return None;
            }
            Some(
                shapes
                    .into_iter()
                    .map(|(shape, kind)| (Test::Like(shape), kind))
                    .collect(),
            )
        }
        // Fields may tell more.
        Sort::List | Sort::Object => alone
            .filter(|_| many || constant)
            .map(|kind| vec![(Test::Sort(sort), kind)]),
        Sort::Nil | Sort::Bool | Sort::Empty => None,
    }
}

/// Numbers that say what the counter says: what is left, or was there, or what was sold.
fn numbers(seen: &[At<'_>]) -> Option<Vec<(Test, Kind)>> {
    let of = |is: fn(Kind) -> bool| -> Vec<(i64, &Seen<'_>)> {
        let chosen = seen.iter().filter(|(_, seen)| is(seen.means));
        chosen
            .filter_map(|(value, seen)| Some((number(value)?, *seen)))
            .collect()
    };
    let sold = of(|kind| kind == Kind::Bought);
    let refused = of(|kind| kind != Kind::Bought);
    let follows = |of: fn(&Seen<'_>) -> Option<i64>| sold.iter().all(|(number, seen)| of(seen) == Some(*number));
    let varies = sold.windows(2).any(|pair| pair[0].0 != pair[1].0);
    if !varies || !LAWS.into_iter().any(follows) {
        return None;
    }
    let goes_on = refused
        .iter()
        .all(|(number, seen)| *number < 0 && [seen.after, seen.others(seen.after)].contains(&Some(*number)));
    let beyond = |(number, seen): &(i64, &Seen<'_>)| number.checked_sub_unsigned(seen.stock);
    let least = sold.iter().map(|(number, _)| *number).min()?;
    let mut kinds: BTreeMap<Kind, BTreeSet<i64>> = BTreeMap::new();
    for (number, seen) in &refused {
        kinds.entry(seen.means).or_default().insert(*number);
    }
    if refused.iter().all(|(number, _)| *number < least) {
        let mut tests = vec![(Test::AtLeast(least), Kind::Bought)];
        if kinds.len() == 1 && (goes_on || kinds.values().any(|numbers| numbers.len() > 1)) {
            tests.extend(kinds.keys().map(|kind| (Test::Below(least), *kind)));
        } else {
            let all: Vec<i64> = kinds.values().flatten().copied().collect();
            let distinct: BTreeSet<i64> = all.iter().copied().collect();
            if distinct.len() < all.len() {
                return None;
            }
            for (kind, numbers) in &kinds {
                tests.extend(numbers.iter().map(|number| (Test::Is((*number).into()), *kind)));
            }
        }
        return Some(tests);
    }
    // Counting up: what is beyond the units put on sale is refused.
    let most = sold.iter().filter_map(beyond).max()?;
    let only = kinds.keys().next().filter(|_| kinds.len() == 1)?;
    let is_beyond = refused
        .iter()
        .all(|refused| beyond(refused).is_some_and(|beyond| beyond > most));
    is_beyond.then(|| {
        vec![
            (Test::BeyondAtMost(most), Kind::Bought),
            (Test::BeyondMore(most), *only),
        ]
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is left is told, and what is counted is what is sold.
    #[test]
    fn numbers_mean_what_they_say_beyond_those_seen() {
        let answers = [2, 1, 0, -1].map(|left| Answer::Reply(json!(left)));
        let seen: Vec<Seen<'_>> = answers
            .iter()
            .zip([0, 1, 2, 3])
            .map(|(answer, sold)| Seen {
                answer,
                means: if sold < 3 { Kind::Bought } else { Kind::SoldOut },
                stock: 3,
                before: Some(sold),
                after: Some((sold + 1).min(3)),
            })
            .collect();
        let rules = rules(&seen).unwrap();
        let means = |number: i64| {
            let fits = |rule: &&Rule| rule.matches.matches(&Answer::Reply(json!(number)), 100);
            rules.iter().find(fits).map(|rule| rule.means)
        };
        assert_eq!(
            [97, 0, -1, -2].map(means),
            [Some(Kind::Bought), Some(Kind::Bought), Some(Kind::SoldOut), None]
        );
    }
}
