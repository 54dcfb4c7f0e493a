//! Values that are `[key value]`, as `jepsen.independent` has them.

use clojure_reader::edn::Edn;

use super::operations::{Fields, each, word};
use crate::interchange::{Trouble, error::excerpt, lines::Wrong};

/// What `[key value]` or `#jepsen.independent.Tuple{:key …, :value …}` is made of.
pub(super) fn pair<'m>(value: &'m Edn<'m>) -> Option<(&'m Edn<'m>, &'m Edn<'m>)> {
    match value {
        Edn::Vector(pair) => match pair.as_slice() {
            [key, value] => Some((key, value)),
            _ => None,
        },
        tagged => match tuple(tagged)? {
            Edn::Map(fields) => {
                let field = |name: &'static str| fields.get(&Edn::Key(name.into()));
                Some((field("key")?, field("value")?))
            }
            Edn::List(pair) => match pair.as_slice() {
                [key, value] => Some((key, value)),
                _ => None,
            },
            vector @ Edn::Vector(_) => pair(vector),
            _ => None,
        },
    }
}

/// What is tagged as a tuple, in one of the ways in which versions of Jepsen and of Clojure print one.
fn tuple<'m>(value: &'m Edn<'m>) -> Option<&'m Edn<'m>> {
    match value {
        Edn::Tagged(tag, inner)
            if ["tuple", "mapentry"]
                .iter()
                .any(|end| tag.to_lowercase().ends_with(end)) =>
        {
            Some(inner)
        }
        _ => None,
    }
}

/// Are the values of this file `[key value]`? The first operation that only one answer fits tells. `ours`: the file says by itself
/// where they are, so that in doubt they are not. What is wrong with the file is for others to say, who read all of it.
pub(super) fn told_by(text: &str, ours: bool) -> Result<bool, Wrong> {
    let mut told = None;
    let mut either = None;
    let read = each(text, |line, fields| {
        match told_by_one(fields) {
            Told::Certainly(independent) => told = Some(independent),
            Told::Either(found) => {
                either.get_or_insert_with(|| (line, excerpt(found)));
            }
            Told::Nothing => {}
        }
        Ok(told.is_none())
    });
    match (told, either.filter(|_| read.is_ok())) {
        (Some(told), _) => Ok(told),
        (None, Some((line, found))) if !ours => Err((line, Trouble::Independent { found })),
        (None, _) => Ok(false),
    }
}

enum Told<'m> {
    Certainly(bool),
    /// A register may hold lists of two, too.
    Either(&'m Edn<'m>),
    Nothing,
}

fn told_by_one<'m>(fields: &Fields<'m>) -> Told<'m> {
    let Some(Edn::Int(_)) = fields.get("process") else {
        return Told::Nothing;
    };
    let value = fields.get("value").copied();
    if value.is_some_and(|value| tuple(value).is_some()) {
        return Told::Certainly(true);
    }
    if fields.contains_key("key") {
        return Told::Certainly(false);
    }
    let word = |name: &str| fields.get(name).and_then(|value| word(value)).unwrap_or_default();
    if word("type") != "invoke" {
        return Told::Nothing;
    }
    let Some((value, (_, inner))) = value.and_then(|value| Some((value, pair(value)?))) else {
        return Told::Certainly(false);
    };
    match word("f") {
        // What a read finds is put into its invocation by some; nil is what it asks for.
        "read" if *inner != Edn::Nil => Told::Either(value),
        "write" => Told::Either(value),
        "cas" if pair(inner).is_some() => Told::Either(value),
        "cas" => Told::Certainly(false),
        "read" | "get" | "put" | "append" | "buy" | "restock" | "add" => Told::Certainly(true),
        _ => Told::Nothing,
    }
}
