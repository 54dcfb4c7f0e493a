//! What a command did to the stock, as far as the command and its reply say.

pub use super::effect::Effect;
use super::tell::Tell;
use crate::history::{Command, KeyHistory, OnSale};

/// What there is to begin with, where that is units.
pub trait Units {
    /// How many.
    fn units(&self) -> Option<u64>;
}

impl Units for u64 {
    fn units(&self) -> Option<u64> {
        Some(*self)
    }
}

impl Units for OnSale {
    fn units(&self) -> Option<u64> {
        Some(self.stock)
    }
}

impl Units for String {
    fn units(&self) -> Option<u64> {
        None
    }
}

/// Where a stock is kept: under a key, or in a field of what is there (of a hash, or of JSON).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    key: String,
    field: Option<String>,
}

impl Place {
    /// Where the stock of this item is kept, as the commands of its first purchases tell.
    pub fn of<Op: Tell<Ret = Ret>, Ret, Initial: Units>(key: &KeyHistory<Op, Ret, Initial>) -> Option<Self> {
        /// So many operations tell as much as all of them.
        const ENOUGH: usize = 100;
        let units = key.initial.units()?;
        let (operations, commands) = (&key.operations, &key.commands);
        let rises = operations.iter().any(|operation| operation.op.f() == "restock");
        let most = if rises {
            i64::MAX
        } else {
            i64::try_from(units).unwrap_or(i64::MAX)
        };
        let told = (0..operations.len()).filter(|&index| operations[index].op.f() == "buy" && commands.has(index));
        let purchases: Vec<Vec<Command<'_>>> = told.take(ENOUGH).map(|index| commands.of(index).collect()).collect();
        Self::of_stock(purchases.iter().map(Vec::as_slice), &key.key, most)
    }

    /// The same of purchases in order, where there were so many units at most: what is taken from. `None` when nothing is seen to
    /// be taken: a price that is read, or a count of what was sold, is no stock.
    fn of_stock<'a>(purchases: impl IntoIterator<Item = &'a [Command<'a>]>, named: &str, most: i64) -> Option<Self> {
        let mut seen: Vec<Seen> = Vec::new();
        for commands in purchases {
            let known = seen.len();
            let mut touched = vec![false; known];
            for (place, effect) in commands.iter().flat_map(moves) {
                let index = seen.iter().position(|seen| seen.place == place).unwrap_or_else(|| {
                    seen.push(Seen::new(place, named));
                    touched.push(false);
                    seen.len() - 1
                });
                seen[index].see(effect);
                touched[index] = true;
            }
            for (seen, touched) in seen.iter_mut().zip(touched) {
                seen.operations += usize::from(touched);
            }
        }
        // The first of those that are equally likely.
        let fits = |seen: &Seen| seen.is_stock() && seen.most.is_none_or(|level| level <= most);
        let likely = seen.into_iter().filter(fits).rev();
        let best = likely.max_by_key(|seen| (seen.likeness, seen.operations, seen.counts_down));
        best.map(|seen| seen.place)
    }

    /// What this command did to it.
    pub fn effect(&self, command: &Command<'_>) -> Effect {
        let Some(reply) = command.reply.as_deref() else {
            return Effect::Unknown;
        };
        // What nearly all do, without a list of what they tell: it is asked of every sale.
        if self.field.is_none()
            && let Some((name, key)) = command.command.split_once(' ')
            && key == self.key
            && let Ok(level) = reply.parse()
        {
            match name {
                "GET" => return Effect::Read(level),
                "DECR" => return changed_by(level, -1),
                _ => {}
            }
        }
        let mut whole = Effect::None;
        let mut told = false;
        for (place, effect) in moves(command) {
            if place == *self {
                whole = whole.and_then(effect);
                told = true;
            }
        }
        if told || reply == "nil" {
            return whole;
        }
        let opaque = parts(&command.command).any(|part| {
            let mut words = part.split(' ');
            let name = words.next().unwrap_or_default();
            let is_one_of = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
            is_one_of(&RUNS_CODE) || words.next() == Some(&self.key) && !is_one_of(&CHANGES_NOTHING)
        });
        if opaque { Effect::Unknown } else { Effect::None }
    }

