//! `cjson.decode`: as lenient as the servers, with their errors.

use mlua::{Table, Value};

use super::{
    json_settings::{DEEPEST, Settings},
    native::Call,
    numbers,
    running::{charge_value, refuse},
};
use crate::redis_model::Unmodelled;

/// What stands at a place of the text.
enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Text(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Wrong(&'static str),
}

impl Token {
    /// As errors name it.
    fn name(&self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::Text(_) => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Boolean(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::End => "T_END",
            Self::Wrong(why) => why,
        }
    }
}

/// A level deeper than the model goes, although the script allows it.
pub(super) fn too_deep(depth: i32) -> mlua::Result<()> {
    if depth > DEEPEST {
        return Err(refuse(Unmodelled::new("nests JSON at most 1,000 deep")));
    }
    Ok(())
}

struct Decoder<'a> {
    call: &'a Call<'a>,
    settings: &'a Settings,
    text: Vec<u8>,
    at: usize,
    /// Where the last token begins, or went wrong.
    began: usize,
    depth: i32,
}

pub(super) fn decode(call: &Call<'_>, settings: &Settings) -> mlua::Result<Value> {
    if call.count() != 1 {
        return Err(call.bad(1, "expected 1 argument"));
    }
    let text = call.text(1)?.as_bytes().to_vec();
    charge_value(text.len())?;
    if text.len() >= 2 && text[..2].contains(&0) {
        return Err(call.error("JSON parser does not support UTF-16 or UTF-32"));
    }
    let mut decoder = Decoder {
        call,
        settings,
        text,
        at: 0,
        began: 0,
        depth: 0,
    };
    let first = decoder.next();
    let value = decoder.value(first)?;
    match decoder.next() {
        Token::End => Ok(value),
        other => Err(decoder.expected("the end", &other)),
    }
}

