//! Strings as bits. Bit 0 is the highest of the first byte.

use crate::redis_model::{
    RedisModel, Reply,
    arguments::{canonical_integer, integer, is},
    command::Command,
    fail::{Answer, Fail},
    model::MOST_BYTES,
    value::{Bytes, Value},
};

pub(crate) const COMMANDS: &[Command] = &[
    Command::write("setbit", 4, setbit),
    Command::read("getbit", 3, |model, arguments| {
        let offset = offset(&arguments[2], None)?;
        let text = model.data.get::<Bytes>(&arguments[1])?;
        Ok(Reply::Int(text.map_or(0, |text| bits(text, offset, 1).cast_signed())))
    }),
    Command::read("bitcount", -2, bitcount),
    Command::read("bitpos", -3, bitpos),
    Command::write("bitop", -4, bitop),
    Command::write("bitfield", -2, |model, arguments| bitfield(model, arguments, false)),
    Command::read("bitfield_ro", -2, |model, arguments| bitfield(model, arguments, true)),
];

/// Bits that a string may have on a server.
const MOST: i64 = 512 << 23;

/// Where a bit stands; `#3` is the fourth field of this width.
fn offset(text: &[u8], width: Option<i64>) -> Result<usize, Fail> {
    let (text, unit) = match (text, width) {
        ([b'#', rest @ ..], Some(width)) => (rest, width),
        _ => (text, 1),
    };
    let offset = canonical_integer(text).and_then(|number| number.checked_mul(unit));
    let offset = offset.filter(|offset| (0..MOST).contains(offset));
    let offset = offset.and_then(|offset| usize::try_from(offset).ok());
    offset.ok_or(Fail::text("ERR bit offset is not an integer or out of range"))
}

/// So many bits from `offset`; those behind the end are 0.
fn bits(text: &[u8], offset: usize, width: usize) -> u64 {
    (offset..offset + width).fold(0, |number, at| {
        let byte = text.get(at / 8).copied().unwrap_or(0);
        (number << 1) | u64::from(byte >> (7 - at % 8) & 1)
    })
}

fn set_bits(text: &mut [u8], offset: usize, width: usize, number: u64) {
    for (place, at) in (offset..offset + width).rev().enumerate() {
        let mask = 1 << (7 - at % 8);
        if number >> place & 1 == 1 {
            text[at / 8] |= mask;
        } else {
            text[at / 8] &= !mask;
        }
    }
}

/// The string, long enough to have this bit.
fn reaching<'a>(model: &'a mut RedisModel, key: &[u8], bit: usize) -> Result<&'a mut Bytes, Fail> {
    if bit / 8 >= MOST_BYTES {
        return Err(RedisModel::full());
    }
    let text = model.data.get_or_new::<Bytes>(key)?;
    if text.len() <= bit / 8 {
        text.resize(bit / 8 + 1, 0);
    }
    Ok(text)
}

fn setbit(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let key = &arguments[1];
    let offset = offset(&arguments[2], None)?;
    let bit = canonical_integer(&arguments[3]).and_then(|bit| u64::try_from(bit).ok());
    let bit = bit.filter(|bit| *bit < 2);
    let bit = bit.ok_or(Fail::text("ERR bit is not an integer or out of range"))?;
    let text = reaching(model, key, offset)?;
    let old = bits(text, offset, 1);
    set_bits(text, offset, 1, bit);
    model.touch(key);
    Ok(Reply::Int(old.cast_signed()))
}

/// Bits from the first to the last of `start end [BIT | BYTE]`, of which only the start may be given.
fn span(options: &[Vec<u8>], length: usize) -> Result<Option<std::ops::Range<usize>>, Fail> {
    let unit = match options.get(2) {
        None => 8,
        Some(unit) if is(unit, "BYTE") => 8,
        Some(unit) if is(unit, "BIT") => 1,
        Some(_) => return Err(Fail::SYNTAX),
    };
    let total = i64::try_from(length * 8 / unit).unwrap_or(i64::MAX);
    let from_end = |number: i64| {
        if number < 0 {
            total.saturating_add(number)
        } else {
            number
        }
    };
    let start = options.first().map_or(Ok(0), |text| integer(text))?;
    let end = options.get(1).map_or(Ok(total - 1), |text| integer(text))?;
    let (start, end) = (from_end(start).max(0), from_end(end).max(0).min(total - 1));
    if start > end {
        return Ok(None);
    }
    let bits = |number: i64| usize::try_from(number).unwrap_or(0) * unit;
    Ok(Some(bits(start)..bits(end) + unit))
}