    /// May its key be left out of these commands, because there is no other in them?
    pub fn is_all_of<'a>(&self, commands: impl IntoIterator<Item = &'a Command<'a>>) -> bool {
        let mut parts = commands.into_iter().flat_map(|command| parts(&command.command));
        parts.all(|part| match part.split(' ').nth(1) {
            Some(word) => self.without_key(word) != Some(word) || is_number(word) || part.starts_with("EVAL"),
            None => true,
        })
    }

    /// The word, without the key where it begins with that: nothing of it where it is the key.
    fn without_key<'a>(&self, word: &'a str) -> Option<&'a str> {
        match word.strip_prefix(self.key.as_str()).filter(|_| !self.key.is_empty()) {
            Some("") => None,
            Some(rest) if rest.starts_with([':', ';']) => Some(rest),
            _ => Some(word),
        }
    }

    /// The command in short: without the key, which is the same in all of them, and a transaction in one line. An argument that is
    /// written like the key stays.
    pub fn in_short(&self, command: &str) -> String {
        let mut left_out = false;
        let short = |word| {
            let rest = self.without_key(word).or_else(|| left_out.then_some(word));
            left_out = (left_out || rest.is_none()) && !word.ends_with(';');
            rest
        };
        let words: Vec<&str> = command.split(' ').filter_map(short).collect();
        let short = words.join(" ").replace(" ;", ";");
        if short.starts_with("MULTI; ") {
            short.replace(';', "")
        } else {
            short
        }
    }
}

/// What these do is not to be seen from outside.
const RUNS_CODE: [&str; 4] = ["EVAL", "EVALSHA", "FCALL", "INCREX"];

/// None of these changes how many there are, whatever it replies.
const CHANGES_NOTHING: [&str; 14] = [
    "EXISTS",
    "EXPIRE",
    "GET",
    "HEXISTS",
    "HGET",
    "HGETALL",
    "HMGET",
    "LRANGE",
    "PERSIST",
    "PEXPIRE",
    "PTTL",
    "SISMEMBER",
    "TTL",
    "WATCH",
];

/// What purchases did to a place.
struct Seen {
    place: Place,
    /// How much it is like what is sold: it has its name (2), or its name has all words of that (1).
    likeness: u8,
    /// Operations that had to do with it.
    operations: usize,
    /// A command took from it.
    counts_down: bool,
    /// A client wrote less than it had been.
    sets_less: bool,
    /// It was read.
    read: bool,
    /// A command added to it.
    counts_up: bool,
    /// The most that it was.
    most: Option<i64>,
}

impl Seen {
    fn new(place: Place, named: &str) -> Self {
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|letter: char| !letter.is_alphanumeric());
            words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
        };
        let own = words(&place.key);
        let wanted = words(named);
        let likeness = match place.key == named {
            true => 2,
            false if !wanted.is_empty() && wanted.iter().all(|word| own.contains(word)) => 1,
            false => 0,
        };
        Self {
            place,
            likeness,
            operations: 0,
            counts_down: false,
            sets_less: false,
            read: false,
            counts_up: false,
            most: None,
        }
    }

    fn see(&mut self, effect: Effect) {
        match effect {
            Effect::Changed(before, after) => self.moved(after < before),
            Effect::Moved(by) => self.moved(by < 0),
            Effect::Read(_) => self.read = true,
            Effect::Set(level) => self.sets_less |= self.most.is_some_and(|most| level < most),
            Effect::None | Effect::Unknown => {}
        }
        self.most = self.most.max(effect.before()).max(effect.after(None));
    }

    fn moved(&mut self, down: bool) {
        self.counts_down |= down;
        self.counts_up |= !down;
    }

    fn is_stock(&self) -> bool {
        self.counts_down || self.sets_less || self.read && self.likeness == 2 && !self.counts_up
    }
}

/// What this command tells of places: of each part of a pipeline in its order.
fn moves(command: &Command<'_>) -> Vec<(Place, Effect)> {
    let Some(reply) = command.reply.as_deref() else {
        return Vec::new();
    };
    let texts: Vec<&str> = parts(&command.command).collect();
    match texts[..] {
        [text] if text == command.command => one(text, reply),
        // Of a transaction that was not carried out.
        _ if reply == "nil" => Vec::new(),
        _ => {
            let replies: Vec<&str> = reply.split(", ").collect();
            if replies.len() == texts.len() {
                texts
                    .into_iter()
                    .zip(replies)
                    .flat_map(|(text, reply)| one(text, reply))
                    .collect()
            } else {
                Vec::new()
            }
        }
    }
}

/// The commands of a pipeline, or the one command. The brackets of a transaction have no replies of their own.
fn parts(command: &str) -> impl Iterator<Item = &str> {
    command.split("; ").filter(|part| !matches!(*part, "MULTI" | "EXEC"))
}

fn is_number(word: &str) -> bool {
    word.parse::<i64>().is_ok()
}

fn changed_by(after: i64, by: i64) -> Effect {
    after
        .checked_sub(by)
        .map_or(Effect::Unknown, |before| Effect::Changed(before, after))
}

