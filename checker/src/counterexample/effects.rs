//! What a command did to the stock, as far as the command and its reply say.

use crate::history::Command;

/// What a command did to the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It read the stock.
    Read(i64),
    /// It changed the stock from the first to the second.
    Changed(i64, i64),
    /// It set the stock, whatever that was before.
    Set(i64),
    /// It did nothing to the stock.
    None,
    /// It may have done anything.
    Unknown,
}

impl Effect {
    /// Did it look at the stock and leave it as it is?
    pub const fn only_reads(self) -> bool {
        matches!(self, Self::Read(_))
    }

    /// The stock before it, where that is known.
    pub const fn before(self) -> Option<i64> {
        match self {
            Self::Read(level) | Self::Changed(level, _) => Some(level),
            Self::Set(_) | Self::None | Self::Unknown => None,
        }
    }

    /// The stock after it, where that is known.
    pub const fn after(self) -> Option<i64> {
        match self {
            Self::Read(level) | Self::Changed(_, level) | Self::Set(level) => Some(level),
            Self::None | Self::Unknown => None,
        }
    }
}

/// The key of the first command that can only be about a counter.
pub fn counter_key<'a>(commands: impl IntoIterator<Item = &'a Command<'a>>) -> Option<&'a str> {
    commands
        .into_iter()
        .flat_map(|command| parts(&command.command))
        .find_map(|part| {
            let mut words = part.split(' ');
            let name = words.next()?;
            let counts = ["GET", "DECR", "DECRBY", "INCR", "INCRBY"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known));
            words.next().filter(|_| counts)
        })
}

/// What this command did to the counter under `key`.
pub fn effect(command: &Command<'_>, key: &str) -> Effect {
    let Some(reply) = command.reply.as_deref() else {
        return Effect::Unknown;
    };
    if reply == "nil" {
        return Effect::None;
    }
    let texts: Vec<&str> = parts(&command.command).collect();
    let replies: Vec<&str> = reply.split(", ").collect();
    if texts.len() != replies.len() {
        return Effect::Unknown;
    }
    let mut whole = Effect::None;
    for (text, reply) in texts.iter().zip(replies) {
        whole = match (whole, one(text, reply, key)) {
            (whole, Effect::None) => whole,
            (Effect::None, effect) => effect,
            (first, second) => match (first.before(), second.after()) {
                (Some(before), Some(after)) => Effect::Changed(before, after),
                (None, Some(after)) => Effect::Set(after),
                _ => Effect::Unknown,
            },
        };
    }
    whole
}

/// The commands of a pipeline, or the one command. The brackets of a transaction have no replies of their own.
fn parts(command: &str) -> impl Iterator<Item = &str> {
    command.split("; ").filter(|part| !matches!(*part, "MULTI" | "EXEC"))
}

fn one(command: &str, reply: &str, key: &str) -> Effect {
    let words: Vec<&str> = command.split(' ').collect();
    let Some((name, arguments)) = words.split_first() else {
        return Effect::None;
    };
    let number = reply.parse::<i64>().ok();
    let name = name.to_ascii_uppercase();
    if matches!(name.as_str(), "EVAL" | "EVALSHA" | "FCALL" | "INCREX") {
        return Effect::Unknown;
    }
    if arguments.first() != Some(&key) {
        return Effect::None;
    }
    let by = arguments.get(1).and_then(|by| by.parse::<i64>().ok());
    let changed = |by: Option<i64>| match (number, by) {
        (Some(after), Some(by)) => after
            .checked_sub(by)
            .map_or(Effect::Unknown, |before| Effect::Changed(before, after)),
        _ => Effect::Unknown,
    };
    match name.as_str() {
        "GET" => number.map_or(Effect::None, Effect::Read),
        "DECR" => changed(Some(-1)),
        "INCR" => changed(Some(1)),
        "DECRBY" => changed(by.and_then(i64::checked_neg)),
        "INCRBY" => changed(by),
        "SET" if reply == "OK" => by.map_or(Effect::Unknown, Effect::Set),
        "WATCH" | "UNWATCH" | "EXISTS" | "TTL" | "PTTL" => Effect::None,
        _ => Effect::Unknown,
    }
}

/// The command in short: without the counter's key, which is the same in all of them, and a transaction in one line.
pub fn without_key(command: &str, key: &str) -> String {
    let words = command
        .split(' ')
        .filter_map(|word| match word.strip_prefix(key).filter(|_| !key.is_empty()) {
            Some("") => None,
            Some(rest) if rest.starts_with([':', ';']) => Some(rest),
            _ => Some(word),
        });
    let short = words.collect::<Vec<_>>().join(" ").replace(" ;", ";");
    if short.starts_with("MULTI; ") {
        short.replace(';', "")
    } else {
        short
    }
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
            assert_eq!(
                effect(&Command::new(1, 2, command, reply), "s"),
                expected,
                "{command} → {reply}"
            );
        }
        let unanswered = Command {
            reply: None,
            received: None,
            ..Command::new(1, 2, "DECR s", "")
        };
        assert_eq!(effect(&unanswered, "s"), Effect::Unknown);
    }

    #[test]
    fn leaves_out_the_key() {
        assert_eq!(without_key("GET s", "s"), "GET");
        assert_eq!(without_key("MULTI; DECR s; EXEC", "s"), "MULTI DECR EXEC");
        assert_eq!(without_key("SET s:lock 1", "s"), "SET :lock 1");
    }
}
