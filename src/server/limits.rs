//! How large a reply may be. What a server says is counted while it arrives, before anybody makes room for what it announces.

use std::io;

/// Bytes of one reply, at most: more than any strategy reads, far less than a server can announce.
const BYTES: u64 = 64 << 20;
/// Bytes of one line within a reply: a status, an error, a number.
const LINE: u64 = 64 << 10;
/// Values in one reply, those in lists within lists counted.
const VALUES: u64 = 1 << 20;
/// Lists within lists.
const DEPTH: usize = 32;

/// Follows the replies of a connection, whatever pieces they come in.
#[derive(Debug, Default)]
pub(super) struct Limits {
    at: At,
    /// Bytes of the present reply.
    bytes: u64,
    /// Values that it has or announces.
    values: u64,
    /// Values that are still to come in each list that has begun, the outermost in front.
    open: Vec<u64>,
    /// A length, as far as it has come.
    length: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
enum At {
    /// A value begins.
    #[default]
    Value,
    /// In the first line of a value of this type, which has so many bytes so far. Was the last one a carriage return?
    Line(u8, u64, bool),
    /// In a text, of which so many bytes are still to come.
    Text(u64),
}

impl Limits {
    /// These bytes come next.
    ///
    /// # Errors
    /// When they begin or announce what is too large, or what is no reply. Nothing more can be made of the connection then.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let taken = match self.at {
                At::Value => {
                    self.begin(bytes[0])?;
                    1
                }
                At::Line(kind, length, returned) => self.line(kind, length, returned, bytes)?,
                At::Text(left) => {
                    let taken = left.min(bytes.len() as u64);
                    self.at = At::Text(left - taken);
                    if taken == left {
                        self.end_value();
                    }
                    taken as usize
                }
            };
            // Of the reply that has just ended nothing is counted any more.
            if !(self.open.is_empty() && matches!(self.at, At::Value)) {
                self.bytes += taken as u64;
                at_most(self.bytes, BYTES, "bytes")?;
            }
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn begin(&mut self, kind: u8) -> io::Result<()> {
        if !b"+-:_,#($!=*~>%|".contains(&kind) {
            return Err(refused(&format!(
                "it begins with `{}`, as no reply of a Redis server does",
                kind.escape_ascii()
            )));
        }
        self.length.clear();
        self.at = At::Line(kind, 0, false);
        Ok(())
    }

    /// Takes what `bytes` have of a line. It ends with a carriage return and a line feed; each alone may stand in it.
    fn line(&mut self, kind: u8, before: u64, returned: bool, bytes: &[u8]) -> io::Result<usize> {
        let found = bytes.iter().position(|byte| *byte == b'\n');
        let taken = found.map_or(bytes.len(), |place| place + 1);
        let length = before + taken as u64;
        at_most(length, LINE, "bytes in one line")?;
        let announces = !b"+-:_,#(".contains(&kind);
        if announces {
            at_most(length, 24, "bytes in a length")?;
            self.length.extend(&bytes[..taken]);
        }
        let returns = |place: usize| {
            if place == 0 {
                returned
            } else {
                bytes[place - 1] == b'\r'
            }
        };
        match found {
            Some(place) if returns(place) => {
                if announces {
                    self.announced(kind)?;
                } else {
                    self.end_value();
                }
            }
            _ => self.at = At::Line(kind, length, bytes[taken - 1] == b'\r'),
        }
        Ok(taken)
    }

    /// The line of a value that says how long it is has ended.
    fn announced(&mut self, kind: u8) -> io::Result<()> {
        let text = std::str::from_utf8(&self.length).unwrap_or_default().trim();
        let length: i64 = text.parse().map_err(|_| {
            let found = self.length.escape_ascii();
            refused(&format!("it has `{found}` where a length is expected"))
        })?;
        if length < 0 && !b"$*~>".contains(&kind) {
            return Err(refused(&format!("it has {length} where a length is expected")));
        }
        let Ok(length) = u64::try_from(length) else {
            // There is nothing where it is below zero.
            self.end_value();
            return Ok(());
        };
        if b"$!=".contains(&kind) {
            at_most(length, BYTES, "bytes")?;
            self.at = At::Text(length + 2);
            return Ok(());
        }
        let values = match kind {
            b'%' => length.saturating_mul(2),
            b'|' => length.saturating_mul(2).saturating_add(1),
            _ => length,
        };
        self.values = self.values.saturating_add(values);
        at_most(self.values, VALUES, "values")?;
        self.at = At::Value;
        if values == 0 {
            self.end_value();
        } else {
            self.open.push(values);
            at_most(self.open.len() as u64, DEPTH as u64, "lists within lists")?;
        }
        Ok(())
    }