fn one(command: &str, reply: &str) -> Vec<(Place, Effect)> {
    let words: Vec<&str> = command.split(' ').collect();
    let [name, key, arguments @ ..] = &words[..] else {
        return Vec::new();
    };
    let place = |field: Option<&str>| Place {
        key: (*key).to_string(),
        field: field.map(str::to_string),
    };
    let told =
        |field: Option<&str>, effect: Option<Effect>| effect.map(|effect| (place(field), effect)).into_iter().collect();
    let whole = |text: &&str| text.parse::<i64>().ok();
    // JSONPath answers with an array.
    let number = whole(&reply.trim_start_matches('[').trim_end_matches(']'));
    let argument = |index: usize| arguments.get(index).and_then(whole);
    let field = arguments.first().copied();
    let changed = |by: Option<i64>| Some(changed_by(number?, by?));
    // What is in a list or a set is counted; `nil` says that nothing was.
    let taken = |count: Option<i64>| match reply {
        "nil" | "[]" => Some(Effect::Read(0)),
        _ => Some(Effect::Moved(-count.unwrap_or(1))),
    };
    let added = arguments.len() as i64;
    match name.to_ascii_uppercase().as_str() {
        "GET" => match number {
            Some(level) if !reply.starts_with('[') => told(None, Some(Effect::Read(level))),
            _ => members(reply, Effect::Read)
                .map(|(field, effect)| (place(Some(&field)), effect))
                .collect(),
        },
        "SET" | "SETEX" | "PSETEX" if reply == "OK" => {
            let value = usize::from(!name.eq_ignore_ascii_case("SET"));
            let text = arguments.get(value..).unwrap_or_default().join(" ");
            // A lock is no stock.
            match arguments.get(value).and_then(whole) {
                _ if arguments.iter().skip(1).any(|word| word.eq_ignore_ascii_case("NX")) => Vec::new(),
                Some(level) => told(None, Some(Effect::Set(level))),
                None => members(&text, Effect::Set)
                    .map(|(field, effect)| (place(Some(&field)), effect))
                    .collect(),
            }
        }
        "DECR" => told(None, changed(Some(-1))),
        "INCR" => told(None, changed(Some(1))),
        "DECRBY" => told(None, changed(argument(0).and_then(i64::checked_neg))),
        "INCRBY" => told(None, changed(argument(0))),
        "HGET" | "JSON.GET" => told(field, number.map(Effect::Read)),
        "HINCRBY" | "JSON.NUMINCRBY" => told(field, changed(argument(1))),
        "HSET" | "HMSET" | "JSON.SET" => arguments
            .chunks_exact(2)
            .filter_map(|pair| Some((place(Some(pair[0])), Effect::Set(whole(&pair[1])?))))
            .collect(),
        "LLEN" | "SCARD" | "ZCARD" => told(None, number.map(Effect::Read)),
        "LPOP" | "RPOP" | "SPOP" | "ZPOPMIN" | "ZPOPMAX" => told(None, taken(argument(0))),
        "RPOPLPUSH" | "LMOVE" => told(None, taken(None)),
        "LPUSH" | "RPUSH" => told(None, changed(Some(added))),
        "SADD" => told(None, number.map(Effect::Moved)),
        "SREM" | "ZREM" => told(None, number.map(|count| Effect::Moved(-count))),
        _ => Vec::new(),
    }
}

