//! Scripts and libraries of the random sequences. `KEYS[1]` and `ARGV[1]` may be missing or of any type.

/// Bodies for `EVAL` and `SCRIPT LOAD`. None raises a table without `err`: Redis 7.0 crashes on it.
pub(super) const SCRIPTS: &[&str] = &[
    include_str!("../../../lua/buy.lua"),
    include_str!("../../../lua/unlock.lua"),
    "return redis.call('GET', KEYS[1])",
    "return redis.pcall('INCR', KEYS[1])",
    "return redis.call('INCR', KEYS[1])",
    "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[1])",
    "local r = redis.pcall('INCR', KEYS[1]) if type(r) == 'table' then return {r.err, 'caught'} end return r + 0.7",
    "return {KEYS, ARGV, #KEYS, #ARGV}",
    "return {1, nil, 3}",
    "return {1, 'a', true, false, {2, {3.9}}, -1.5}",
    "return redis.status_reply(ARGV[1] or 'none')",
    "return redis.error_reply(ARGV[1] or 'none')",
    "return {err = 'CODE text'}",
    "error('boom')",
    "error({err = 'MINE boom'})",
    "local x = nil\nreturn x.y",
    "return undefined_name",
    "undefined_name = 1",
    "return redis.call('NOSUCHCOMMAND', KEYS[1])",
    "return redis.call('MULTI')",
    "return redis.call('EVAL', 'return 1', '0')",
    "return redis.call('GET')",
    "return redis.call()",
    "return redis.call('TYPE', KEYS[1])",
    "return redis.call('TYPE', KEYS[1]).ok",
    "return redis.call('LRANGE', KEYS[1], 0, -1)",
    "return redis.call('RPUSH', KEYS[1], 1, 2.5, ARGV[1])",
    "return redis.call('HSET', KEYS[1], 'f', #ARGV)",
    "return redis.call('SET', KEYS[1], 3, 'NX', 'PX', 50000)",
    "return tonumber(ARGV[1])",
    "return tostring(tonumber(ARGV[1]) or 'nan') .. '/' .. tostring(1 / 3)",
    "return redis.call('GET', KEYS[1]) < ARGV[1]",
    "return redis.call('GET', KEYS[1]) < tonumber(ARGV[1])",
    "local ok, e = pcall(function() return redis.call('INCR', KEYS[1]) end) return {tostring(ok), tostring(e)}",
    "local ok, e = pcall(redis.call, 'LPOP', KEYS[1]) return {tostring(ok), type(e)}",
    "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], 'x') error('kept')",
    "for i = 1, 3 do redis.call('INCRBY', KEYS[1], i) end return redis.call('GET', KEYS[1])",
    "return redis.sha1hex(ARGV[1] or '')",
    "return string.format('%d-%s', #ARGV, string.rep('ab', 2)) .. ('x'):upper()",
    "local t = {3, 1, 2} table.sort(t) return table.concat(t, ',')",
    "return 1 +",
    "#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 1)",
    "#!lua\nreturn redis.call('EXISTS', KEYS[1])",
    "#!lua flags=nonsense\nreturn 1",
    "return redis.call('FLUSHALL')",
    "return redis.call('PEXPIRE', KEYS[1], 60000)",
    "return math.floor(2.7) + math.max(1, 2) + 1e3",
    "return redis.call('BLMPOP', 0, 1, KEYS[1], 'LEFT', 'COUNT', 2)",
    "return {redis.pcall('BZMPOP', 0, 1, KEYS[1], 'MIN'), 'after'}",
    "redis.setresp(3) return {redis.pcall('BZMPOP', 0, 1, KEYS[1], 'MIN'), 'after'}",
];

/// Bodies that Redis 7.0 refuses: they wait for what may not be there.
pub(super) const WAITING: &[&str] = &[
    "return redis.call('BLPOP', KEYS[1], 0)",
    "return redis.call('BLMOVE', KEYS[1], 'l2', 'LEFT', 'LEFT', 0)",
    "return {redis.pcall('BZPOPMIN', KEYS[1], ARGV[1]), 'after'}",
    "return redis.call('WAIT', 1, 0)",
    "return redis.call('XREAD', 'BLOCK', 0, 'STREAMS', KEYS[1], '$')",
];

/// Code for `FUNCTION LOAD`. Each has at most one function: the order in which a server lists several is its own.
pub(super) const LIBRARIES: &[&str] = &[
    "#!lua name=one\nredis.register_function('f', function(keys, args) return redis.call('INCR', keys[1]) end)",
    "#!lua name=one\nredis.register_function('f', function(keys, args) return {#keys, args, keys} end)",
    "#!lua name=two\nredis.register_function('f', function(keys, args) return 2 end)",
    "#!lua name=two\nredis.register_function('g', function(keys, args) return redis.call('GET', keys[1]) end)",
    "#!lua name=three\nredis.register_function{function_name='r', callback=function(keys) return redis.call('GET', \
     keys[1]) end, flags={'no-writes'}}",
    "#!lua name=three\nredis.register_function{function_name='r', callback=function(keys) return redis.call('SET', \
     keys[1], 1) end, flags={'no-writes'}, description='writes'}",
    "#!lua name=bad-name\nreturn 1",
    "#!lua name=empty\nreturn 1",
    "#!lua\nreturn 1",
    "#!js name=x\nreturn 1",
    "no first line",
    "#!lua name=x\nredis.call('SET', 'a', 'b')",
    "#!lua name=x\nglobal = 1",
    "#!lua name=x\nreturn +",
    "#!lua name=x\nredis.register_function('h', 1)",
];

/// The names of those that can be loaded.
pub(super) const LIBRARY_NAMES: &[&str] = &["one", "two", "three"];

/// Names for `FCALL`.
pub(super) const FUNCTIONS: &[&str] = &["f", "g", "r", "F", "nosuch"];