    fn end_value(&mut self) {
        self.at = At::Value;
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                return;
            }
            self.open.pop();
        }
        (self.bytes, self.values) = (0, 0);
    }
}

fn at_most(found: u64, most: u64, what: &str) -> io::Result<()> {
    if found <= most {
        return Ok(());
    }
    Err(refused(&format!(
        "it has {found} {what} or more, and at most {most} are read"
    )))
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("its reply was not read: {why}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redis::{Value, ValueCodec};
    use tokio_util::codec::Decoder as _;

    use super::*;

    fn reply() -> impl Strategy<Value = Vec<u8>> {
        let line = |kind: &'static str, text: &'static str| {
            text.prop_map(move |text| format!("{kind}{text}\r\n").into_bytes())
        };
        let leaf = prop_oneof![
            line("+", "[a-z\n]{0,5}[a-z\r]{0,5}[a-z]"),
            line("-", "ERR [a-z ]{0,9}"),
            line(":", "-?[0-9]{1,9}"),
            Just(b"$-1\r\n".to_vec()),
            Just(b"*-1\r\n".to_vec()),
            Just(b"*0\r\n".to_vec()),
            Just(b"#t\r\n".to_vec()),
            Just(b",1.5\r\n".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20).prop_map(|text| {
                let mut reply = format!("${}\r\n", text.len()).into_bytes();
                reply.extend(text);
                reply.extend(b"\r\n");
                reply
            }),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            (0..3usize, prop::collection::vec(inner, 1..5)).prop_map(|(kind, values)| {
                let (mark, count) = match kind {
                    1 if values.len() % 2 == 0 => ('%', values.len() / 2),
                    2 => ('~', values.len()),
                    _ => ('*', values.len()),
                };
                let mut reply = format!("{mark}{count}\r\n").into_bytes();
                reply.extend(values.concat());
                reply
            })
        })
    }

    proptest! {
        #[test]
        fn follows_every_reply_in_whatever_pieces(replies in prop::collection::vec(reply(), 1..5), cuts in prop::collection::vec(1..9usize, 1..30)) {
            let mut limits = Limits::default();
            let mut codec = ValueCodec::default();
            for reply in replies {
                let whole: Option<Value> = codec.decode(&mut reply.as_slice().into()).unwrap();
                prop_assert!(whole.is_some(), "the client's own decoder agrees that it is one");
                let (mut rest, mut cuts) = (reply.as_slice(), cuts.iter().cycle());
                while !rest.is_empty() {
                    prop_assert!(limits.bytes > 0 || rest.len() == reply.len());
                    let (piece, more) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                    limits.read(piece).unwrap();
                    rest = more;
                }
                prop_assert!(limits.bytes == 0 && limits.open.is_empty() && matches!(limits.at, At::Value));
            }
        }
    }

    #[test]
    fn refuses_what_is_too_large_before_it_comes() {
        let deep = "*1\r\n".repeat(DEPTH + 1);
        let line = format!("+{}", "a".repeat(LINE as usize + 1));
        for (reply, part) in [
            ("$9999999999999\r\nabc", "9999999999999 bytes"),
            ("*2147483647\r\n", "2147483647 values"),
            ("%9223372036854775807\r\n", "values"),
            ("~100000000\r\n", "100000000 values"),
            ("*600000\r\n*600000\r\n", "1200000 values"),
            (deep.as_str(), "lists within lists"),
            (line.as_str(), "bytes in one line"),
            ("$99999999999999999999999999\r\n", "bytes in a length"),
            ("$99999999999999999999\r\n", "where a length is expected"),
            ("=-5\r\n", "has -5 where a length is expected"),
            ("*x\r\n", "where a length is expected"),
            ("HTTP/1.1 400 Bad Request\r\n", "begins with `H`"),
        ] {
            let error = Limits::default().read(reply.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{reply:.30}: {error}");
        }
    }

    #[test]
    fn counts_the_bytes_of_a_list_of_many_texts() {
        let mut limits = Limits::default();
        limits.read(b"*1000\r\n").unwrap();
        let text = [b"$1000000\r\n".as_slice(), &[b'a'; 1_000_000], b"\r\n"].concat();
        let refused = (0..1000).find_map(|_| limits.read(&text).err()).unwrap();
        assert!(refused.to_string().contains("bytes or more"), "{refused}");
    }
}
