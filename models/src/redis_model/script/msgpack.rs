//! `cmsgpack`: values as MessagePack (`deps/lua/src/lua_cmsgpack.c`).

use mlua::{Lua, LuaString, MultiValue, Table, Value};

use super::{
    convert::truncated,
    native::{Call, bare, function},
    running::{MEMORY, charge_value, refuse, too_large},
};
use crate::redis_model::Unmodelled;

/// Tables that are nested deeper are packed as nil.
const DEEPEST: usize = 16;
/// Nesting that is unpacked.
const DEEPEST_UNPACKED: usize = 100;
/// Values that are unpacked at once, without tables around them.
const MOST: usize = 1_000;

/// The library.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    library.raw_set("pack", function(lua, pack)?)?;
    library.raw_set("unpack", function(lua, |call| unpack(call, 0, 0))?)?;
    let one = |call: &Call<'_>| unpack(call, 1, call.integer_or(2, 0)?);
    library.raw_set("unpack_one", function(lua, one)?)?;
    let limit = |call: &Call<'_>| unpack(call, call.integer(2)?, call.integer_or(3, 0)?);
    library.raw_set("unpack_limit", function(lua, limit)?)?;
    library.raw_set("_NAME", "cmsgpack")?;
    library.raw_set("_VERSION", "lua-cmsgpack 0.4.0")?;
    library.raw_set("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo")?;
    library.raw_set("_DESCRIPTION", "MessagePack C implementation for Lua")?;
    Ok(library)
}

fn pack(call: &Call<'_>) -> mlua::Result<LuaString> {
    if call.count() == 0 {
        return Err(call.bad(0, "MessagePack pack needs input."));
    }
    let mut packed = Vec::new();
    for number in 1..=call.count() {
        encode(&mut packed, call.get(number).unwrap_or(&Value::Nil), 0)?;
    }
    call.lua.create_string(packed)
}

/// A length: within the one byte of the shortest form where it is at most `short`, else behind the first of the marks for 8,
/// 16 and 32 bits that has room for it.
#[allow(clippy::cast_possible_truncation, reason = "in the branch where it fits")]
fn head(packed: &mut Vec<u8>, (base, short): (u8, usize), (byte, two, four): (Option<u8>, u8, u8), length: usize) {
    match (length, byte) {
        (length, _) if length <= short => packed.push(base | length as u8),
        (0..=0xff, Some(mark)) => packed.extend([mark, length as u8]),
        (0..=0xffff, _) => {
            packed.push(two);
            packed.extend((length as u16).to_be_bytes());
        }
        _ => {
            packed.push(four);
            packed.extend((length as u32).to_be_bytes());
        }
    }
}