fn bitcount(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let Some(text) = model.data.get::<Bytes>(&arguments[1])? else {
        return Ok(Reply::Int(0));
    };
    let options = &arguments[2..];
    if options.len() == 1 || options.len() > 3 {
        return Err(Fail::SYNTAX);
    }
    if let [start, end, ..] = options
        && let (start, end) = (integer(start)?, integer(end)?)
        && start < 0
        && end < 0
        && start > end
    {
        return Ok(Reply::Int(0));
    }
    let span = span(options, text.len())?.unwrap_or(0..0);
    Ok(Reply::count(span.filter(|at| bits(text, *at, 1) == 1).count()))
}

fn bitpos(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let wanted = match integer(&arguments[2])? {
        0 => 0,
        1 => 1,
        _ => return Err(Fail::text("ERR The bit argument must be 1 or 0.")),
    };
    let options = &arguments[3..];
    let Some(text) = model.data.get::<Bytes>(&arguments[1])? else {
        return Ok(Reply::Int(if wanted == 1 { -1 } else { 0 }));
    };
    if options.len() > 3 {
        return Err(Fail::SYNTAX);
    }
    let Some(span) = span(options, text.len())? else {
        return Ok(Reply::Int(-1));
    };
    let end = span.end;
    match span.into_iter().find(|at| bits(text, *at, 1) == wanted) {
        Some(at) => Ok(Reply::count(at)),
        // A string goes on with zeros where no end is given.
        None if wanted == 0 && options.len() < 2 => Ok(Reply::count(end)),
        None => Ok(Reply::Int(-1)),
    }
}

fn bitop(model: &mut RedisModel, arguments: &[Vec<u8>]) -> Answer {
    let (target, sources) = (&arguments[2], &arguments[3..]);
    let operation = arguments[1].to_ascii_uppercase();
    let join: fn(u8, u8) -> u8 = match operation.as_slice() {
        b"AND" => |a, b| a & b,
        b"OR" | b"NOT" => |a, b| a | b,
        b"XOR" => |a, b| a ^ b,
        b"DIFF" | b"DIFF1" | b"ANDOR" | b"ONE" => {
            return Err(Fail::unmodelled("knows BITOP with AND, OR, XOR and NOT only"));
        }
        _ => return Err(Fail::SYNTAX),
    };
    if operation == b"NOT" && sources.len() != 1 {
        return Err(Fail::text("ERR BITOP NOT must be called with a single source key."));
    }
    let texts = sources
        .iter()
        .map(|key| Ok(model.data.get::<Bytes>(key)?.cloned().unwrap_or_default()));
    let texts = texts.collect::<Result<Vec<_>, Fail>>()?;
    let length = texts.iter().map(|text| text.len()).max().unwrap_or(0);
    let byte = |at: usize| {
        let bytes = texts.iter().map(|text| text.get(at).copied().unwrap_or(0));
        let joined = bytes.reduce(join).unwrap_or(0);
        if operation == b"NOT" { !joined } else { joined }
    };
    let joined: Bytes = (0..length).map(byte).collect();
    if joined.is_empty() {
        model.delete(target);
    } else {
        model.data.put(target, Value::String(joined), false);
        model.touch(target);
    }
    Ok(Reply::count(length))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    Wrap,
    Saturate,
    Fail,
}

/// A field: its width, its place, and what becomes of it.
struct Field {
    signed: bool,
    width: usize,
    offset: usize,
    change: Option<(Change, i64, Overflow)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Set,
    Add,
}

impl Field {
    fn parse(kind: &[u8], place: &[u8]) -> Result<Self, Fail> {
        let bad = Fail::text(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
        );
        let (signed, most) = match kind.first() {
            Some(b'i') => (true, 64),
            Some(b'u') => (false, 63),
            _ => return Err(bad),
        };
        let width = canonical_integer(&kind[1..])
            .filter(|width| (1..=most).contains(width))
            .ok_or(bad)?;
        Ok(Self {
            signed,
            width: usize::try_from(width).unwrap_or(0),
            offset: offset(place, Some(width))?,
            change: None,
        })
    }

