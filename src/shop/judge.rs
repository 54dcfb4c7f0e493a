//! What the purchases of a rehearsal say of a shop: what its answers mean, and what is wrong with nobody else there.

use std::collections::BTreeSet;

use super::{
    answer::{Answer, Kind, Matches, Path, Rule, Step, Test, number},
    code::{Count, Shop},
    infer::{self, Seen},
    meaning::{Unclear, Where},
    rehearsal::{Asked, Fault, Rehearsal, STOCKS, Unrehearsed, Wrong},
};

/// What the purchases say of the code.
pub(super) fn judge(shop: &Shop, mut asked: Vec<Asked>) -> Result<Rehearsal, Unrehearsed> {
    let mut shop = shop.clone();
    let mut notes = Vec::new();
    let larger = || asked.iter().filter(|asked| asked.quantity > 1);
    // What asks whether there are two, and takes one, does not ignore it.
    let ignores = shop.guesses_quantity
        && larger().all(|asked| asked.taken <= 1)
        && larger().any(|asked| asked.taken == 1 && asked.left == 1);
    let sold = asked.iter().filter(|asked| asked.taken > 0 && !ignores);
    let most = sold.map(|asked| asked.quantity).max().unwrap_or(1);
    if ignores {
        notes.push(
            "one unit is taken however many are asked for, so purchases of 1 are all that is asked for".to_string(),
        );
        asked.retain(|asked| asked.quantity == 1);
    }
    let mut tried = Vec::new();
    if most < shop.quantity {
        tried = asked.iter().filter(|asked| asked.quantity > most).cloned().collect();
        asked.retain(|asked| asked.quantity <= most);
        if !ignores {
            notes.push(format!(
                "a purchase of {} is refused whatever is left, so purchases of {most} at most are all that is asked for",
                shop.quantity
            ));
        }
        shop.quantity = most;
    }
    let stuck = asked.iter().all(|asked| asked.taken == 0);
    if stuck {
        nothing_taken(&shop, &asked)?;
    }
    if shop.limit.is_none() {
        shop.limit = limit(&asked);
        shop.finds_limit = shop.limit.is_some();
        // What is counted are purchases then.
        let most = asked.iter().map(|one| one.had + one.taken).max().unwrap_or(0);
        if let Some(limit) = shop.limit.filter(|limit| most > *limit) {
            notes.push(format!(
                "a buyer may come {limit} times, and has {most} units then: the code counts purchases, so purchases of 1 are all that is \
                 asked for; if {limit} units were meant, say so: limit = {limit} in [buy]"
            ));
            shop.quantity = 1;
        }
    }
    if !shop.is_given
        && let Some(one) = asked
            .iter()
            .find(|one| !is_enough(one) && one.had == 0 && has_crashed(&one.answer))
    {
        return Err(Unrehearsed(format!(
            "the script runs into an error while {}: {}; if that is how it says that it is sold out, say so with sold-out in [buy.answer]",
            so_many(one.left, "is left", "are left"),
            one.answer
        )));
    }
    if !shop.is_given {
        let rules = if stuck {
            by_stock(&asked)
        } else {
            by_what_was_taken(&shop, &asked)
        };
        shop.meaning.rules = rules.ok_or_else(|| Unrehearsed(unclear(&shop, &asked)))?;
        if let Some(limit) = shop.limit
            && shop.knows_buyers()
            && asked.iter().all(|one| one.had < limit)
        {
            // Nobody had so many: the same answer may be for those who have.
            for rule in shop.meaning.rules.iter_mut().filter(|rule| rule.means == Kind::SoldOut) {
                rule.means = Kind::Refused;
            }
            notes.push(format!(
                "nobody had {limit} units in the rehearsal, so a refusal may be for want of stock or for the limit"
            ));
        }
    }
    let mut faults = faults(&shop, &asked)?;
    if let Some((wrong, one)) = refused_for_size(&shop, tried)? {
        faults.push(Fault { wrong, at: asked.len() });
        asked.push(one);
    }
    if shop.meaning.remaining.is_none() {
        shop.meaning.remaining = remaining(&shop, &asked);
    } else {
        faults.extend(wrong_remaining(&shop, &asked));
    }
    if let Some(most) = asked
        .iter()
        .map(|asked| asked.had + asked.taken)
        .max()
        .filter(|most| *most > 1)
        && shop.limit.is_none()
        && shop.knows_buyers()
    {
        notes.push(format!(
            "one buyer alone is sold {most}: that {{buyer}} is given makes no difference; if there is a limit for each, say so: limit = 1 in [buy]"
        ));
    }
    if asked
        .iter()
        .any(|asked| asked.drifts && shop.meaning.of(&asked.answer, asked.stock) != Ok(Kind::Bought))
    {
        let put_back = match shop.restock {
            Some(_) => "; units put back are lost then: see `prove --restock 1`",
            None => "",
        };
        notes.push(format!(
            "the counter goes on past its end when it refuses; units left are counted as none then{put_back}"
        ));
    }
    notes.extend(unlooked_at(&shop, &asked));
    Ok(Rehearsal {
        shop,
        asked,
        faults,
        notes,
    })
}