/// The smallest form that has room for it.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "in the branch where it fits"
)]
fn integer(packed: &mut Vec<u8>, number: i64) {
    let mut put = |mark: u8, bytes: &[u8]| {
        packed.push(mark);
        packed.extend_from_slice(bytes);
    };
    match number {
        -32..=127 => put(number as u8, &[]),
        128..=0xff => put(0xcc, &[number as u8]),
        0x100..=0xffff => put(0xcd, &(number as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => put(0xce, &(number as u32).to_be_bytes()),
        0x1_0000_0000.. => put(0xcf, &number.to_be_bytes()),
        -0x80..=-33 => put(0xd0, &(number as i8).to_be_bytes()),
        -0x8000..=-0x81 => put(0xd1, &(number as i16).to_be_bytes()),
        -0x8000_0000..=-0x8001 => put(0xd2, &(number as i32).to_be_bytes()),
        _ => put(0xd3, &number.to_be_bytes()),
    }
}

/// How many elements a table has, and whether their keys are the numbers from 1 to that.
fn shape(table: &Table) -> mlua::Result<(usize, bool)> {
    let (mut count, mut most, mut array) = (0, 0, true);
    for pair in table.pairs::<Value, Value>() {
        match pair?.0 {
            Value::Integer(key) if key > 0 && key <= i64::from(i32::MAX) => most = most.max(key),
            _ => array = false,
        }
        count += 1;
        charge_value(0)?;
    }
    Ok((count, array && usize::try_from(most) == Ok(count)))
}

#[allow(clippy::cast_precision_loss, reason = "all numbers of Lua are of this kind")]
fn encode(packed: &mut Vec<u8>, value: &Value, level: usize) -> mlua::Result<()> {
    let before = packed.len();
    match value {
        Value::String(text) => {
            let text = text.as_bytes();
            head(packed, (0xa0, 31), (Some(0xd9), 0xda, 0xdb), text.len());
            packed.extend_from_slice(&text);
        }
        Value::Boolean(yes) => packed.push(if *yes { 0xc3 } else { 0xc2 }),
        Value::Integer(number) => integer(packed, *number),
        Value::Number(number) if truncated(*number) as f64 == *number => integer(packed, truncated(*number)),
        Value::Number(number) => {
            #[allow(clippy::cast_possible_truncation, reason = "the question is whether it is exact")]
            let short = *number as f32;
            if f64::from(short) == *number {
                packed.push(0xca);
                packed.extend(short.to_be_bytes());
            } else {
                packed.push(0xcb);
                packed.extend(number.to_be_bytes());
            }
        }
        Value::Table(table) if level < DEEPEST => {
            let (count, array) = shape(table)?;
            if array {
                head(packed, (0x90, 15), (None, 0xdc, 0xdd), count);
                for index in 1..=count {
                    encode(packed, &table.raw_get(index)?, level + 1)?;
                }
            } else {
                head(packed, (0x80, 15), (None, 0xde, 0xdf), count);
                for pair in table.pairs::<Value, Value>() {
                    let (key, value) = pair?;
                    encode(packed, &key, level + 1)?;
                    encode(packed, &value, level + 1)?;
                }
            }
        }
        _ => packed.push(0xc0),
    }
    if packed.len() > MEMORY {
        return Err(refuse(too_large()));
    }
    charge_value(packed.len() - before)
}

fn unpack(call: &Call<'_>, limit: i64, offset: i64) -> mlua::Result<MultiValue> {
    let text = call.text(1)?;
    let text = text.as_bytes();
    let length = text.len();
    let Ok(begin) = usize::try_from(offset) else {
        return Err(invalid(call, offset, length));
    };
    if limit < 0 {
        return Err(invalid(call, offset, length));
    }
    if begin > length {
        let text = format!(
            "Start offset {} greater than input length {}.",
            offset as i32, length as i32
        );
        return Err(call.error(text));
    }
    let all = limit == 0 && offset == 0;
    let mut cursor = Cursor {
        call,
        rest: &text[begin..],
    };
    let mut values = Vec::new();
    while !cursor.rest.is_empty() && (all || (values.len() as u64) < limit.unsigned_abs()) {
        values.push(cursor.value(0)?);
        if values.len() > MOST {
            return Err(refuse(Unmodelled::new("unpacks at most 1,000 values at once")));
        }
    }
    if !all {
        let next = match cursor.rest.len() {
            0 => -1,
            left => i64::try_from(length - left).unwrap_or(i64::MAX),
        };
        values.insert(0, Value::Integer(next));
    }
    Ok(values.into_iter().collect())
}

/// The second number is that of the bytes, as on a server.
fn invalid(call: &Call<'_>, offset: i64, length: usize) -> mlua::Error {
    let (offset, length) = (offset as i32, length as i32);
    let text = format!("Invalid request to unpack with offset of {offset} and limit of {length}.");
    call.error(text)
}

struct Cursor<'a> {
    call: &'a Call<'a>,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> mlua::Result<&'a [u8]> {
        let missing = || self.call.error("Missing bytes in input.");
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(missing)?;
        self.rest = rest;
        Ok(taken)
    }

    fn bytes<const N: usize>(&mut self) -> mlua::Result<[u8; N]> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    /// A length in so many bytes.
    fn length(&mut self, bytes: usize) -> mlua::Result<usize> {
        let bytes = self.take(bytes)?.iter();
        Ok(bytes.fold(0, |length, byte| (length << 8) | usize::from(*byte)))
    }

    fn string(&mut self, length: usize) -> mlua::Result<Value> {
        let text = self.take(length)?;
        charge_value(length)?;
        self.call.lua.create_string(text).map(Value::String)
    }

    #[allow(clippy::cast_precision_loss, reason = "all numbers of Lua are of this kind")]
    fn value(&mut self, depth: usize) -> mlua::Result<Value> {
        if depth > DEEPEST_UNPACKED {
            return Err(refuse(Unmodelled::new("unpacks tables nested at most 100 deep")));
        }
        charge_value(0)?;
        let [mark] = self.bytes()?;
        let number = |number: i64| Value::Number(number as f64);
        Ok(match mark {
            0x00..=0x7f => number(i64::from(mark)),
            0xe0..=0xff => number(i64::from(mark.cast_signed())),
            0x80..=0x8f => self.map(usize::from(mark & 0xf), depth)?,
            0x90..=0x9f => self.array(usize::from(mark & 0xf), depth)?,
            0xa0..=0xbf => self.string(usize::from(mark & 0x1f))?,
            0xc0 => Value::Nil,
            0xc2 => Value::Boolean(false),
            0xc3 => Value::Boolean(true),
            0xca => Value::Number(f64::from(f32::from_be_bytes(self.bytes()?))),
            0xcb => Value::Number(f64::from_be_bytes(self.bytes()?)),
            0xcc => number(i64::from(self.bytes::<1>()?[0])),
            0xcd => number(i64::from(u16::from_be_bytes(self.bytes()?))),
            0xce => number(i64::from(u32::from_be_bytes(self.bytes()?))),
            0xcf | 0xd3 => number(i64::from_be_bytes(self.bytes()?)),
            0xd0 => number(i64::from(i8::from_be_bytes(self.bytes()?))),
            0xd1 => number(i64::from(i16::from_be_bytes(self.bytes()?))),
            0xd2 => number(i64::from(i32::from_be_bytes(self.bytes()?))),
            0xd9..=0xdb => {
                let length = self.length(1 << (mark - 0xd9))?;
                self.string(length)?
            }
            0xdc | 0xdd => {
                let length = self.length(2 << (mark - 0xdc))?;
                self.array(length, depth)?
            }
            0xde | 0xdf => {
                let length = self.length(2 << (mark - 0xde))?;
                self.map(length, depth)?
            }
            _ => return Err(self.call.error("Bad data format in input.")),
        })
    }

    fn array(&mut self, length: usize, depth: usize) -> mlua::Result<Value> {
        let table = self.call.lua.create_table()?;
        for index in 1..=length {
            table.raw_set(index, self.value(depth + 1)?)?;
        }
        Ok(Value::Table(table))
    }

    fn map(&mut self, length: usize, depth: usize) -> mlua::Result<Value> {
        let table = self.call.lua.create_table()?;
        for _ in 0..length {
            let (key, value) = (self.value(depth + 1)?, self.value(depth + 1)?);
            match key {
                Value::Nil => return Err(bare("table index is nil")),
                Value::Number(number) if number.is_nan() => return Err(bare("table index is NaN")),
                key => table.raw_set(key, value)?,
            }
        }
        Ok(Value::Table(table))
    }
}