impl Decoder<'_> {
    fn expected(&self, what: &str, found: &Token) -> mlua::Error {
        let (found, place) = (found.name(), self.began + 1);
        self.call
            .error(format!("Expected {what} but found {found} at character {place}"))
    }

    /// The text ends with a zero, as it does in C.
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn wrong(&mut self, why: &'static str) -> Token {
        self.began = self.at;
        Token::Wrong(why)
    }

    fn next(&mut self) -> Token {
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.began = self.at;
        let single = match self.byte(self.at) {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b',' => Token::Comma,
            b':' => Token::Colon,
            0 => return Token::End,
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' => {
                if !self.settings.decode_invalid && self.is_no_json_number() {
                    return self.wrong("invalid number");
                }
                return self.number();
            }
            b'f' | b'i' | b'I' | b'n' | b'N' | b't' | b'+' => return self.word(),
            _ => return self.wrong("invalid token"),
        };
        self.at += 1;
        single
    }

    fn word(&mut self) -> Token {
        for (word, token) in [
            ("true", Token::Boolean(true)),
            ("false", Token::Boolean(false)),
            ("null", Token::Null),
        ] {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return token;
            }
        }
        if self.settings.decode_invalid && self.is_no_json_number() {
            return self.number();
        }
        self.wrong("invalid token")
    }

    /// Something that `strtod` takes for a number, and JSON does not.
    fn is_no_json_number(&self) -> bool {
        let mut at = self.at;
        match self.byte(at) {
            b'+' => return true,
            b'-' => at += 1,
            _ => {}
        }
        let begins = |word: &[u8]| {
            self.text
                .get(at..at + 3)
                .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
        };
        match self.byte(at) {
            b'0' => matches!(self.byte(at + 1), b'x' | b'X' | b'0'..=b'9'),
            ..=b'9' => false,
            _ => begins(b"inf") || begins(b"nan"),
        }
    }

    fn number(&mut self) -> Token {
        match numbers::read(&self.text[self.at..]) {
            None => self.wrong("invalid number"),
            Some((number, length)) => {
                self.at += length;
                Token::Number(number)
            }
        }
    }

    fn string(&mut self) -> Token {
        self.at += 1;
        let mut string = Vec::new();
        loop {
            match self.byte(self.at) {
                b'"' => break,
                0 => return self.wrong("unexpected end of string"),
                b'\\' => {}
                byte => {
                    string.push(byte);
                    self.at += 1;
                    continue;
                }
            }
            let plain = match self.byte(self.at + 1) {
                byte @ (b'"' | b'\\' | b'/') => byte,
                b'b' => b'\x08',
                b't' => b'\t',
                b'n' => b'\n',
                b'f' => b'\x0c',
                b'r' => b'\r',
                b'u' => match self.code_point() {
                    None => return self.wrong("invalid unicode escape code"),
                    Some((character, length)) => {
                        string.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                        self.at += length;
                        continue;
                    }
                },
                _ => return self.wrong("invalid escape code"),
            };
            string.push(plain);
            self.at += 2;
        }
        self.at += 1;
        Token::Text(string)
    }

    /// `\uXXXX`, or two of them, and how long they are.
    fn code_point(&self) -> Option<(char, usize)> {
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 4)?.iter();
            digits
                .copied()
                .try_fold(0, |unit, digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
        };
        let high = unit(self.at + 2)?;
        if high & 0xf800 != 0xd800 {
            return Some((char::from_u32(high)?, 6));
        }
        let follows = self.text.get(self.at + 6..self.at + 8)? == b"\\u";
        let low = unit(self.at + 8).filter(|low| follows && high & 0x400 == 0 && low & 0xfc00 == 0xdc00)?;
        Some((char::from_u32((((high & 0x3ff) << 10) | (low & 0x3ff)) + 0x1_0000)?, 12))
    }

    fn value(&mut self, token: Token) -> mlua::Result<Value> {
        charge_value(0)?;
        Ok(match token {
            Token::Text(text) => Value::String(self.call.lua.create_string(text)?),
            Token::Number(number) => Value::Number(number),
            Token::Boolean(yes) => Value::Boolean(yes),
            // A table cannot hold nil.
            Token::Null => Value::NULL,
            Token::ObjectBegin => Value::Table(self.object()?),
            Token::ArrayBegin => Value::Table(self.array()?),
            other => return Err(self.expected("value", &other)),
        })
    }

    fn descend(&mut self) -> mlua::Result<Table> {
        self.depth += 1;
        if self.depth > self.settings.decode_depth {
            let (depth, at) = (self.depth, self.at);
            let text = format!("Found too many nested data structures ({depth}) at character {at}");
            return Err(self.call.error(text));
        }
        too_deep(self.depth)?;
        self.call.lua.create_table()
    }

    fn object(&mut self) -> mlua::Result<Table> {
        let table = self.descend()?;
        let mut token = self.next();
        while !(matches!(token, Token::ObjectEnd) && table.is_empty()) {
            let Token::Text(name) = token else {
                return Err(self.expected("object key string", &token));
            };
            match self.next() {
                Token::Colon => {}
                other => return Err(self.expected("colon", &other)),
            }
            let next = self.next();
            let value = self.value(next)?;
            table.raw_set(self.call.lua.create_string(name)?, value)?;
            match self.next() {
                Token::ObjectEnd => break,
                Token::Comma => token = self.next(),
                other => return Err(self.expected("comma or object end", &other)),
            }
        }
        self.depth -= 1;
        Ok(table)
    }

    fn array(&mut self) -> mlua::Result<Table> {
        let table = self.descend()?;
        let (mut token, mut index) = (self.next(), 1);
        while !(matches!(token, Token::ArrayEnd) && index == 1) {
            let value = self.value(token)?;
            table.raw_set(index, value)?;
            index += 1;
            match self.next() {
                Token::ArrayEnd => break,
                Token::Comma => token = self.next(),
                other => return Err(self.expected("comma or array end", &other)),
            }
        }
        self.depth -= 1;
        Ok(table)
    }
}
