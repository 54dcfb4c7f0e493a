//! `struct`: values as bytes in the layout of C (`deps/lua/src/lua_struct.c`).

use mlua::{Lua, LuaString, MultiValue, Table, Value};

use super::{
    convert::truncated,
    native::{Call, function},
    running::{charge_value, refuse},
};
use crate::redis_model::Unmodelled;

/// The largest integer, in bytes.
const LARGEST: usize = 32;
/// Values that `unpack` gives at most.
const MOST: usize = 1_000;

/// The library.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    library.raw_set("pack", function(lua, pack)?)?;
    library.raw_set("unpack", function(lua, unpack)?)?;
    library.raw_set("size", function(lua, size)?)?;
    Ok(library)
}

/// A format on its way, and the order and alignment it has asked for.
struct Format<'a> {
    call: &'a Call<'a>,
    rest: Vec<u8>,
    at: usize,
    big: bool,
    align: usize,
}

impl<'a> Format<'a> {
    fn new(call: &'a Call<'a>) -> mlua::Result<Self> {
        let text = call.text(1)?.as_bytes().to_vec();
        charge_value(64 * text.len())?;
        let rest = text.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        Ok(Self {
            call,
            rest,
            at: 0,
            big: false,
            align: 1,
        })
    }

    /// The next option with its size, and how many bytes stand before it when it begins at `position`.
    fn next(&mut self, position: usize) -> mlua::Result<Option<(u8, usize, usize)>> {
        let Some(&option) = self.rest.get(self.at) else {
            return Ok(None);
        };
        self.at += 1;
        let size = match option {
            b'B' | b'b' | b'x' => 1,
            b'H' | b'h' => 2,
            b'L' | b'l' | b'T' | b'd' => 8,
            b'f' => 4,
            b'c' => self.number(1)?,
            b'i' | b'I' => {
                let size = self.number(4)?;
                if size > LARGEST {
                    let text = format!("integral size {size} is larger than limit of {LARGEST}");
                    return Err(self.call.error(text));
                }
                size
            }
            _ => 0,
        };
        let unit = size.min(self.align);
        let before = match option {
            b'c' => 0,
            _ if size == 0 => 0,
            _ => unit.wrapping_sub(position & (unit - 1)) & (unit - 1),
        };
        Ok(Some((option, size, before)))
    }

    fn number(&mut self, otherwise: usize) -> mlua::Result<usize> {
        let length = self.rest[self.at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if length == 0 {
            return Ok(otherwise);
        }
        let digits = &self.rest[self.at..self.at + length];
        self.at += length;
        let number = digits.iter().try_fold(0_i32, |number, digit| {
            number.checked_mul(10)?.checked_add(i32::from(digit - b'0'))
        });
        let number = number.ok_or_else(|| self.call.error("integral size overflow"))?;
        Ok(usize::try_from(number).unwrap_or(0))
    }

    /// Options that stand for no value.
    fn control(&mut self, option: u8) -> mlua::Result<()> {
        match option {
            b' ' => {}
            b'>' => self.big = true,
            b'<' => self.big = false,
            b'!' => {
                let align = self.number(8)?;
                if !align.is_power_of_two() {
                    return Err(self.call.error(format!("alignment {align} is not a power of 2")));
                }
                self.align = align;
            }
            _ => {
                let text = format!("invalid format option '{}'", char::from(option));
                return Err(self.call.bad(1, text));
            }
        }
        Ok(())
    }

    /// Bytes that come in the order of this machine, the lowest first.
    fn ordered(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.big {
            bytes.reverse();
        }
        bytes
    }
}

/// A number as C casts it to 64 bits.
fn unsigned(number: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    match number {
        number if (9_223_372_036_854_775_808.0..18_446_744_073_709_551_616.0).contains(&number) => number as u64,
        number if number >= 18_446_744_073_709_551_616.0 => 0,
        number => truncated(number).cast_unsigned(),
    }
}

fn pack(call: &Call<'_>) -> mlua::Result<LuaString> {
    // A server has a mark there, and tells of it where an argument is missing.
    let call = &call.and_nil();
    let mut format = Format::new(call)?;
    let (mut packed, mut argument) = (Vec::new(), 2);
    let mut position = 0;
    while let Some((option, size, before)) = format.next(position)? {
        position += before + size;
        packed.resize(packed.len() + before, 0);
        charge_value(size)?;
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let mut bytes = unsigned(call.number(argument)?).to_le_bytes().to_vec();
                bytes.resize(size, 0);
                packed.extend(format.ordered(bytes));
                argument += 1;
            }
            b'x' => packed.push(0),
            b'f' => {
                #[allow(clippy::cast_possible_truncation, reason = "as C does")]
                let number = call.number(argument)? as f32;
                packed.extend(format.ordered(number.to_le_bytes().to_vec()));
                argument += 1;
            }
            b'd' => {
                packed.extend(format.ordered(call.number(argument)?.to_le_bytes().to_vec()));
                argument += 1;
            }
            b'c' | b's' => {
                let text = call.text(argument)?;
                let text = text.as_bytes();
                argument += 1;
                let taken = if size == 0 { text.len() } else { size };
                if text.len() < taken {
                    return Err(call.bad(argument, "string too short"));
                }
                charge_value(taken)?;
                packed.extend_from_slice(&text[..taken]);
                position += taken - size;
                if option == b's' {
                    packed.push(0);
                    position += 1;
                }
            }
            _ => format.control(option)?,
        }
    }
    call.lua.create_string(packed)
}

