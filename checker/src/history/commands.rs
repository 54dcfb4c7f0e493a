//! The commands that clients sent within their operations, kept compactly.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize};

use super::Texts;

/// One command within an operation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Command<'a> {
    /// When it was about to be sent, in nanoseconds on the history's clock.
    pub sent: u64,
    /// When its reply had been read, in nanoseconds on the history's clock; `None` when no reply came.
    pub received: Option<u64>,
    /// The command as one would type it: `GET stock`.
    #[serde(borrow)]
    pub command: Cow<'a, str>,
    /// The reply as one would write it: `41`, `nil`. `None` when no reply came, or it was not recorded.
    #[serde(borrow, default, deserialize_with = "borrowed")]
    pub reply: Option<Cow<'a, str>>,
}

/// A text that is borrowed unless it has escapes. Serde does that by itself only for a field.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

fn borrowed<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(Option::<Text<'_>>::deserialize(from)?.map(|text| text.0))
}

impl<'a> Command<'a> {
    /// A command and its reply.
    #[must_use]
    pub fn new(sent: u64, received: u64, command: &'a str, reply: &'a str) -> Self {
        Self {
            sent,
            received: Some(received),
            command: Cow::Borrowed(command),
            reply: Some(Cow::Borrowed(reply)),
        }
    }
}

impl Command<'_> {
    /// The same, with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Command<'static> {
        Command {
            sent: self.sent,
            received: self.received,
            command: Cow::Owned(self.command.into_owned()),
            reply: self.reply.map(|reply| Cow::Owned(reply.into_owned())),
        }
    }
}

/// The commands of many operations, by the operations' indices.
///
/// A command takes 24 bytes, plus its text and its reply's where they have not been seen before (replies that are
/// numbers below 2³⁰ cost nothing more). An operation without commands takes 4 bytes, or none when none after it has
/// any. Times are kept exactly.
#[derive(Clone, Default)]
pub struct CommandLog {
    /// For each operation the place of its first command in `entries`, or [`NOWHERE`]. May be shorter than the list of
    /// operations.
    first: Vec<u32>,
    /// The commands of one operation stand side by side; the last of them is marked with [`LAST`].
    entries: Vec<Entry>,
    texts: Texts,
}

#[derive(Clone, Copy)]
struct Entry {
    sent: u64,
    /// `u64::MAX`: no reply came. (No event has this time.)
    received: u64,
    /// A text, and the mark [`LAST`].
    command: u32,
    /// [`NOWHERE`], or a text, or with [`NUMBER`] the reply itself.
    reply: u32,
}

/// Among how many of the last commands a text is looked for.
const RECENT: usize = 2;

const NOWHERE: u32 = u32::MAX;
const LAST: u32 = 1 << 31;
const NUMBER: u32 = 1 << 30;

impl CommandLog {
    /// No commands.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has nothing been added?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Is there hardly room for more? Far beyond what fits into the memory of most machines.
    pub(super) fn is_full(&self) -> bool {
        const SPARE: usize = 1 << 26;
        self.entries.len() >= NOWHERE as usize - SPARE || self.texts.len() >= NUMBER as usize - SPARE
    }

    /// Forgets all commands, and keeps the room they took.
    pub fn clear(&mut self) {
        self.first.clear();
        self.entries.clear();
        self.texts.clear();
    }

    /// Adds a command to an operation's.
    ///
    /// Operations may come in any order. It is cheapest when the commands of one operation are added one after another;
    /// otherwise those it has so far are copied.
    ///
    /// # Panics
    /// With more than 2³² commands, or more than 2³⁰ different texts.
    pub fn push(&mut self, operation: usize, command: &Command<'_>) {
        if self.first.len() <= operation {
            self.first.resize(operation + 1, NOWHERE);
        }
        let mut entry = self.entry(command);
        let first = self.first[operation];
        if first == NOWHERE {
            self.first[operation] = place(self.entries.len());
        } else {
            let run = self.run(first);
            if first as usize + run < self.entries.len() {
                self.first[operation] = place(self.entries.len());
                self.entries.extend_from_within(first as usize..first as usize + run);
            }
            if let Some(last) = self.entries.last_mut() {
                last.command &= !LAST;
            }
        }
        entry.command |= LAST;
        self.entries.push(entry);
    }