/// What buyers are told that no promise is about.
fn unlooked_at(shop: &Shop, asked: &[Asked]) -> Option<String> {
    let is_bought = |one: &&Asked| shop.meaning.of(&one.answer, one.stock) == Ok(Kind::Bought);
    let mut bought = asked.iter().filter(is_bought);
    let first = &bought.next()?.answer;
    let Answer::Reply(told) = first else { return None };
    let is_number = told.is_i64() || told.as_str().is_some_and(|text| text.parse::<i64>().is_ok());
    let listed = |rule: &&Rule| rule.means == Kind::Bought && matches!(&rule.matches, Matches::Reply(_, Test::Is(_)));
    if is_number && !shop.is_given && shop.meaning.rules.iter().filter(listed).count() > 3 {
        return Some(
            "other numbers than these are not understood: if each that is above 0 says bought, say so: bought = { jq = \". > 0\" } in \
             [buy.answer], and unit = { jq = \".\" } if it is the unit"
                .to_string(),
        );
    }
    let other = bought.find(|one| one.answer != *first)?;
    let names = shop.meaning.unit.is_none() && shop.meaning.remaining.is_none() && !is_number;
    names.then(|| {
        format!(
            "buyers are told {first} or {}: if that names a unit, say where it stands, and a unit that is sold twice is found: unit = \
             {{ jq = \".\" }} in [buy.answer]",
            other.answer
        )
    })
}

