//! Scripts with random values for the libraries: `cjson`, `cmsgpack`, `struct`, `bit`.

use proptest::prelude::*;

use super::dialogue::{Command, Version};

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2.5",
    "0.1",
    "1e14",
    "1e15",
    "123456789012345",
    "-0",
    "1/0",
    "-1/0",
    "0/0",
    "1e-5",
    "0.0001",
    "1e300",
    "2^53",
    "2^63",
    "-2^63",
    "2^64",
    "255",
    "256",
    "-128",
    "-129",
    "65536",
    "2^32",
    "-33",
    "1e-320",
    "3.14159265358979",
    "'12.5'",
    "'0x10'",
    "'x'",
    "nil",
    "{}",
];
const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'a/b'",
    "'\"\\\\'",
    "'\\n\\t\\r\\b\\f'",
    "'\\0'",
    "'\\127\\200\\255'",
    "'é'",
    "'12'",
    "('z'):rep(40)",
    "('z'):rep(300)",
];
const OTHERS: &[&str] = &["true", "false", "nil", "cjson.null", "true", "function() end"];
const KEYS: &[&str] = &[
    "'left'", "'n'", "1", "2", "3", "12", "0", "-1", "1.5", "1e10", "true", "''",
];
/// Pieces of JSON, right and wrong.
const PIECES: &[&str] = &[
    "1",
    "-0",
    "2.5",
    "1E+2",
    "01",
    "1.",
    "+1",
    "-.5",
    "0x1F",
    "0x.8p2",
    "inf",
    "-Infinity",
    "nan",
    "1e999",
    "-",
    "1e",
    "12345678901234567890",
    "4.9e-324",
    "\"a\"",
    "\"\"",
    "\"\\u00e9\\u20ac\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\x\"",
    "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
    "\"abc",
    "\"\\u12\"",
    "true",
    "false",
    "null",
    "tru",
    "*",
    "\0",
    "[]",
    "{}",
    " [ ] ",
    "\"\\u0000b\"",
];
const FORMATS: &[&str] = &[
    "b", "B", "h", "H", "l", "L", "T", "i", "I", "i3", "I8", "i16", "f", "d", "x", "s", "c3", "c0", "<", ">", "!",
    "!4", "!3", " ", "z", "i40", "i0",
];
const SETTINGS: &[&str] = &[
    "encode_sparse_array(true)",
    "encode_sparse_array(false, 1, 0)",
    "encode_sparse_array(true, -1)",
    "encode_max_depth(2)",
    "encode_max_depth(0)",
    "decode_max_depth(1)",
    "encode_number_precision(3)",
    "encode_number_precision(15)",
    "encode_keep_buffer('off')",
    "encode_invalid_numbers(true)",
    "encode_invalid_numbers('null')",
    "encode_invalid_numbers('x')",
    "decode_invalid_numbers(false)",
    "decode_invalid_numbers(1, 2)",
];
const BITS: &[&str] = &[
    "tobit", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "bswap", "tohex",
];
/// `$v` a value, `$j` JSON, `$b` bytes, `$f` a format, `$n` numbers, `$s` a setting, `$o` an operation.
const SCRIPTS: &[&str] = &[
    "return cjson.encode($v)",
    "local t = cjson.encode($v) return {t, #t}",
    "return shown(cjson.decode($j))",
    "return shown(pcall(cjson.decode, $j))",
    "return cjson.encode(cjson.decode($j))",
    "local c = cjson.new() local t = shown(c.$s) t[#t + 1] = c.encode($v) return t",
    "local c = cjson.new() c.$s return shown(c.decode($j))",
    "return shown(pcall(cjson.encode, $v, 1))",
    "return shown(bit.$o($n))",
    "return struct.pack($f, $n)",
    "local f = $f return shown(struct.unpack(f, struct.pack(f, $n)))",
    "return shown(struct.unpack($f, $b))",
    "return shown(struct.unpack($f, $b, 2))",
    "return struct.size($f)",
    "return cmsgpack.pack($v)",
    "return cmsgpack.pack($v, $v)",
    "return shown(cmsgpack.unpack(cmsgpack.pack($v)))",
    "return shown(cmsgpack.unpack($b))",
    "return shown(cmsgpack.unpack_one($b))",
    "return shown(cmsgpack.unpack_limit($b, 2, 1))",
    "return $v",
    "redis.setresp(3) return $v",
    "redis.setresp(3) return shown(redis.call('ZUNION', 2, 'z1', 's1', 'WITHSCORES'))",
    "redis.setresp(3) return shown(redis.call('ZDIFF', 1, 'z1'), redis.call('ZRANDMEMBER', 'z1', 0, 'WITHSCORES'))",
    "redis.setresp(3) return shown(redis.call('ZMPOP', 1, 'z1', 'MAX', 'COUNT', 2), redis.call('ZPOPMIN', 'z1', 2))",
    "redis.setresp(3) return shown(redis.call('BZMPOP', 0, 1, 'z1', 'MIN'), redis.call('ZPOPMIN', 'z1'))",
    "redis.setresp(3) return shown(redis.call('XREAD', 'COUNT', 2, 'STREAMS', 'x1', 0), redis.call('LMPOP', 1, 'l1', 'LEFT'))",
    "redis.setresp(3) local t = redis.call('HRANDFIELD', 'h1', 100, 'WITHVALUES')
     table.sort(t, function(a, b) return a[1] < b[1] end) return shown(t)",
];
/// All that a function gave, as texts; the keys of tables in order.
const SHOWN: &str = "local function d(v, n) n = n or 0 if type(v) == 'table' then if n > 20 then return '...' end local ks = {}
    local function name(k) return type(k) .. (type(k) == 'table' and '' or tostring(k)) end
    for k in pairs(v) do ks[#ks + 1] = k end
    table.sort(ks, function(a, b) return name(a) < name(b) end)
    local o = {} for _, k in ipairs(ks) do o[#o + 1] = '[' .. name(k) .. ']=' .. d(v[k], n + 1) end
    return '{' .. table.concat(o, ',') .. '}' end
    if type(v) == 'number' then return string.format('%.17g', v) end return type(v) .. ':' .. tostring(v) end
    local function shown(...) local o = {} for i = 1, select('#', ...) do o[i] = d((select(i, ...))) end return o end\n";

fn one(choices: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    proptest::sample::select(choices).prop_map(str::to_string)
}

/// A value as Lua writes it, with at most so many named fields in a table.
fn value(fields: usize) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![3 => one(NUMBERS), 2 => one(TEXTS), 1 => one(OTHERS)];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("{{{}}}", items.join(",")));
        let field = (one(KEYS), inner).prop_map(|(key, value)| format!("[{key}]={value}"));
        let table = proptest::collection::vec(field, 0..=fields).prop_map(|fields| format!("{{{}}}", fields.join(",")));
        prop_oneof![list, table]
    })
}

