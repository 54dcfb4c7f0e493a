//! What the model of Redis lacks, and what a script may use up: no script gets beyond either, however it catches errors.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests, too")]

use std::time::{Duration, Instant};

use oversell_models::redis_model::{RedisModel, Reply, Unmodelled};

fn command(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

fn eval(script: &str) -> Result<Reply, Unmodelled> {
    RedisModel::new(1).execute(0, &command(&["EVAL", script, "1", "key"]))
}

/// Refused with these words, and soon.
fn refused(script: &str, words: &str) {
    let begin = Instant::now();
    match eval(script) {
        Err(unmodelled) => assert!(unmodelled.to_string().contains(words), "{script}\n{unmodelled}"),
        Ok(reply) => panic!("{script}\n{reply}"),
    }
    assert!(
        begin.elapsed() < Duration::from_secs(60),
        "{script}: {:?}",
        begin.elapsed()
    );
}

/// Ways to go on after an error in `CODE`, and to answer something.
const CATCHES: &[&str] = &[
    "CODE return 1",
    "local f = function() CODE end return pcall(f) and 1 or 2",
    "local f = function() CODE end pcall(f) pcall(f) return 1",
    "local f = function() CODE end pcall(pcall, pcall, f) return 1",
    "local f = function() CODE end xpcall(f, function(e) return e end) return 1",
    "local f = function() CODE end xpcall(f, function() f() end) return 1",
    "local f = function() CODE end xpcall(function() error('x') end, f) return 1",
    "local c = coroutine.create(function() CODE end) local ok = coroutine.resume(c) return ok and 1 or 2",
    "local w = coroutine.wrap(function() CODE end) pcall(w) return 1",
    "local f = function() CODE end pcall(string.gsub, 'a', 'a', f) return 1",
    "local f = function() CODE end pcall(table.sort, {1, 2, 3}, f) return 1",
    "local t = setmetatable({}, {__index = function() CODE end}) pcall(function() return t.x end) return 1",
    "local t = setmetatable({}, {__tostring = function() CODE end}) pcall(tostring, t) return 1",
    "local f = loadstring([==[CODE]==]) pcall(f) return 1",
    "while true do pcall(function() CODE end) end",
];

#[test]
fn what_the_model_lacks_cannot_be_caught() {
    for (code, words) in [
        ("redis.call('HEXPIRE', KEYS[1])", "the command 'HEXPIRE'"),
        ("redis.pcall('PFADD', KEYS[1], 'y')", "the command 'PFADD'"),
        ("redis.pcall('INCRBYFLOAT', KEYS[1], '1e30')", "below 2^63"),
        ("redis.pcall('SELECT', 1)", "database 0 only"),
        ("local _ = _G.os", "does not have 'os'"),
        ("local _ = rawget(_G, 'os')", "does not have 'os'"),
        ("os.clock()", "does not have 'os'"),
        (
            "local t = {} for i = 1, 1100 do t = {t} end local c = cjson.new() c.encode_max_depth(9999) c.encode(t)",
            "1,000 deep",
        ),
        (
            "local c = cjson.new() c.decode_max_depth(9999) c.decode(('['):rep(1100))",
            "1,000 deep",
        ),
        ("cmsgpack.unpack(('\\145'):rep(200))", "100 deep"),
        ("cmsgpack.unpack(('x'):rep(2000))", "1,000 values"),
        ("struct.unpack(('b'):rep(2000), ('x'):rep(2000))", "1,000 values"),
        ("local _ = load", "does not have 'load'"),
        ("server.call('GET', KEYS[1])", "does not have 'server'"),
        ("redis.acl_check_cmd('PFADD', KEYS[1])", "the command 'PFADD'"),
        ("local _ = redis.SERVER_NAME", "does not have 'SERVER_NAME'"),
        ("for _ in pairs(_G) do end", "does not list"),
        ("local _ = next(redis)", "does not list"),
        ("loadstring(string.dump(function() end))", "compiled chunks"),
    ] {
        for catch in CATCHES {
            refused(&catch.replace("CODE", code), words);
        }
    }
}

#[test]
fn what_would_take_too_long_or_too_much_is_stopped_and_cannot_be_caught() {
    let long = [
        ("while true do end", "10,000,000 instructions"),
        ("for i = 1, 6e7 do end", "10,000,000 instructions"),
        ("local function f() return f() end f()", "10,000,000 instructions"),
        (
            "while true do coroutine.wrap(function() for i = 1, 900 do end end)() end",
            "stops a script",
        ),
        (
            "string.find(string.rep('a', 5000), string.rep('a-', 50) .. 'b')",
            "10,000,000 instructions",
        ),
        ("(('a'):rep(300)):match('.*.*.*.*.*b')", "10,000,000 instructions"),
        (
            "for _ in string.gmatch(('a'):rep(300), '.-.-.-.-.-b') do end",
            "10,000,000 instructions",
        ),
        (
            "string.gsub(('a'):rep(300), 'a*a*a*a*a*b', '')",
            "10,000,000 instructions",
        ),
        ("string.find('', ('a*'):rep(1000000))", "10,000,000 instructions"),
        ("string.rep('', 2000000000)", "10,000,000 instructions"),
        ("string.rep('x', 1000000000)", "stops a script"),
        ("string.rep('x', 8000000):rep(1000)", "16 MB"),
        ("local s = 'x' while true do s = s .. s end", "16 MB"),
        ("local s = 'x' while true do s = s .. 'x' end", "stops a script"),
        ("local t = {} while true do t[#t + 1] = #t end", "stops a script"),
        (
            "local t = {} for i = 1, 100000 do t[i] = 'x' .. i end table.sort(t)",
            "stops a script",
        ),
        (
            "local a = ('x'):rep(2000000) while true do local b = a .. 'y' end",
            "stops a script",
        ),
        (
            "local a = ('x'):rep(5000000) while true do a:upper() end",
            "stops a script",
        ),
        ("while true do unpack({}, 1, 7000) end", "stops a script"),
        (
            "local s = 'return ' .. ('x'):rep(1000000) while true do loadstring(s) end",
            "stops a script",
        ),
        ("while true do redis.call('RPUSH', KEYS[1], 'x') end", "stops a script"),
        (
            "while true do redis.call('APPEND', KEYS[1], ('x'):rep(200000)) end",
            "at most 4 MB",
        ),
        ("redis.pcall('SETRANGE', KEYS[1], 536870911, 'x')", "at most 4 MB"),
        ("redis.call('SET', KEYS[1], ('x'):rep(5000000))", "at most 4 MB"),
        (
            "redis.call('SET', KEYS[1], ('x'):rep(3000000)) redis.call('MGET', KEYS[1], KEYS[1])",
            "at most 4 MB",
        ),
        ("redis.pcall('SETBIT', KEYS[1], 4294967295, 1)", "at most 4 MB"),
        (
            "local t = {1} for i = 1, 60 do t = {t, t} end cjson.encode(t)",
            "stops a script",
        ),
        (
            "local t = {1} for i = 1, 14 do t = {t, t, t, t} end while true do cmsgpack.pack(t) end",
            "stops a script",
        ),
        (
            "local c = cjson.new() c.encode_sparse_array(true, 0) c.encode({[2e9] = 1})",
            "stops a script",
        ),
        (
            "local s = '[' .. ('1,'):rep(100000) .. '1]' while true do cjson.decode(s) end",
            "stops a script",
        ),
    ];
    let endless = CATCHES.last().unwrap();
    for ((code, words), catch) in long.into_iter().zip(CATCHES.iter().cycle()) {
        refused(&catch.replace("CODE", code), words);
        refused(&endless.replace("CODE", code), words);
    }
    refused("local s = ('x'):rep(1000000) return {s, s, s, s, s}", "at most 4 MB");
    refused("local t = {1} for i = 1, 60 do t = {t, t} end return t", "at most 4 MB");
}

#[test]
fn the_errors_of_servers_can_be_caught() {
    let mut redis = RedisModel::new(1);
    for (script, expected) in [
        (
            "local ok, e = pcall(redis.setresp, 4) return e",
            "ERR RESP version must be 2 or 3.",
        ),
        (
            "local ok, e = pcall(redis.setresp) return e",
            "ERR redis.setresp() requires one argument.",
        ),
        (
            "local ok, e = pcall(redis.log, 1) return e",
            "ERR redis.log() requires two arguments or more.",
        ),
        (
            "local ok, e = pcall(redis.log, 9, 'x') return e",
            "ERR Invalid log level.",
        ),
        (
            "local ok, e = pcall(redis.call, 'GET') return e",
            "ERR Wrong number of args calling Redis command from script",
        ),
        (
            "local ok, e = pcall(function() return nosuch end) return tostring(e)",
            "user_script:1: Script attempted to access nonexistent global variable 'nosuch'",
        ),
        (
            "local c = coroutine.create(function() redis.call('GET') end) local ok, e = coroutine.resume(c) return type(e) .. e.err",
            "tableERR Wrong number of args calling Redis command from script",
        ),
        (
            "local ok, e = pcall(function() local x = ('x'):find('[a') end) return e",
            "user_script:1: malformed pattern (missing ']')",
        ),
        (
            "local ok, e = pcall(function() for k in pairs(false) do end end) return e",
            "user_script:1: bad argument #1 to 'pairs' (table expected, got boolean)",
        ),
        (
            "local ok, e = pcall(string.rep) return e",
            "bad argument #1 to 'rep' (string expected, got no value)",
        ),
        (
            "local f, e = loadstring('x x') return e",
            "[string \"x x\"]:1: '=' expected near 'x'",
        ),
        (
            "return tostring(redis.nosuch) .. type(rawget(_G, 'redis')) .. type(rawget(_G, 'nosuch'))",
            "niltablenil",
        ),
        ("return ('a,b'):gsub(',', ';')", "a;b"),
        (
            "local s = '' for w in ('a,b'):gmatch('[^,]+') do s = s .. w end return s",
            "ab",
        ),
        (
            "local t = {} for i = 1, 1000 do t[i] = 1000 - i end table.sort(t) return t[1] .. ',' .. unpack(t, 2, 3)",
            "0,1",
        ),
    ] {
        let reply = redis.execute(0, &command(&["EVAL", script, "0"])).unwrap();
        assert_eq!(reply.to_string(), expected, "{script}");
    }
}

#[test]
fn what_a_script_did_before_it_was_refused_is_done() {
    let mut redis = RedisModel::new(1);
    let script = "redis.call('SET', 'a', 1) pcall(function() return os end) redis.call('SET', 'b', 1)";
    redis.execute(0, &command(&["EVAL", script, "0"])).unwrap_err();
    assert_eq!(redis.keys(), [b"a".to_vec()]);
}

#[test]
fn large_values_are_refused_before_they_are_made() {
    let mut redis = RedisModel::new(1);
    let mut run = |words: &[&str]| redis.execute(0, &command(words));
    assert!(run(&["SETRANGE", "k", "536870911", "x"]).is_err());
    assert_eq!(
        run(&["SETRANGE", "k", "536870912", "x"]).unwrap().to_string(),
        "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
    );
    let text = "x".repeat(1 << 20);
    for _ in 0..3 {
        run(&["APPEND", "k", &text]).unwrap();
    }
    assert!(run(&["APPEND", "k", &text]).is_err());
    assert!(run(&["MGET", "k", "k"]).is_err());
    assert_eq!(run(&["STRLEN", "k"]), Ok(Reply::Int(3 << 20)));
}