    /// The commands of the operation with this index, in the order in which they were added.
    pub fn of(&self, operation: usize) -> impl Iterator<Item = Command<'_>> {
        let first = self.first.get(operation).copied().unwrap_or(NOWHERE);
        let run = if first == NOWHERE { 0 } else { self.run(first) };
        let entries = self
            .entries
            .get(first as usize..first as usize + run)
            .unwrap_or_default();
        entries.iter().map(|entry| Command {
            sent: entry.sent,
            received: (entry.received != u64::MAX).then_some(entry.received),
            command: Cow::Borrowed(self.texts.get(entry.command & !LAST).unwrap_or_default()),
            reply: self.reply(entry.reply),
        })
    }

    /// Does this operation have any command?
    #[must_use]
    pub fn has(&self, operation: usize) -> bool {
        self.first.get(operation).is_some_and(|&first| first != NOWHERE)
    }

    /// Takes over the commands of operations that are put behind the first `operations` ones.
    pub(super) fn append(&mut self, operations: usize, other: Self) {
        if other.is_empty() {
            return;
        }
        self.first.resize(operations, NOWHERE);
        let offset = place(self.entries.len());
        let shifted = |first: u32| if first == NOWHERE { NOWHERE } else { first + offset };
        self.first.extend(other.first.into_iter().map(shifted));
        let ids: Vec<u32> = other.texts.iter().map(|text| self.texts.intern(text)).collect();
        self.entries.extend(other.entries.into_iter().map(|entry| Entry {
            command: ids[(entry.command & !LAST) as usize] | (entry.command & LAST),
            reply: if entry.reply & NUMBER == 0 {
                ids[entry.reply as usize]
            } else {
                entry.reply
            },
            ..entry
        }));
        place(self.entries.len());
    }

    /// Gives operation `order[i]` the index `i`, and forgets the commands of those that are not in `order`.
    pub(crate) fn reorder(&mut self, order: &[u32]) {
        if self.is_empty() {
            return;
        }
        let at = |&old: &u32| self.first.get(old as usize).copied().unwrap_or(NOWHERE);
        self.first = order.iter().map(at).collect();
    }

    fn entry(&mut self, command: &Command<'_>) -> Entry {
        Entry {
            sent: command.sent,
            received: command.received.unwrap_or(u64::MAX),
            command: self.intern_command(&command.command),
            reply: match command.reply.as_deref() {
                None => NOWHERE,
                Some(reply) => small_number(reply).map_or_else(|| self.intern(reply), |number| number | NUMBER),
            },
        }
    }

    /// The text of a command. Most operations send what the one before them sent: it is looked for among the last commands first.
    fn intern_command(&mut self, text: &str) -> u32 {
        let recent = self
            .entries
            .iter()
            .rev()
            .take(RECENT)
            .map(|entry| entry.command & !LAST);
        let mut known = recent.filter(|&id| self.texts.get(id) == Some(text));
        known.next().unwrap_or_else(|| self.intern(text))
    }

    fn intern(&mut self, text: &str) -> u32 {
        let id = self.texts.intern(text);
        assert!(
            id < NUMBER,
            "more than 2^30 different commands and replies in one history"
        );
        id
    }

    fn reply(&self, reply: u32) -> Option<Cow<'_, str>> {
        if reply == NOWHERE {
            None
        } else if reply & NUMBER != 0 {
            Some(Cow::Owned((reply & !NUMBER).to_string()))
        } else {
            self.texts.get(reply).map(Cow::Borrowed)
        }
    }

    /// How many commands stand side by side from here on.
    fn run(&self, first: u32) -> usize {
        let rest = self.entries.get(first as usize..).unwrap_or_default();
        rest.iter()
            .position(|entry| entry.command & LAST != 0)
            .map_or(rest.len(), |last| last + 1)
    }
}

/// A place in the list of commands.
fn place(index: usize) -> u32 {
    match u32::try_from(index) {
        Ok(place) if place != NOWHERE => place,
        _ => panic!("more than 2^32 commands in one history"),
    }
}

/// The number that this text is, when it is written as we would write it and leaves room for the marks.
fn small_number(text: &str) -> Option<u32> {
    let plain = matches!(text.as_bytes(), [b'0'] | [b'1'..=b'9', ..]) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then(|| text.parse().ok())
        .flatten()
        .filter(|&number| number < NUMBER)
}

/// Equal when every operation has the same commands, however they are kept.
impl PartialEq for CommandLog {
    fn eq(&self, other: &Self) -> bool {
        (0..self.first.len().max(other.first.len())).all(|operation| self.of(operation).eq(other.of(operation)))
    }
}

impl Eq for CommandLog {}

impl fmt::Debug for CommandLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_commands = (0..self.first.len()).filter(|&operation| self.has(operation));
        f.debug_map()
            .entries(with_commands.map(|operation| (operation, self.of(operation).collect::<Vec<_>>())))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn command() -> impl Strategy<Value = Command<'static>> {
        let reply = prop_oneof![
            Just(None),
            Just(Some(Cow::Borrowed("nil"))),
            prop_oneof![0..3u32, NUMBER - 2..NUMBER + 2].prop_map(|number| Some(Cow::Owned(number.to_string()))),
            "0?[0-9]{0,2}".prop_map(|text| Some(Cow::Owned(text))),
        ];
        (any::<u32>(), proptest::option::of(any::<u32>()), 0..4, reply).prop_map(|(sent, received, key, reply)| {
            Command {
                sent: u64::from(sent) << 20,
                received: received.map(u64::from),
                command: Cow::Owned(format!("GET {key}")),
                reply,
            }
        })
    }

    proptest! {
        #[test]
        fn keeps_what_was_pushed_in_any_order(pushes in prop::collection::vec((0..6usize, command()), 0..40)) {
            let mut log = CommandLog::new();
            let mut expected = vec![Vec::new(); 6];
            for (operation, command) in &pushes {
                log.push(*operation, command);
                expected[*operation].push(command.clone());
            }
            for (operation, commands) in expected.iter().enumerate() {
                prop_assert_eq!(&log.of(operation).collect::<Vec<_>>(), commands);
                prop_assert_eq!(log.has(operation), !commands.is_empty());
            }
        }

        #[test]
        fn joining_and_reordering_keep_each_operations_commands(
            left in prop::collection::vec((0..3usize, command()), 0..9),
            right in prop::collection::vec((0..3usize, command()), 0..9),
        ) {
            let (mut log, mut other, mut expected) = (CommandLog::new(), CommandLog::new(), CommandLog::new());
            for (operation, command) in &left {
                log.push(*operation, command);
                expected.push(5 - *operation, command);
            }
            for (operation, command) in &right {
                other.push(*operation, command);
                expected.push(5 - (3 + *operation), command);
            }
            log.append(3, other);
            log.reorder(&[5, 4, 3, 2, 1, 0]);
            prop_assert_eq!(log, expected);
        }
    }

    #[test]
    fn a_command_takes_24_bytes() {
        assert_eq!(size_of::<Entry>(), 24);
    }
}