/// JSON, mostly; with at most so many fields in an object.
fn json(fields: usize) -> impl Strategy<Value = String> {
    let text = one(PIECES).prop_recursive(3, 16, 4, move |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", ")));
        let name = proptest::sample::select(vec!["\"a\"", "\"left\"", " \"n\" ", "\"\"", "a"]);
        let field = (name, inner).prop_map(|(name, value)| format!("{name}:{value}"));
        let object =
            proptest::collection::vec(field, 0..=fields).prop_map(|fields| format!("{{{}}}", fields.join(",")));
        prop_oneof![list, object]
    });
    // Now and then something is missing.
    (text, any::<u8>(), 0..8_u8).prop_map(|(mut text, place, whole)| {
        let at = usize::from(place) % text.len();
        if whole == 0 && text.is_char_boundary(at) {
            text.truncate(at);
        }
        text
    })
}

/// Bytes as Lua writes them.
fn literal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("\\{byte:03}")).collect();
    format!("'{digits}'")
}

/// Bytes among which the marks of MessagePack are frequent.
fn bytes() -> impl Strategy<Value = String> {
    let byte = prop_oneof![
        2 => 0xc0..=0xdf_u8,
        2 => 0x80..=0xa3_u8,
        2 => 0..4_u8,
        1 => any::<u8>(),
    ];
    proptest::collection::vec(byte, 0..16).prop_map(|bytes| literal(&bytes))
}

fn joined(choices: &'static [&'static str], most: usize, between: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(one(choices), 0..=most).prop_map(move |parts| parts.join(between))
}

/// `EVAL` of scripts that use the libraries. The order of a table's fields is Valkey's own, from start to start.
pub(super) fn scripts(server: &Version) -> impl Strategy<Value = Command> + use<> {
    let fields = if server.is_valkey() { 1 } else { 3 };
    let parts = (
        value(fields),
        json(fields),
        bytes(),
        joined(FORMATS, 5, ""),
        joined(NUMBERS, 4, ", "),
        one(SETTINGS),
        one(BITS),
    );
    (one(SCRIPTS), parts).prop_map(|(script, (value, json, bytes, format, numbers, setting, operation))| {
        let numbers = if numbers.is_empty() { "1".to_string() } else { numbers };
        let script = script
            .replace("$v", &value)
            .replace("$j", &literal(json.as_bytes()))
            .replace("$b", &bytes)
            .replace("$f", &literal(format.as_bytes()))
            .replace("$n", &numbers)
            .replace("$s", &setting)
            .replace("$o", &operation);
        let needs = if script.contains("shown") { SHOWN } else { "" };
        ["EVAL", &format!("{needs}{script}"), "0"]
            .map(|word| word.as_bytes().to_vec())
            .to_vec()
    })
}