/// An integer of so many bytes, of which the last eight count.
#[allow(clippy::cast_precision_loss, reason = "Lua's numbers")]
fn integer(bytes: impl Iterator<Item = u8>, size: usize, signed: bool) -> f64 {
    let value = bytes.fold(0_u64, |value, byte| (value << 8) | u64::from(byte));
    if !signed {
        return value as f64;
    }
    #[allow(clippy::cast_possible_truncation, reason = "at most 32")]
    let mask = u64::MAX.wrapping_shl((size as u32 * 8).wrapping_sub(1));
    let value = if value & mask == 0 { value } else { value | mask };
    value.cast_signed() as f64
}

fn unpack(call: &Call<'_>) -> mlua::Result<MultiValue> {
    let mut format = Format::new(call)?;
    let data = call.text(2)?;
    let data = data.as_bytes();
    let begin = call.integer_or(3, 1)?;
    if begin == 0 {
        return Err(call.bad(3, "offset must be 1 or greater"));
    }
    // A negative one is far behind the end.
    let mut position = begin.cast_unsigned().wrapping_sub(1) as usize;
    let mut values: Vec<Value> = Vec::new();
    let short = || call.bad(2, "data string too short");
    while let Some((option, mut size, before)) = format.next(position)? {
        position = position.wrapping_add(before);
        let part = |size: usize| data.get(position..position.checked_add(size)?);
        let bytes = part(size).ok_or_else(short)?;
        let ordered = || format.ordered(bytes.to_vec());
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let signed = option.is_ascii_lowercase();
                values.push(Value::Number(integer(ordered().into_iter().rev(), size, signed)));
            }
            b'x' => {}
            b'f' => {
                let number = ordered().try_into().map_or(0.0, f32::from_le_bytes);
                values.push(Value::Number(f64::from(number)));
            }
            b'd' => values.push(Value::Number(ordered().try_into().map_or(0.0, f64::from_le_bytes))),
            b'c' => {
                if size == 0 {
                    let last = values
                        .pop()
                        .map(|last| call.lua.coerce_number(last))
                        .transpose()?
                        .flatten();
                    let last = last.ok_or_else(|| call.error("format 'c0' needs a previous size"))?;
                    size = unsigned(last) as usize;
                }
                values.push(Value::String(call.lua.create_string(part(size).ok_or_else(short)?)?));
            }
            b's' => {
                let rest = &data[position..];
                let end = rest.iter().position(|byte| *byte == 0);
                let end = end.ok_or_else(|| call.error("unfinished string in data"))?;
                values.push(Value::String(call.lua.create_string(&rest[..end])?));
                size = end + 1;
            }
            _ => format.control(option)?,
        }
        if values.len() > MOST {
            return Err(refuse(Unmodelled::new("unpacks at most 1,000 values at once")));
        }
        charge_value(size)?;
        position += size;
    }
    #[allow(clippy::cast_precision_loss, reason = "within a text")]
    values.push(Value::Number((position as u64).wrapping_add(1).cast_signed() as f64));
    Ok(values.into_iter().collect())
}

fn size(call: &Call<'_>) -> mlua::Result<f64> {
    let mut format = Format::new(call)?;
    let mut position = 0;
    while let Some((option, size, before)) = format.next(position)? {
        position += before + size;
        match option {
            b's' => return Err(call.bad(1, "option 's' has no fixed size")),
            b'c' if size == 0 => return Err(call.bad(1, "option 'c0' has no fixed size")),
            option if !option.is_ascii_alphanumeric() => format.control(option)?,
            _ => {}
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "Lua's numbers")]
    Ok(position as f64)
}
