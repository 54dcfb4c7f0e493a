//! Reads a line as our own writer lays it out: fields in its order, no white space, no escapes.
//!
//! This is no JSON parser. It knows the bytes that it expects next, and gives up at the first that is another; the line
//! then goes to serde_json, which also has the last word on everything that is wrong. Most lines of most histories are
//! such lines, and read several times as fast.

use std::borrow::Cow;

use super::line::{Answer, F, Kind, Line, Name, Outcome, Process, Time, Value};
use crate::history::Command;

/// The event in this line; `None`: ask serde_json. Its commands are put behind those in `commands`, and some of them also
/// where the answer is `None`.
pub(super) fn line<'a>(text: &'a str, commands: &mut Vec<Command<'a>>) -> Option<Line<'a>> {
    let mut rest = Rest { text, at: 0 };
    rest.expect(b"{")?;
    let time = if rest.try_expect(b"\"time\":") {
        let time = rest.unsigned()?;
        rest.expect(b",")?;
        Some(time)
    } else {
        None
    };
    rest.expect(b"\"process\":")?;
    let process = Process::Number(rest.signed()?);
    rest.expect(b",\"type\":\"")?;
    let kind = rest.name(&[
        (b"invoke\"", Kind::Invoke),
        (b"ok\"", Kind::Ok),
        (b"info\"", Kind::Info),
        (b"fail\"", Kind::Fail),
    ])?;
    rest.expect(b",\"f\":\"")?;
    let f = rest.name(&[
        (b"buy\"", F::Buy),
        (b"read\"", F::Read),
        (b"restock\"", F::Restock),
        (b"write\"", F::Write),
        (b"cas\"", F::Cas),
        (b"get\"", F::Get),
        (b"put\"", F::Put),
        (b"append\"", F::Append),
    ])?;
    let key = if rest.try_expect(b",\"key\":\"") {
        Name::Text(Cow::Borrowed(rest.string()?))
    } else {
        Name::None
    };
    let value = if rest.try_expect(b",\"value\":") {
        rest.value()?
    } else {
        Value::Null
    };
    let buyer = if rest.try_expect(b",\"buyer\":\"") {
        Name::Text(Cow::Borrowed(rest.string()?))
    } else {
        Name::None
    };
    if rest.try_expect(b",\"commands\":[") {
        rest.commands(commands)?;
    }
    rest.expect(b"}")?;
    if !matches!(rest.bytes(), b"" | b"\r") {
        return None;
    }
    Some(Line {
        time: Time(time),
        process,
        kind,
        f,
        key,
        value,
        buyer,
        commands: None,
    })
}

/// What is left of a line: the text from here on.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn try_expect(&mut self, bytes: &[u8]) -> bool {
        let found = self.bytes().starts_with(bytes);
        self.at += if found { bytes.len() } else { 0 };
        found
    }

    #[inline]
    fn expect(&mut self, bytes: &[u8]) -> Option<()> {
        self.try_expect(bytes).then_some(())
    }

    #[inline]
    fn name<T: Copy>(&mut self, names: &[(&[u8], T)]) -> Option<T> {
        names
            .iter()
            .find(|(name, _)| self.try_expect(name))
            .map(|&(_, value)| value)
    }

    /// An integer that ends here: neither fraction nor exponent follow.
    #[inline]
    fn unsigned(&mut self) -> Option<u64> {
        let bytes = self.bytes();
        // A time has more than eight.
        let (mut value, mut digits) = bytes
            .first_chunk()
            .and_then(eight_digits)
            .map_or((0, 0), |value| (value, 8));
        while let Some(digit @ b'0'..=b'9') = bytes.get(digits) {
            // More digits than 64 bits always hold are for serde_json.
            if digits == 19 {
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
            digits += 1;
        }
        // So are leading zeros.
        if digits == 0 || (bytes[0] == b'0' && digits > 1) || !matches!(bytes.get(digits), Some(b',' | b'}')) {
            return None;
        }
        self.at += digits;
        Some(value)
    }

    fn signed(&mut self) -> Option<i64> {
        let negative = self.try_expect(b"-");
        let value = i64::try_from(self.unsigned()?).ok()?;
        match (negative, value) {
            // The float -0.0.
            (true, 0) => None,
            (true, value) => Some(-value),
            (false, value) => Some(value),
        }
    }

    /// The rest of a string without escapes, after its opening quotation mark.
    #[inline]
    fn string(&mut self) -> Option<&'a str> {
        let end = self.at + special(self.bytes())?;
        let text = self.text.get(self.at..end)?;
        self.at = end;
        self.expect(b"\"")?;
        Some(text)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        Some(match self.bytes().first()? {
            b'n' => {
                self.expect(b"null")?;
                Value::Null
            }
            b'"' => {
                self.expect(b"\"")?;
                Value::Text(Cow::Borrowed(self.string()?))
            }
            b'{' => Value::Answer(self.answer()?),
            _ => Value::Integer(self.signed()?),
        })
    }

    /// The rest of a list of commands, which is never empty.
    fn commands(&mut self, commands: &mut Vec<Command<'a>>) -> Option<()> {
        loop {
            self.expect(b"{\"sent\":")?;
            let sent = self.unsigned()?;
            let received = if self.try_expect(b",\"received\":") {
                Some(self.unsigned()?)
            } else {
                None
            };
            self.expect(b",\"command\":\"")?;
            let command = Cow::Borrowed(self.string()?);
            let reply = if self.try_expect(b",\"reply\":\"") {
                Some(Cow::Borrowed(self.string()?))
            } else {
                None
            };
            commands.push(Command {
                sent,
                received,
                command,
                reply,
            });
            self.expect(b"}")?;
            if !self.try_expect(b",") {
                return self.expect(b"]");
            }
        }
    }

    fn answer(&mut self) -> Option<Answer<'a>> {
        self.expect(b"{\"outcome\":\"")?;
        let outcome = self.name(&[
            (b"bought\"", Outcome::Bought),
            (b"sold-out\"", Outcome::SoldOut),
            (b"already\"", Outcome::Already),
            (b"refused\"", Outcome::Refused),
        ])?;
        let remaining = if self.try_expect(b",\"remaining\":") {
            Some(self.signed()?)
        } else {
            None
        };
        let unit = if self.try_expect(b",\"unit\":\"") {
            Some(Cow::Borrowed(self.string()?))
        } else {
            None
        };
        self.expect(b"}")?;
        Some(Answer {
            outcome: Some(outcome),
            remaining,
            unit,
        })
    }
}