/// The numbers in an object of JSON.
fn members(text: &str, effect: fn(i64) -> Effect) -> impl Iterator<Item = (String, Effect)> + use<> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    object
        .into_iter()
        .filter_map(move |(field, value)| Some((field, effect(value.as_i64()?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_commands_did() {
        for (command, reply, expected) in [
            ("GET s", "41", Effect::Read(41)),
            ("GET s", "nil", Effect::None),
            ("GET s:lock", "7", Effect::None),
            ("DECR s", "-1", Effect::Changed(0, -1)),
            ("DECRBY s 3", "4", Effect::Changed(7, 4)),
            ("INCRBY s 3", "4", Effect::Changed(1, 4)),
            ("SET s 12", "OK", Effect::Set(12)),
            ("SET s 12 IFEQ 13", "nil", Effect::None),
            ("SET s:lock 9 NX PX 50", "OK", Effect::None),
            ("WATCH s", "OK", Effect::None),
            ("MULTI; DECRBY s 1; EXEC", "2", Effect::Changed(3, 2)),
            ("MULTI; DECRBY s 1; EXEC", "nil", Effect::None),
            ("MULTI; DECR s; DECR s; EXEC", "2, 1", Effect::Changed(3, 1)),
            ("EVALSHA 12345678… 1 s 1", "2", Effect::Unknown),
        ] {
            let (command, s) = (Command::new(1, 2, command, reply), at("s", None));
            assert_eq!(s.effect(&command), expected, "{command:?}");
        }
        let unanswered = Command {
            reply: None,
            received: None,
            ..Command::new(1, 2, "DECR s", "")
        };
        assert_eq!(at("s", None).effect(&unanswered), Effect::Unknown);
        for (command, reply, field, expected) in [
            ("HGET s left", "3", "left", Effect::Read(3)),
            ("HGET s price", "990", "left", Effect::None),
            ("HINCRBY s left -1", "2", "left", Effect::Changed(3, 2)),
            ("HSET s name x left 4", "1", "left", Effect::Set(4)),
            ("GET s", r#"{"left":3,"price":990}"#, "left", Effect::Read(3)),
            (r#"SET s {"left":2, "price":990}"#, "OK", "left", Effect::Set(2)),
            ("JSON.NUMINCRBY s $.left -1", "[2]", "$.left", Effect::Changed(3, 2)),
            ("JSON.GET s $.left", "[3]", "$.left", Effect::Read(3)),
        ] {
            let (command, s) = (Command::new(1, 2, command, reply), at("s", Some(field)));
            assert_eq!(s.effect(&command), expected, "{command:?}");
        }
        for (command, reply, expected) in [
            ("LLEN s", "3", Effect::Read(3)),
            ("LPOP s", "s/2", Effect::Moved(-1)),
            ("LPOP s", "nil", Effect::Read(0)),
            ("SPOP s 2", "[a, b]", Effect::Moved(-2)),
            ("RPUSH s a b", "5", Effect::Changed(3, 5)),
            ("SREM s a", "1", Effect::Moved(-1)),
            ("MULTI; LPOP s; LPOP s; EXEC", "a, b", Effect::Moved(-2)),
        ] {
            let (command, s) = (Command::new(1, 2, command, reply), at("s", None));
            assert_eq!(s.effect(&command), expected, "{command:?}");
        }
    }

    #[test]
    fn stock_is_what_is_taken_from() {
        let stock = |named: &str, commands: &[(&str, &str)]| {
            let commands: Vec<_> = commands
                .iter()
                .map(|(command, reply)| Command::new(1, 2, command, reply))
                .collect();
            Place::of_stock([&commands[..]], named, 1000)
        };
        let price = ("GET price:sku", "990");
        let decr = ("DECR sku", "0");
        assert_eq!(stock("sku", &[price, ("GET sku", "1"), decr]), Some(at("sku", None)));
        assert_eq!(stock("other", &[price, decr]), Some(at("sku", None)));
        assert_eq!(stock("sku", &[price]), None, "a price alone");
        assert_eq!(stock("sku", &[("INCR sold:sku", "1"), price]), None, "what was sold");
        assert_eq!(
            stock("sku", &[("GET sku", "1"), ("SET lock:sku 7 NX PX 9", "OK")]),
            Some(at("sku", None))
        );
        assert_eq!(
            stock("sku", &[("DECRBY credit:ann 990", "10"), ("DECR shop:sku", "3")]),
            Some(at("shop:sku", None))
        );
        let hash = [("HGET item:sku price", "990"), ("HINCRBY item:sku left -1", "0")];
        assert_eq!(stock("sku", &hash), Some(at("item:sku", Some("left"))));
        let json = [
            ("GET sku", r#"{"left":3,"price":990}"#),
            ("SET sku {\"left\":2,\"price\":990}", "OK"),
        ];
        assert_eq!(stock("sku", &json), Some(at("sku", Some("left"))));
        assert_eq!(
            stock("sku", &[("UPDATE items SET stock=stock-1 WHERE id=1", "1")]),
            None
        );
    }

    #[test]
    fn leaves_out_the_key_where_there_is_no_other() {
        let s = at("s", None);
        assert_eq!(s.in_short("GET s"), "GET");
        assert_eq!(s.in_short("MULTI; DECR s; EXEC"), "MULTI DECR EXEC");
        assert_eq!(s.in_short("SET s:lock 1"), "SET :lock 1");
        assert_eq!(at("5", None).in_short("DECRBY 5 5"), "DECRBY 5");
        assert_eq!(s.in_short("DECR s; HGET s s"), "DECR; HGET s");
        let is_all = |commands: &[&str]| {
            s.is_all_of(
                &commands
                    .iter()
                    .map(|command| Command::new(1, 2, command, "1"))
                    .collect::<Vec<_>>(),
            )
        };
        assert!(is_all(&[
            "GET s",
            "SET s:lock 1",
            "MULTI; DECR s; EXEC",
            "EVALSHA 1234 1 s",
            "PING"
        ]));
        assert!(!is_all(&["GET s", "GET price:s"]));
    }

    fn at(key: &str, field: Option<&str>) -> Place {
        Place {
            key: key.to_string(),
            field: field.map(str::to_string),
        }
    }
}