/// Purchases of more than anybody gets: are they refused? Otherwise one that is not.
fn refused_for_size(shop: &Shop, tried: Vec<Asked>) -> Result<Option<(Wrong, Asked)>, Unrehearsed> {
    for one in tried.into_iter().filter(is_enough) {
        match (shop.meaning.of(&one.answer, one.stock), &one.answer) {
            (Ok(Kind::Bought), _) => {
                let wrong = Wrong::Miscounted {
                    asked: one.quantity,
                    taken: one.taken,
                };
                return Ok(Some((wrong, one)));
            }
            (Err(Unclear::Unknown), Answer::Error(_)) => {
                return Err(Unrehearsed(format!(
                    "a purchase of {} is answered {} while {} left; if so many cannot be asked for, say so: quantity = 1 in [buy]",
                    one.quantity,
                    one.answer,
                    so_many(one.left, "was", "were")
                )));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// `left` never moved. Where answers follow what was put on sale, the code looks at it, and never takes from it.
fn nothing_taken(shop: &Shop, asked: &[Asked]) -> Result<(), Unrehearsed> {
    let Some(first) = asked.first() else { return Ok(()) };
    let enough = asked.iter().find(|asked| asked.stock >= asked.quantity);
    if let Some((one, Answer::Error(_))) = enough.map(|one| (one, &one.answer)) {
        return Err(Unrehearsed(nothing_sold(Some(one))));
    }
    let same = asked.iter().all(|asked| asked.answer == first.answer);
    if same {
        return Err(Unrehearsed(format!(
            "nothing is ever sold: every purchase, from 0 to {} units, is answered with {}; is the stock that `put` makes where the code \
             looks for it?",
            STOCKS.iter().max().copied().unwrap_or(0),
            first.answer
        )));
    }
    if matches!(shop.left, Count::Left(_)) && asked.iter().all(|asked| asked.before.is_none()) {
        return Err(Unrehearsed(format!(
            "`{}` replies nothing, whatever `put` puts on sale: is it about the key that `put` makes?",
            shop.left.command().text
        )));
    }
    if shop.is_given || by_stock(asked).is_some() {
        return Ok(());
    }
    Err(Unrehearsed(
        "answers differ, but the number of units left never changes: is this the stock that the code takes from?"
            .to_string(),
    ))
}

/// Of stock that is never taken from: what is answered whenever there are units, and never when there are none.
fn by_stock(asked: &[Asked]) -> Option<Vec<Rule>> {
    let fresh = |asked: &&Asked| asked.had == 0 && !asked.elsewhere;
    let seen: Vec<Seen<'_>> = asked
        .iter()
        .filter(fresh)
        .map(|asked| seen(asked, if is_enough(asked) { Kind::Bought } else { Kind::SoldOut }))
        .collect();
    // An error is nothing that was sold.
    let errors = seen
        .iter()
        .any(|seen| seen.means == Kind::Bought && matches!(seen.answer, Answer::Error(_)));
    if errors { None } else { infer::rules(&seen) }
}

fn seen(asked: &Asked, means: Kind) -> Seen<'_> {
    Seen {
        answer: &asked.answer,
        means,
        stock: asked.stock,
        before: asked.before,
        after: asked.after,
    }
}

/// How many units one buyer got who came again and again, for one each, while enough was left.
fn limit(asked: &[Asked]) -> Option<u64> {
    let refused = asked.iter().find(|asked| {
        let refused = asked.quantity == 1 && asked.had > 0 && asked.taken == 0;
        refused && is_enough(asked) && !has_crashed(&asked.answer)
    })?;
    Some(refused.had)
}

fn by_what_was_taken(shop: &Shop, asked: &[Asked]) -> Option<Vec<Rule>> {
    let is_unmoved = |asked: &Asked| asked.taken == 0 && !asked.drifts;
    // A counter that goes on past its end says nothing of its own accord where others do, and nothing when it begins to: one unit too
    // many may be sold there.
    let stays = asked.iter().any(|asked| is_unmoved(asked) && !is_enough(asked));
    let begins = |asked: &Asked| asked.drifts && !shop.is_past_end(asked.before, asked.stock);
    let mut list = Vec::new();
    for one in asked {
        let is_error = matches!(one.answer, Answer::Error(_));
        // What is answered to those who are sold something means that to the next one, too.
        let again = || {
            asked
                .iter()
                .any(|other| other.taken > 0 && !other.drifts && other.answer == one.answer)
        };
        let means = if one.drifts && (stays || again()) || begins(one) {
            continue;
        } else if one.taken > 0 && !one.drifts {
            // Nobody takes an error for something that was bought.
            if is_error {
                continue;
            }
            Kind::Bought
        } else if is_enough(one) {
            // Only somebody who has had theirs is rightly refused then.
            if one.had == 0 || has_crashed(&one.answer) {
                continue;
            }
            Kind::Already
        } else {
            Kind::SoldOut
        };
        list.push(seen(one, means));
    }
    infer::rules(&list).or_else(|| {
        let merged = list.iter().map(|seen| Seen {
            means: if seen.means == Kind::Bought {
                Kind::Bought
            } else {
                Kind::Refused
            },
            ..seen.clone()
        });
        infer::rules(&merged.collect::<Vec<_>>())
    })
}

/// Is it an error that the script did not mean, but that it ran into? In the words of Lua and of servers.
fn has_crashed(answer: &Answer) -> bool {
    const WORDS: [&str; 8] = [
        "attempt to ",
        "bad argument #",
        "nonexistent global variable",
        "Unknown Redis command",
        "Unknown command called from script",
        "Wrong number of args calling Redis command",
        "command arguments must be strings or integers",
        "stack overflow",
    ];
    matches!(answer, Answer::Error(text) if text.starts_with("WRONGTYPE ") || WORDS.iter().any(|words| text.contains(words)))
}

/// Was enough left for what was asked?
fn is_enough(asked: &Asked) -> bool {
    asked.left >= asked.quantity
}

/// A number that always was what was left after a purchase.
fn remaining(shop: &Shop, asked: &[Asked]) -> Option<Where> {
    let sold: Vec<&Asked> = asked.iter().filter(|asked| asked.taken > 0).collect();
    let Answer::Reply(first) = &sold.first()?.answer else {
        return None;
    };
    let mut places = vec![Path::default()];
    if let Some(items) = first.as_array() {
        places.extend((0..items.len()).map(|index| Path(vec![Step::Index(index)])));
    }
    if let Some(fields) = first.as_object() {
        places.extend(fields.keys().map(|field| Path(vec![Step::Field(field.clone())])));
    }
    let told = |path: &Path, asked: &Asked| match &asked.answer {
        Answer::Reply(value) => path.of(value).and_then(number),
        Answer::Error(_) => None,
    };
    let left = |asked: &Asked| i64::try_from(shop.units_left(asked.after, asked.stock)).ok();
    let place = places.into_iter().find(|path| {
        sold.iter()
            .all(|asked| told(path, asked).is_some() && told(path, asked) == left(asked))
    })?;
    Some(Where::Path(place))
}

fn unclear(shop: &Shop, asked: &[Asked]) -> String {
    let same = asked.iter().find_map(|one| {
        let other = asked
            .iter()
            .find(|other| other.answer == one.answer && (other.taken > 0) != (one.taken > 0))?;
        Some((one, other))
    });
    let why = match same {
        Some((one, other)) => format!(
            "{} is answered when {} taken and when {} taken, so it does not say whether something was sold",
            one.answer,
            so_many(one.taken, "is", "are"),
            so_many(other.taken, "is", "are")
        ),
        None => "what tells the answers apart was not found".to_string(),
    };
    let place = match shop.text {
        None => "a shop file (`oversell init` writes one)",
        Some(_) => shop.name.as_str(),
    };
    format!("{why}; say it in {place}, for example:\n  [buy.answer]\n  bought   = 1\n  sold-out = 0")
}

/// `nothing is`, `1 unit is`, `2 units are`.
fn so_many(count: u64, is: &str, are: &str) -> String {
    match count {
        0 => format!("nothing {is}"),
        1 => format!("1 unit {is}"),
        count => format!("{count} units {are}"),
    }
}

/// What contradicts: each answer is held against what the purchase did.
fn faults(shop: &Shop, asked: &[Asked]) -> Result<Vec<Fault>, Unrehearsed> {
    let mut faults = Vec::new();
    let mut sold = (0, 0_u64);
    let mut bought = false;
    let mut units = BTreeSet::new();
    for (at, one) in asked.iter().enumerate() {
        if sold.0 != one.trial {
            sold = (one.trial, 0);
        }
        let kind = match shop.meaning.of(&one.answer, one.stock) {
            Ok(kind) => kind,
            Err(Unclear::Several(first, other)) => {
                return Err(Unrehearsed(format!(
                    "the answer {} fits the rules of {first} and of {other}: make them differ in [buy.answer]",
                    one.answer
                )));
            }
            Err(Unclear::Unknown) => {
                return Err(Unrehearsed(format!(
                    "no rule fits the answer {}, which a buyer alone got while {} left; say in [buy.answer] what it means",
                    one.answer,
                    so_many(one.left, "was", "were")
                )));
            }
        };
        let asks = one.quantity;
        let wrong = match kind {
            Kind::Bought => {
                bought = true;
                sold.1 = sold.1.saturating_add(asks);
                let unit = shop.meaning.unit(&one.answer);
                if sold.1 > one.stock {
                    Some(Wrong::Oversold { sold: sold.1 })
                } else if let Some(unit) = unit.filter(|unit| !units.insert((one.trial, unit.clone()))) {
                    Some(Wrong::SameUnit { unit })
                } else if one.taken != asks && one.taken > 0 {
                    Some(Wrong::Miscounted {
                        asked: asks,
                        taken: one.taken,
                    })
                } else if let Some(limit) = shop.limit
                    && asks <= shop.quantity
                    && one.had + asks > limit
                {
                    Some(Wrong::TooMany {
                        has: one.had + asks,
                        limit,
                    })
                } else {
                    None
                }
            }
            _ if one.taken > 0 => Some(Wrong::Lost { taken: one.taken }),
            _ if is_enough(one) && one.had == 0 => Some(match kind {
                Kind::Already => Wrong::NeverHad,
                _ if one.elsewhere => Wrong::NeverHad,
                _ => Wrong::Refused { left: one.left },
            }),
            Kind::SoldOut if is_enough(one) => Some(Wrong::Refused { left: one.left }),
            Kind::Already | Kind::Refused if is_enough(one) && !shop.finds_limit => shop
                .limit
                .filter(|limit| one.had + asks <= *limit)
                .map(|limit| Wrong::MayHaveMore { has: one.had, limit }),
            _ => None,
        };
        if let Some(wrong) = wrong {
            faults.push(Fault { wrong, at });
        }
    }
    if shop.finds_limit {
        // Nobody has said that there is one.
        let is_of_limit = |fault: &Fault| matches!(fault.wrong, Wrong::NeverHad | Wrong::TooMany { .. });
        let doubtful = faults.iter().find(|fault| is_of_limit(fault)).map(|fault| fault.at);
        faults.retain(|fault| !is_of_limit(fault));
        if let Some(at) = doubtful.filter(|_| faults.is_empty()) {
            return Err(Unrehearsed(format!(
                "{} is what a buyer is answered who comes again, and not always so: is that a limit for each buyer of an item? If it is, \
                 say so: limit = 1 in [buy]; what counts for all items, or for a while, cannot be said",
                asked[at].answer
            )));
        }
    }
    if !bought {
        return Err(Unrehearsed(nothing_sold(asked.iter().find(|one| is_enough(one)))));
    }
    Ok(faults)
}

/// Nothing is; this one could have been.
fn nothing_sold(could: Option<&Asked>) -> String {
    let Some(one) = could else {
        return "nothing is ever sold, and `left` never says that there is enough".to_string();
    };
    let what = format!(
        "nothing is ever sold: with {} units put on sale, a buyer alone is answered {}",
        one.stock, one.answer
    );
    match one.answer {
        Answer::Error(_) => what,
        Answer::Reply(_) => format!("{what}; is the stock that `put` makes where the code looks for it?"),
    }
}

/// Where somebody said that answers tell what is left, and one tells something else.
fn wrong_remaining(shop: &Shop, asked: &[Asked]) -> Option<Fault> {
    asked.iter().enumerate().find_map(|(at, one)| {
        let told = shop.meaning.remaining(&one.answer).filter(|_| one.taken > 0)?;
        let left = shop.units_left(one.after, one.stock);
        let wrong = Wrong::Remaining { told, left };
        (i64::try_from(left) != Ok(told)).then_some(Fault { wrong, at })
    })
}
