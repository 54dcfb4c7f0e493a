//! `cjson`: values as JSON (`deps/lua/src/lua_cjson.c`). Reading it is in `json_decode`.

use mlua::{Lua, LuaString, MultiValue, Table, Value};

use super::{
    json_decode::{decode, too_deep},
    json_settings::{Invalid, Settings},
    native::{Call, function, type_name},
    numbers::general,
    running::{MEMORY, charge_value, refuse, running, too_large},
};

/// The library whose settings are those of this number. `cjson.new` makes another.
pub(super) fn library(lua: &Lua, number: usize) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    library.raw_set("encode", function(lua, move |call| encode(call, &settings(number)))?)?;
    library.raw_set("decode", function(lua, move |call| decode(call, &settings(number)))?)?;
    library.raw_set("new", function(lua, library_of_its_own)?)?;
    for (name, most, option) in OPTIONS {
        library.raw_set(*name, function(lua, move |call| set(call, number, *most, *option))?)?;
    }
    library.raw_set("null", Value::NULL)?;
    library.raw_set("_NAME", "cjson")?;
    library.raw_set("_VERSION", "2.1.0")?;
    Ok(library)
}

fn library_of_its_own(call: &Call<'_>) -> mlua::Result<Table> {
    let number = running(|running| {
        running.json.push(Settings::default());
        running.json.len() - 1
    });
    library(call.lua, number.unwrap_or(0))
}

fn settings(number: usize) -> Settings {
    running(|running| running.json.get(number).copied())
        .flatten()
        .unwrap_or_default()
}

/// Reads the arguments of a function that sets something, and gives what is set now.
type Setter = fn(&Call<'_>, &mut Settings) -> mlua::Result<MultiValue>;

/// Each with how many arguments it takes at most.
const OPTIONS: &[(&str, usize, Setter)] = &[
    ("encode_sparse_array", 3, |call, settings| {
        let convert = flag(call, &mut settings.sparse_as_object)?;
        let ratio = whole(call, 2, &mut settings.sparse_ratio, 0, i32::MAX)?;
        let safe = whole(call, 3, &mut settings.sparse_safe, 0, i32::MAX)?;
        Ok([convert, ratio, safe].into_iter().collect())
    }),
    ("encode_max_depth", 1, |call, settings| {
        one(whole(call, 1, &mut settings.encode_depth, 1, i32::MAX))
    }),
    ("decode_max_depth", 1, |call, settings| {
        one(whole(call, 1, &mut settings.decode_depth, 1, i32::MAX))
    }),
    ("encode_number_precision", 1, |call, settings| {
        one(whole(call, 1, &mut settings.precision, 1, 14))
    }),
    ("encode_keep_buffer", 1, |call, settings| {
        one(flag(call, &mut settings.keep_buffer))
    }),
    ("encode_invalid_numbers", 1, |call, settings| {
        one(invalid_numbers(call, settings))
    }),
    ("decode_invalid_numbers", 1, |call, settings| {
        one(flag(call, &mut settings.decode_invalid))
    }),
];

fn set(call: &Call<'_>, number: usize, most: usize, option: Setter) -> mlua::Result<MultiValue> {
    if call.count() > most {
        return Err(call.bad(most + 1, "found too many arguments"));
    }
    let mut changed = settings(number);
    let result = option(call, &mut changed);
    // What was read before an argument was wrong is set.
    running(|running| {
        if let Some(settings) = running.json.get_mut(number) {
            *settings = changed;
        }
    });
    result
}

fn one(value: mlua::Result<Value>) -> mlua::Result<MultiValue> {
    value.map(|value| [value].into_iter().collect())
}

fn whole(call: &Call<'_>, number: usize, setting: &mut i32, least: i32, most: i32) -> mlua::Result<Value> {
    if !matches!(call.get(number), None | Some(Value::Nil)) {
        #[allow(clippy::cast_possible_truncation, reason = "as C does")]
        let value = call.integer(number)? as i32;
        if !(least..=most).contains(&value) {
            return Err(call.bad(1, format!("expected integer between {least} and {most}")));
        }
        *setting = value;
    }
    Ok(Value::Integer(i64::from(*setting)))
}

/// One of the words, or what stands for the first two.
fn word(call: &Call<'_>, words: &[&str]) -> mlua::Result<Option<usize>> {
    match call.get(1) {
        None | Some(Value::Nil) => Ok(None),
        Some(Value::Boolean(yes)) => Ok(Some(usize::from(*yes))),
        Some(_) => {
            let text = call.text(1)?;
            let found = words.iter().position(|word| text.as_bytes() == word.as_bytes());
            let unknown = || call.bad(1, format!("invalid option '{}'", text.to_string_lossy()));
            found.map(Some).ok_or_else(unknown)
        }
    }
}

fn flag(call: &Call<'_>, setting: &mut bool) -> mlua::Result<Value> {
    if let Some(choice) = word(call, &["off", "on"])? {
        *setting = choice == 1;
    }
    Ok(Value::Boolean(*setting))
}

fn invalid_numbers(call: &Call<'_>, settings: &mut Settings) -> mlua::Result<Value> {
    if let Some(choice) = word(call, &["off", "on", "null"])? {
        settings.invalid = [Invalid::Refused, Invalid::AsIs, Invalid::Null][choice];
    }
    match settings.invalid {
        Invalid::Null => Ok(Value::String(call.lua.create_string("null")?)),
        other => Ok(Value::Boolean(other == Invalid::AsIs)),
    }
}

struct Encoder<'a> {
    call: &'a Call<'a>,
    settings: &'a Settings,
    json: Vec<u8>,
}

