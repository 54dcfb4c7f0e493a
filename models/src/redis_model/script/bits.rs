//! `bit`: LuaBitOp, 32 bits (`deps/lua/src/lua_bit.c`).

use mlua::{Lua, Table};

use super::native::{Call, function};

/// The library.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    let one = |name: &str, change: fn(u32) -> u32| {
        library.raw_set(name, function(lua, move |call| Ok(signed(change(bits(call, 1)?))))?)
    };
    one("tobit", |bits| bits)?;
    one("bnot", |bits| !bits)?;
    one("bswap", u32::swap_bytes)?;
    let all = |name: &str, join: fn(u32, u32) -> u32| {
        let joined = move |call: &Call<'_>| {
            let first = bits(call, 1)?;
            let others = (2..=call.count()).rev();
            others
                .map(|number| bits(call, number))
                .try_fold(first, |so_far, bits| Ok(join(so_far, bits?)))
                .map(signed)
        };
        library.raw_set(name, function(lua, joined)?)
    };
    all("band", |a, b| a & b)?;
    all("bor", |a, b| a | b)?;
    all("bxor", |a, b| a ^ b)?;
    let shift = |name: &str, by: fn(u32, u32) -> u32| {
        let shifted = move |call: &Call<'_>| Ok(signed(by(bits(call, 1)?, bits(call, 2)? & 31)));
        library.raw_set(name, function(lua, shifted)?)
    };
    shift("lshift", |bits, by| bits << by)?;
    shift("rshift", |bits, by| bits >> by)?;
    shift("arshift", |bits, by| (bits.cast_signed() >> by).cast_unsigned())?;
    shift("rol", u32::rotate_left)?;
    shift("ror", u32::rotate_right)?;
    library.raw_set("tohex", function(lua, to_hex)?)?;
    Ok(library)
}

fn signed(bits: u32) -> i32 {
    bits.cast_signed()
}

/// The low bits of a number: adding this one brings them to the end of the mantissa.
fn bits(call: &Call<'_>, number: usize) -> mlua::Result<u32> {
    #[allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
    let low = (call.number(number)? + 6_755_399_441_055_744.0).to_bits() as u32;
    Ok(low)
}

/// Digits from the right, at most eight; upper case for a negative number of them.
fn to_hex(call: &Call<'_>) -> mlua::Result<String> {
    let number = bits(call, 1)?;
    let digits = match call.count() {
        1 => 8,
        _ => bits(call, 2)?.cast_signed(),
    };
    let text = match digits < 0 {
        true => format!("{number:08X}"),
        false => format!("{number:08x}"),
    };
    let shown = usize::try_from(digits.unsigned_abs()).unwrap_or(8).min(8);
    Ok(text[8 - shown..].to_string())
}