    fn read(&self, text: &[u8]) -> i64 {
        let number = bits(text, self.offset, self.width);
        let unused = 64 - self.width;
        if self.signed {
            (number << unused).cast_signed() >> unused
        } else {
            number.cast_signed()
        }
    }

    fn goes_over(&self, number: i64) -> bool {
        self.signed && self.width < 64 && ((1_i64 << (self.width - 1)) - 1).checked_sub(number).is_none()
    }

    /// A number that fits, and whether it did before.
    fn fit(&self, number: i128, overflow: Overflow) -> (i64, bool) {
        let (least, most) = if self.signed {
            (-(1_i128 << (self.width - 1)), (1_i128 << (self.width - 1)) - 1)
        } else {
            (0, (1_i128 << self.width) - 1)
        };
        let fits = (least..=most).contains(&number);
        let inside = match overflow {
            Overflow::Saturate => number.clamp(least, most),
            _ => (number - least).rem_euclid(most - least + 1) + least,
        };
        (i64::try_from(inside).unwrap_or(0), fits)
    }
}

fn fields(arguments: &[Vec<u8>]) -> Result<Vec<Field>, Fail> {
    let (mut fields, mut overflow, mut rest) = (Vec::new(), Overflow::Wrap, arguments);
    loop {
        rest = match rest {
            [] => return Ok(fields),
            [verb, kind, place, rest @ ..] if is(verb, "GET") => {
                fields.push(Field::parse(kind, place)?);
                rest
            }
            [verb, kind, place, number, rest @ ..] if is(verb, "SET") || is(verb, "INCRBY") => {
                let change = if is(verb, "SET") { Change::Set } else { Change::Add };
                let mut field = Field::parse(kind, place)?;
                field.change = Some((change, integer(number)?, overflow));
                fields.push(field);
                rest
            }
            [verb, kind, rest @ ..] if is(verb, "OVERFLOW") => {
                overflow = match kind.to_ascii_uppercase().as_slice() {
                    b"WRAP" => Overflow::Wrap,
                    b"SAT" => Overflow::Saturate,
                    b"FAIL" => Overflow::Fail,
                    _ => return Err(Fail::text("ERR Invalid OVERFLOW type specified")),
                };
                rest
            }
            _ => return Err(Fail::SYNTAX),
        };
    }
}

fn bitfield(model: &mut RedisModel, arguments: &[Vec<u8>], read_only: bool) -> Answer {
    let key = &arguments[1];
    let fields = fields(&arguments[2..])?;
    let written = fields.iter().filter(|field| field.change.is_some());
    let Some(last) = written.map(|field| field.offset + field.width - 1).max() else {
        let text = model.data.get::<Bytes>(key)?.map_or(&[][..], |text| text.as_slice());
        let numbers = fields.iter().map(|field| Reply::Int(field.read(text)));
        return Ok(Reply::Array(numbers.collect()));
    };
    if read_only {
        return Err(Fail::text("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    let text = reaching(model, key, last)?;
    let mut replies = Vec::new();
    for field in fields {
        let old = field.read(text);
        let Some((change, number, overflow)) = field.change else {
            replies.push(Reply::Int(old));
            continue;
        };
        let wanted = match change {
            // Far below what fits a server's arithmetic goes over, and it is the largest that is put there.
            Change::Set if overflow == Overflow::Saturate && field.goes_over(number) => i128::MAX,
            Change::Set if field.signed => i128::from(number),
            // As C casts it.
            Change::Set => i128::from(number.cast_unsigned()),
            Change::Add => i128::from(old) + i128::from(number),
        };
        let (new, fits) = field.fit(wanted, overflow);
        if !fits && overflow == Overflow::Fail {
            replies.push(Reply::Nil);
            continue;
        }
        set_bits(text, field.offset, field.width, new.cast_unsigned());
        replies.push(Reply::Int(if change == Change::Set { old } else { new }));
    }
    model.touch(key);
    Ok(Reply::Array(replies))
}