fn encode(call: &Call<'_>, settings: &Settings) -> mlua::Result<LuaString> {
    let value = call.get(1).filter(|_| call.count() == 1);
    let value = value.ok_or_else(|| call.bad(1, "expected 1 argument"))?;
    let mut encoder = Encoder {
        call,
        settings,
        json: Vec::new(),
    };
    encoder.value(value, 0)?;
    call.lua.create_string(encoder.json)
}

impl Encoder<'_> {
    fn refuse(&self, what: &Value, why: &str) -> mlua::Error {
        self.call.error(format!("Cannot serialise {}: {why}", type_name(what)))
    }

    fn value(&mut self, value: &Value, depth: i32) -> mlua::Result<()> {
        let before = self.json.len();
        match value {
            Value::String(text) => self.text(text),
            Value::Number(number) => self.number(*number, value)?,
            #[allow(clippy::cast_precision_loss, reason = "all numbers of Lua are of this kind")]
            Value::Integer(number) => self.number(*number as f64, value)?,
            Value::Boolean(yes) => self.json.extend_from_slice(if *yes { b"true" } else { b"false" }),
            Value::Nil => self.json.extend_from_slice(b"null"),
            null if null.is_null() => self.json.extend_from_slice(b"null"),
            Value::Table(table) => return self.table(table, value, depth + 1),
            other => return Err(self.refuse(other, "type not supported")),
        }
        if self.json.len() > MEMORY {
            return Err(refuse(too_large()));
        }
        charge_value(self.json.len() - before)
    }

    fn table(&mut self, table: &Table, value: &Value, depth: i32) -> mlua::Result<()> {
        if depth > self.settings.encode_depth {
            let text = format!("Cannot serialise, excessive nesting ({depth})");
            return Err(self.call.error(text));
        }
        too_deep(depth)?;
        let length = self.array_length(table, value)?;
        if length > 0 {
            self.json.push(b'[');
            for index in 1..=length {
                if index > 1 {
                    self.json.push(b',');
                }
                self.value(&table.raw_get(index)?, depth)?;
            }
            self.json.push(b']');
            return Ok(());
        }
        self.json.push(b'{');
        for (index, pair) in table.pairs::<Value, Value>().enumerate() {
            let (key, value) = pair?;
            if index > 0 {
                self.json.push(b',');
            }
            match &key {
                Value::String(name) => self.text(name),
                Value::Number(_) | Value::Integer(_) => {
                    self.json.push(b'"');
                    self.value(&key, depth)?;
                    self.json.push(b'"');
                }
                _ => return Err(self.refuse(&key, "table key must be a number or string")),
            }
            self.json.push(b':');
            self.value(&value, depth)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    /// The largest index, if all keys are indices and not too few of them for it; otherwise it is an object.
    fn array_length(&self, table: &Table, value: &Value) -> mlua::Result<i32> {
        let (mut most, mut items) = (0_i32, 0_i32);
        for pair in table.pairs::<Value, Value>() {
            #[allow(clippy::cast_precision_loss, reason = "all numbers of Lua are of this kind")]
            let key = match pair?.0 {
                Value::Integer(key) => key as f64,
                Value::Number(key) => key,
                _ => return Ok(-1),
            };
            if key.floor() != key || key < 1.0 {
                return Ok(-1);
            }
            if key > f64::from(most) {
                // As C casts it where it does not fit.
                most = i32::try_from(super::convert::truncated(key)).unwrap_or(i32::MIN);
            }
            items += 1;
            charge_value(0)?;
        }
        let Settings {
            sparse_ratio: ratio,
            sparse_safe: safe,
            ..
        } = *self.settings;
        if ratio > 0 && i64::from(most) > i64::from(items) * i64::from(ratio) && most > safe {
            if !self.settings.sparse_as_object {
                return Err(self.refuse(value, "excessively sparse array"));
            }
            return Ok(-1);
        }
        Ok(most)
    }

    fn number(&mut self, number: f64, value: &Value) -> mlua::Result<()> {
        let text = match (number.is_finite(), self.settings.invalid) {
            (true, _) => general(number, usize::try_from(self.settings.precision).unwrap_or(14)),
            (false, Invalid::Refused) => return Err(self.refuse(value, "must not be NaN or Inf")),
            (false, Invalid::Null) => "null".to_string(),
            (false, Invalid::AsIs) if number.is_nan() => "nan".to_string(),
            (false, Invalid::AsIs) => number.to_string(),
        };
        self.json.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn text(&mut self, text: &LuaString) {
        self.json.push(b'"');
        for byte in text.as_bytes().iter() {
            let escaped: &[u8] = match byte {
                b'\x08' => b"\\b",
                b'\t' => b"\\t",
                b'\n' => b"\\n",
                b'\x0c' => b"\\f",
                b'\r' => b"\\r",
                b'"' => b"\\\"",
                b'/' => b"\\/",
                b'\\' => b"\\\\",
                0..=31 | 127 => {
                    self.json.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                    continue;
                }
                other => &[*other],
            };
            self.json.extend_from_slice(escaped);
        }
        self.json.push(b'"');
    }
}