/// The number that eight digits are: by twos, fours and all at once.
#[inline]
fn eight_digits(digits: &[u8; 8]) -> Option<u64> {
    const ZEROS: u64 = u64::from_ne_bytes([b'0'; 8]);
    const HIGH_HALVES: u64 = u64::from_ne_bytes([0xf0; 8]);
    const SIXES: u64 = u64::from_ne_bytes([6; 8]);
    let word = u64::from_le_bytes(*digits);
    // The high halves of ASCII digits are 3, and stay 3 when 6 is added to a low half up to 9.
    if word & HIGH_HALVES != ZEROS || word.wrapping_add(SIXES) & HIGH_HALVES != ZEROS {
        return None;
    }
    let ones = word - ZEROS;
    let twos = (ones * 10 + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// The place of the first byte that does not stand for itself within a JSON string: a quotation mark, a backslash or a
/// control character. Eight bytes at a time.
#[inline]
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    /// The high bit of every byte below `limit`, and perhaps of bytes above such a one, into which it borrowed.
    const fn below(word: u64, limit: u64) -> u64 {
        word.wrapping_sub(ONES * limit) & !word & HIGH
    }
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = below(word ^ (ONES * b'"' as u64), 1);
        let backslash = below(word ^ (ONES * b'\\' as u64), 1);
        let found = quote | backslash | below(word, 0x20);
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let from = words.len() * 8;
    rest.iter()
        .position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')
        .map(|place| from + place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::parse::parse, Command, Line};

    type Read<'a> = (Line<'a>, Vec<Command<'a>>);

    fn fast(line: &str) -> Option<Read<'_>> {
        let mut commands = Vec::new();
        super::line(line, &mut commands).map(|line| (line, commands))
    }

    /// By serde_json alone.
    fn slow(line: &str) -> Option<Read<'_>> {
        let mut commands = Vec::new();
        let line = parse(line.as_bytes(), None, &mut commands).ok()?;
        Some((line, commands))
    }

    /// Lines as a writer lays them out, with every value near the edges.
    fn event() -> impl Strategy<Value = String> {
        let number = || {
            prop_oneof![
                Just("0".to_owned()),
                any::<i64>().prop_map(|number| number.to_string()),
                any::<u64>().prop_map(|number| number.to_string()),
                "-?[0-9]{1,21}",
                "-?[0-9]{1,2}(\\.[0-9])?(e[0-9])?",
            ]
        };
        let text = || prop_oneof!["\"[a-zé]{0,3}\"", r#""(\\n|\\u00e9|[ -~]){0,4}""#];
        // A field that may be there.
        let field =
            |name: &str, value: Option<String>| value.map_or_else(String::new, |value| format!(",\"{name}\":{value}"));
        let answer = (
            "(bought|sold-out|already|refused|x)",
            prop::option::of(number()),
            prop::option::of(text()),
        )
            .prop_map(move |(outcome, remaining, unit)| {
                let (remaining, unit) = (field("remaining", remaining), field("unit", unit));
                format!("{{\"outcome\":\"{outcome}\"{remaining}{unit}}}")
            });
        let value = prop_oneof![
            Just("null".to_owned()),
            number(),
            text(),
            answer,
            Just("[1,2]".to_owned())
        ];
        let kind = "(invoke|ok|info|fail)";
        let f = "(buy|read|restock|write|cas|get|put|append)";
        let time = prop::option::of(number());
        let command = (number(), prop::option::of(number()), text(), prop::option::of(text())).prop_map(
            move |(sent, received, command, reply)| {
                let (received, reply) = (field("received", received), field("reply", reply));
                format!("{{\"sent\":{sent}{received},\"command\":{command}{reply}}}")
            },
        );
        let commands = prop::option::of(prop::collection::vec(command, 0..3));
        let buyer = prop::option::of(prop_oneof![text(), number()]);
        let rest = (prop::option::of(value), buyer, commands, "(|\r| )");
        (time, number(), kind, f, prop::option::of(text()), rest).prop_map(
            move |(time, process, kind, f, key, (value, buyer, commands, end))| {
                let time = time.map_or_else(String::new, |time| format!("\"time\":{time},"));
                let (key, value, buyer) = (field("key", key), field("value", value), field("buyer", buyer));
                let commands = field("commands", commands.map(|commands| format!("[{}]", commands.join(","))));
                format!("{{{time}\"process\":{process},\"type\":\"{kind}\",\"f\":\"{f}\"{key}{value}{buyer}{commands}}}{end}")
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn reads_what_serde_json_reads(line in event()) {
            if let Some(fast) = fast(&line) {
                prop_assert_eq!(Some(fast), slow(&line));
            }
        }

        #[test]
        fn reads_what_serde_json_reads_after_a_change(
            line in event(), place in any::<prop::sample::Index>(), byte in any::<u8>(), remove in any::<bool>(),
        ) {
            let mut line = line.into_bytes();
            let place = place.index(line.len());
            if remove {
                line.remove(place);
            } else {
                line[place] = byte;
            }
            let Ok(line) = String::from_utf8(line) else { return Ok(()) };
            if let Some(fast) = fast(&line) {
                prop_assert_eq!(Some(fast), slow(&line));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn finds_the_first_byte_that_ends_a_string(bytes in prop::collection::vec(prop_oneof![
            8 => 0x20..=0xffu8, 1 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\'),
        ], 0..40)) {
            let expected = bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ');
            prop_assert_eq!(super::special(&bytes), expected);
        }
    }

    proptest! {
        #[test]
        fn eight_digits_are_their_number(number in 0..100_000_000u64, place in 0..8usize, byte in any::<u8>()) {
            let text = format!("{number:08}");
            let mut digits: [u8; 8] = text.as_bytes().try_into().unwrap();
            prop_assert_eq!(super::eight_digits(&digits), Some(number));
            digits[place] = byte;
            prop_assert_eq!(super::eight_digits(&digits).is_some(), byte.is_ascii_digit());
        }
    }

    #[test]
    fn knows_the_lines_of_the_writer() {
        for line in [
            r#"{"time":1042,"process":3,"type":"invoke","f":"buy","key":"sku-1","value":1}"#,
            r#"{"time":0,"process":-3,"type":"invoke","f":"read","value":null}"#,
            r#"{"process":3,"type":"ok","f":"buy","value":{"outcome":"bought"}}"#,
            r#"{"time":2213,"process":3,"type":"ok","f":"buy","key":"é","value":{"outcome":"bought","remaining":-41}}"#,
            r#"{"time":2213,"process":3,"type":"ok","f":"buy","value":{"outcome":"bought","remaining":4,"unit":"u"}}"#,
            r#"{"time":2213,"process":4,"type":"invoke","f":"buy","value":1,"buyer":"u7"}"#,
            r#"{"time":2213,"process":4,"type":"ok","f":"buy","value":{"outcome":"already"}}"#,
            r#"{"time":9999999999999999999,"process":4,"type":"ok","f":"buy","value":{"outcome":"sold-out"}}"#,
            r#"{"time":9,"process":3,"type":"ok","f":"read","value":1,"commands":[{"sent":4,"received":5,"command":"GET s","reply":"1"},{"sent":6,"command":"GET s"}]}"#,
            r#"{"time":3391,"process":5,"type":"info","f":"append","key":"sku-1","value":"timed out"}"#,
        ] {
            let fast = fast(line);
            assert!(fast.is_some(), "{line}");
            assert_eq!(fast, slow(line));
        }
    }
}
