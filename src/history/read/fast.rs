//! Reads a line as our own writer lays it out: fields in its order, no white space, no escapes.
//!
//! This is no JSON parser. It knows the bytes that it expects next, and gives up at the first that is another; the line
//! then goes to serde_json, which also has the last word on everything that is wrong. Most lines of most histories are
//! such lines, and read several times as fast.

use std::borrow::Cow;

use super::line::{Answer, F, Kind, Line, SentCommand, Text, Value};

/// The event in this line; `None`: ask serde_json.
pub(super) fn line(bytes: &[u8]) -> Option<Line<'_>> {
    let mut rest = Rest(bytes);
    rest.expect(b"{")?;
    let time = if rest.try_expect(b"\"time\":") {
        let time = rest.unsigned()?;
        rest.expect(b",")?;
        Some(time)
    } else {
        None
    };
    rest.expect(b"\"process\":")?;
    let process = rest.signed()?;
    rest.expect(b",\"type\":\"")?;
    let kind = rest.name(&[
        ("invoke\"", Kind::Invoke),
        ("ok\"", Kind::Ok),
        ("info\"", Kind::Info),
        ("fail\"", Kind::Fail),
    ])?;
    rest.expect(b",\"f\":\"")?;
    let f = rest.name(&[
        ("buy\"", F::Buy),
        ("read\"", F::Read),
        ("restock\"", F::Restock),
        ("write\"", F::Write),
        ("cas\"", F::Cas),
        ("get\"", F::Get),
        ("put\"", F::Put),
        ("append\"", F::Append),
    ])?;
    let key = if rest.try_expect(b",\"key\":\"") {
        rest.string()?
    } else {
        ""
    };
    let value = if rest.try_expect(b",\"value\":") {
        rest.value()?
    } else {
        Value::Null
    };
    let commands = if rest.try_expect(b",\"commands\":[") {
        Some(rest.commands()?)
    } else {
        None
    };
    rest.expect(b"}")?;
    if !matches!(rest.0, b"" | b"\r") {
        return None;
    }
    Some(Line {
        time,
        process,
        kind,
        f,
        key: Text(Cow::Borrowed(key)),
        value,
        commands,
    })
}

/// What is left of a line.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn try_expect(&mut self, bytes: &[u8]) -> bool {
        match self.0.strip_prefix(bytes) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, bytes: &[u8]) -> Option<()> {
        self.try_expect(bytes).then_some(())
    }

    fn name<T: Copy>(&mut self, names: &[(&str, T)]) -> Option<T> {
        names
            .iter()
            .find(|(name, _)| self.try_expect(name.as_bytes()))
            .map(|&(_, value)| value)
    }

    /// An integer that ends here: neither fraction nor exponent follow.
    fn unsigned(&mut self) -> Option<u64> {
        let digits = self.0.iter().position(|byte| !byte.is_ascii_digit())?;
        let (number, rest) = self.0.split_at_checked(digits)?;
        // At most 19 digits, which 64 bits always hold. Longer ones and leading zeros are for serde_json.
        if !(1..=19).contains(&digits)
            || (number[0] == b'0' && digits > 1)
            || !matches!(rest.first(), Some(b',' | b'}'))
        {
            return None;
        }
        self.0 = rest;
        Some(
            number
                .iter()
                .fold(0, |value, &digit| value * 10 + u64::from(digit - b'0')),
        )
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
    fn string(&mut self) -> Option<&'a str> {
        let end = self
            .0
            .iter()
            .position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.strip_prefix(b"\"")?;
        std::str::from_utf8(text).ok()
    }

    fn value(&mut self) -> Option<Value<'a>> {
        Some(match self.0.first()? {
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
    fn commands(&mut self) -> Option<Vec<SentCommand<'a>>> {
        let mut commands = Vec::new();
        loop {
            self.expect(b"{\"sent\":")?;
            let sent = self.unsigned()?;
            let received = if self.try_expect(b",\"received\":") {
                Some(self.unsigned()?)
            } else {
                None
            };
            self.expect(b",\"command\":\"")?;
            let command = Text(Cow::Borrowed(self.string()?));
            let reply = if self.try_expect(b",\"reply\":\"") {
                Some(Text(Cow::Borrowed(self.string()?)))
            } else {
                None
            };
            commands.push(SentCommand {
                sent,
                received,
                command,
                reply,
            });
            self.expect(b"}")?;
            if !self.try_expect(b",") {
                self.expect(b"]")?;
                return Some(commands);
            }
        }
    }

    fn answer(&mut self) -> Option<Answer<'a>> {
        self.expect(b"{\"outcome\":\"")?;
        let bought = self.name(&[("bought\"", true), ("sold-out\"", false)])?;
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
            bought: Some(bought),
            remaining,
            unit,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        let answer = (
            "(bought|sold-out|x)",
            prop::option::of(number()),
            prop::option::of(text()),
        )
            .prop_map(|(outcome, remaining, unit)| {
                let remaining = remaining.map_or_else(String::new, |number| format!(",\"remaining\":{number}"));
                let unit = unit.map_or_else(String::new, |text| format!(",\"unit\":{text}"));
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
            |(sent, received, command, reply)| {
                let received = received.map_or_else(String::new, |number| format!(",\"received\":{number}"));
                let reply = reply.map_or_else(String::new, |text| format!(",\"reply\":{text}"));
                format!("{{\"sent\":{sent}{received},\"command\":{command}{reply}}}")
            },
        );
        let commands = prop::option::of(prop::collection::vec(command, 0..3));
        let rest = (prop::option::of(value), commands, "(|\r| )");
        (time, number(), kind, f, prop::option::of(text()), rest).prop_map(
            |(time, process, kind, f, key, (value, commands, end))| {
                let time = time.map_or_else(String::new, |time| format!("\"time\":{time},"));
                let key = key.map_or_else(String::new, |key| format!(",\"key\":{key}"));
                let value = value.map_or_else(String::new, |value| format!(",\"value\":{value}"));
                let commands = commands.map_or_else(String::new, |commands| {
                    format!(",\"commands\":[{}]", commands.join(","))
                });
                format!("{{{time}\"process\":{process},\"type\":\"{kind}\",\"f\":\"{f}\"{key}{value}{commands}}}{end}")
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn reads_what_serde_json_reads(line in event()) {
            if let Some(fast) = super::line(line.as_bytes()) {
                prop_assert_eq!(Some(fast), serde_json::from_str(&line).ok());
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
            if let Some(fast) = super::line(&line) {
                prop_assert_eq!(Some(fast), serde_json::from_slice(&line).ok());
            }
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
            r#"{"time":9999999999999999999,"process":4,"type":"ok","f":"buy","value":{"outcome":"sold-out"}}"#,
            r#"{"time":9,"process":3,"type":"ok","f":"read","value":1,"commands":[{"sent":4,"received":5,"command":"GET s","reply":"1"},{"sent":6,"command":"GET s"}]}"#,
            r#"{"time":3391,"process":5,"type":"info","f":"append","key":"sku-1","value":"timed out"}"#,
        ] {
            let fast = super::line(line.as_bytes());
            assert!(fast.is_some(), "{line}");
            assert_eq!(fast, serde_json::from_str(line).ok());
        }
    }
}
