//! The model of Redis, pinned: replies that were taken from servers (Redis 7.0.15 where they differ) or from their
//! documentation. Whole sequences are compared with running servers in `tests/integration/conformance`.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests, too")]

use oversell_models::redis_model::{RedisModel, Reply};

/// Splits like a shell: words, 'single' and "double" quotes, `\n` in them.
fn words(line: &str) -> Vec<Vec<u8>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.replace("\\n", "\n").chars() {
        match (character, quote) {
            (c, Some(q)) if c == q => quote = None,
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take().map(String::into_bytes)),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.map(String::into_bytes));
    words
}

/// Lines `command => reply`; `1: command` is the second connection.
fn check(dialogue: &str) {
    let mut redis = RedisModel::new(3);
    for line in dialogue.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (command, expected) = line.rsplit_once(" => ").unwrap();
        let (connection, command) = match command.split_once(": ") {
            Some((number, rest)) if number.len() == 1 => (number.parse().unwrap(), rest),
            _ => (0, command),
        };
        let reply = redis.execute(connection, &words(command));
        let reply = reply.map_or_else(|unmodelled| unmodelled.to_string(), |reply| reply.to_string());
        assert_eq!(reply, expected, "{line}");
    }
}

#[test]
fn counters_and_errors() {
    check(
        r##"
        GET stock => nil
        DECR stock => -1
        SET stock 10 => OK
        DECRBY stock 3 => 7
        SET stock 10 NX => nil
        SET text abc => OK
        INCR text => ERR value is not an integer or out of range
        SET n 9223372036854775807 => OK
        INCR n => ERR increment or decrement would overflow
        DECRBY n -9223372036854775808 => ERR decrement would overflow
        SET n 07 => OK
        INCR n => ERR value is not an integer or out of range
        GET => ERR wrong number of arguments for 'get' command
        RPUSH list a b => 2
        GET list => WRONGTYPE Operation against a key holding the wrong kind of value
        LPOP list 5 => [a, b]
        EXISTS list text text => 2
        SET k v PX 0 => ERR invalid expire time in 'set' command
        SET k v XX NX => ERR syntax error
        EVAL "return redis.call('increby', 'a')" 0 => ERR Unknown Redis command called from script: 'increby' script: f0552ed6ec6588beb0a6d2519a1a88e709b718c2, on @user_script:1.
        PFADD a => the model of Redis does not know the command 'PFADD' (docs/model.md lists what it knows)
    "##,
    );
}

#[test]
fn a_watch_notices_every_change_but_none_that_is_none() {
    check(
        r##"
        SET k 1 => OK
        WATCH k => OK
        1: SET k 1 => OK
        MULTI => OK
        GET k => QUEUED
        EXEC => nil
        WATCH none => OK
        1: DEL none => 0
        MULTI => OK
        EXEC => []
        WATCH k => OK
        SET k 2 => OK
        MULTI => OK
        EXEC => nil
        WATCH k => OK
        1: SET k 3 => OK
        UNWATCH => OK
        MULTI => OK
        GET k => QUEUED
        EXEC => [3]
    "##,
    );
}

#[test]
fn transactions_are_refused_for_what_is_wrong_while_queueing_only() {
    check(
        r##"
        EXEC => ERR EXEC without MULTI
        DISCARD => ERR DISCARD without MULTI
        MULTI => OK
        MULTI => ERR MULTI calls can not be nested
        WATCH k => ERR WATCH inside MULTI is not allowed
        SET k => ERR wrong number of arguments for 'set' command
        EXEC => EXECABORT Transaction discarded because of previous errors.
        MULTI => OK
        SET k v => QUEUED
        INCR k => QUEUED
        EVALSHA ffffffffffffffffffffffffffffffffffffffff 0 => QUEUED
        SET k w => QUEUED
        EXEC => [OK, ERR value is not an integer or out of range, NOSCRIPT No matching script. Please use EVAL., OK]
        GET k => w
    "##,
    );
}

#[test]
fn scripts_convert_as_redis_does() {
    check(
        r##"
        EVAL "return {1,2,nil,4}" 0 => [1, 2]
        EVAL "return 3.99" 0 => 3
        EVAL "return -3.99" 0 => -3
        EVAL "return 1e20" 0 => -9223372036854775808
        EVAL "return {1,'a',true,false,{2}}" 0 => [1, a, 1, nil, [2]]
        EVAL "return function() end" 0 => nil
        EVAL "return {double=3.5}" 0 => 3.5
        EVAL "return {1,{err='E x'},{ok='fine'}}" 0 => [1, E x, fine]
        EVAL "return KEYS" 1 a b => [a]
        EVAL "return ARGV" 1 a b => [b]
        EVAL "return redis.call('SET','a',10/3)" 0 => OK
        GET a => 3.3333333333333335
        EVAL "return redis.call('SET','a',1e15)" 0 => OK
        GET a => 1000000000000000
        EVAL "return type(redis.call('GET','none'))" 0 => boolean
        EVAL "return redis.call('SET','a','1').ok" 0 => OK
        EVAL "return tostring(10/3)" 0 => 3.3333333333333
        EVAL "return redis.error_reply('no')" 0 => ERR no
        EVAL "return redis.error_reply('MY no')" 0 => MY no
        EVAL "return {err='no'}" 0 => no
        EVAL "return redis.error_reply()" 0 => ERR wrong number or type of arguments
        EVAL "return redis.sha1hex('abc')" 0 => a9993e364706816aba3e25717850c26c9cd0d89d
        EVAL "return loadstring('return 1+1')()" 0 => 2
        EVAL "local ok, e = pcall(function() error('x') end) return {tostring(ok), e}" 0 => [false, user_script:1: x]
        EVAL "local ok, e = pcall(redis.call, 'GET') return {tostring(ok), e}" 0 => [false, ERR Wrong number of args calling Redis command from script]
        EVAL "return {pcall(error)}" 0 => [nil]
        EVAL "return redis.setresp(2)" 0 => nil
        EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0 => NOSCRIPT No matching script. Please use EVAL.
        SCRIPT LOAD "return 7" => 59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9
        EVALSHA 59B6AB2FBE0EE4B25733DE0F62E6CDA4899EF8E9 0 => 7
        SCRIPT EXISTS 59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9 0 => [1, 0]
        SCRIPT FLUSH => OK
        EVALSHA 59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9 0 => NOSCRIPT No matching script. Please use EVAL.
    "##,
    );
}

#[test]
fn errors_of_scripts_name_script_and_line() {
    check(
        r##"
        LPUSH l a => 1
        EVAL "return redis.call('INCR','l')" 0 => WRONGTYPE Operation against a key holding the wrong kind of value script: 29168250582637f773b055d6e47a711af83982d3, on @user_script:1.
        EVAL "return redis.pcall('INCR','l')" 0 => WRONGTYPE Operation against a key holding the wrong kind of value
        EVAL "return redis.call('INCR')" 0 => ERR Wrong number of args calling Redis command from script script: 2a6c78a293171de9b91f489cb84e349915195c95, on @user_script:1.
        EVAL "return redis.call()" 0 => ERR Please specify at least one argument for this redis lib call script: 0a907e1429221a4d85516cab7fd219a82a9439d8, on @user_script:1.
        EVAL "return redis.call('MULTI')" 0 => ERR This Redis command is not allowed from script script: ba922d924f6e7808414359ed93c37767dd0532ce, on @user_script:1.
        EVAL "error('boom')" 0 => ERR user_script:1: boom script: 82903a0434f1503e152f89c03c9acd881a0e8150, on @user_script:1.
        EVAL "error('boom', 0)" 0 => ERR boom script: 90724e16396e5864c1184910ba6d7440461cee4f, on @user_script:1.
        EVAL "error({err='MY boom'})" 0 => MY boom script: 4c2ee35ef37c857625d6ec6d812eab72377cfa97, on @user_script:1.
        EVAL "error()" 0 => ERR nil script: aca90d914519fdb9825352bdc0befb59f7c8510f, on @user_script:1.
        EVAL "assert(false, 'no')" 0 => ERR user_script:1: no script: 0069f0ef9ae97996687e68ead81d8849780a9835, on @user_script:1.
        EVAL "local x = nil; return x.y" 0 => ERR user_script:1: attempt to index local 'x' (a nil value) script: cf0efd7895bbde8aab6ffbb44ec6bca4bd5ef4c3, on @user_script:1.
        EVAL "return 1 < '2'" 0 => ERR user_script:1: attempt to compare number with string script: be147ad3dd95fcccaaf9bc5db5472274d14aa511, on @user_script:1.
        EVAL "foo = 1" 0 => ERR user_script:1: Attempt to modify a readonly table script: e1934c7d679df0a682fa283afb2bdeec6495d463, on @user_script:1.
        EVAL "return foo" 0 => ERR user_script:1: Script attempted to access nonexistent global variable 'foo' script: 47e30a5d10d5694f99208f9adc4fe3bf2450edbd, on @user_script:1.
        EVAL "string.x = 1" 0 => ERR user_script:1: Attempt to modify a readonly table script: c3eb0a2a15b3d4790b323c4104029c1ae425a769, on @user_script:1.
        EVAL "return redis.call('SET','a',true)" 0 => ERR Lua redis lib command arguments must be strings or integers script: ed14a8b4928dad155a0e04e09fbf4a39e751cdde, on @user_script:1.
        EVAL "return 1 +" 0 => ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'
        EVAL_RO "return redis.call('SET','a','b')" 0 => ERR Write commands are not allowed from read-only scripts. script: 0a9f75e991483d02789696e4c90d26c10395863e, on @user_script:1.
        EVAL "#!lua flags=no-writes\nreturn redis.call('SET','a','b')" 0 => ERR Write commands are not allowed from read-only scripts. script: 04a8c636e8d4e0d79e279421b43a78afc2683303, on @user_script:2.
        EVAL "redis.call('SET','a','kept') error('x')" 0 => ERR user_script:1: x script: f48182fea26817111bf1048666103089a492db88, on @user_script:1.
        GET a => kept
        EVAL "return 1" 3 a => ERR Number of keys can't be greater than number of args
        EVAL "return 1" -1 a => ERR Number of keys can't be negative
    "##,
    );
}

#[test]
fn functions() {
    check(
        r##"
        FUNCTION LOAD "#!lua name=mylib\nredis.register_function('f', function(keys, args) return redis.call('INCR', keys[1]) end)" => mylib
        FUNCTION LOAD "#!lua name=mylib\nredis.register_function('f', function(keys, args) return 1 end)" => ERR Library 'mylib' already exists
        FUNCTION LOAD "#!lua name=other\nredis.register_function('f', function(keys, args) return 1 end)" => ERR Function f already exists
        FUNCTION LOAD "#!lua name=x\nredis.call('SET','a','b')" => ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'call'
        FUNCTION LOAD "#!lua name=x\nfoo = 1" => ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly table
        FUNCTION LOAD "#!lua name=x\nreturn 1" => ERR No functions registered
        FUNCTION LOAD "#!lua name=ro\nredis.register_function{function_name='w', callback=function(keys) return redis.call('SET', keys[1], 1) end, flags={'no-writes'}}" => ro
        FCALL f 1 n => 1
        FCALL F 1 n => 2
        FCALL f 0 => ERR Lua redis lib command arguments must be strings or integers script: f, on @user_function:2.
        FCALL nosuch 0 => ERR Function not found
        FCALL_RO f 1 n => ERR Can not execute a script with write flag using *_ro command.
        FCALL w 1 n => ERR Write commands are not allowed from read-only scripts. script: w, on @user_function:2.
        FUNCTION DELETE mylib => OK
        FCALL f 1 n => ERR Function not found
    "##,
    );
}

#[test]
fn a_script_without_end_is_stopped() {
    let mut redis = RedisModel::new(1);
    let unmodelled = redis.execute(0, &words(r#"EVAL "while true do end" 0"#)).unwrap_err();
    assert!(unmodelled.to_string().contains("stops a script"), "{unmodelled}");
    assert_eq!(redis.execute(0, &words("PING")), Ok(Reply::Status("PONG".to_string())));
}

#[test]
fn what_a_script_does_to_lua_is_gone_with_it() {
    check(
        r##"
        EVAL "KEYS[1] = 'x' local t = {} setmetatable(t, {__index = string}) return t.len('abc')" 1 a => 3
        EVAL "return KEYS[1]" 1 a => a
        EVAL "getmetatable('').__index = nil" 0 => ERR user_script:1: attempt to index a boolean value script: d73a1dfb50411851ebe32e3e075eb37e35009eff, on @user_script:1.
        EVAL "return ('x'):rep(3)" 0 => xxx
        EVAL "return math.random(1000000)" 0 => 396465
        EVAL "return math.random(1000000)" 0 => 396465
    "##,
    );
}

#[test]
fn logical_time_eviction_and_script_flush_come_from_outside() {
    let mut redis = RedisModel::new(2);
    let mut run = |line: &str| redis.execute(0, &words(line)).unwrap().to_string();
    assert_eq!(run("SET lock me PX 10"), "OK");
    assert_eq!(run("SET stock 1"), "OK");
    assert_eq!(run("WATCH lock"), "OK");
    assert_eq!(redis.volatile_keys(), [b"lock".to_vec()]);
    redis.expire(b"stock");
    assert_eq!(redis.keys().len(), 2, "only a key with a time to live runs out");
    redis.expire(b"lock");
    redis.execute(0, &words("MULTI")).unwrap();
    assert_eq!(redis.execute(0, &words("EXEC")), Ok(Reply::Nil));
    redis.evict(b"stock");
    assert!(redis.keys().is_empty());
    redis.execute(0, &words("MULTI")).unwrap();
    redis.reconnect(0);
    assert_eq!(
        redis.execute(0, &words("EXEC")).unwrap().to_string(),
        "ERR EXEC without MULTI"
    );
}

#[test]
fn time_stands_still_or_goes_on_by_a_microsecond() {
    let time = |redis: &mut RedisModel| redis.execute(0, &words("TIME")).unwrap().to_string();
    let mut still = RedisModel::new(1);
    assert!(!still.was_asked_for_time());
    assert_eq!(time(&mut still), "[1700000000, 0]");
    assert_eq!(time(&mut still), "[1700000000, 0]");
    assert!(still.was_asked_for_time());
    let mut goes_on = RedisModel::new(1).ticking();
    assert_eq!(time(&mut goes_on), "[1700000000, 1]");
    assert_eq!(time(&mut goes_on), "[1700000000, 2]");
    assert_ne!(still, goes_on);
    check(
        r##"
        SET k v EXAT 1700000100 => OK
        TTL k => 100
        EXPIRETIME k => 1700000100
        PEXPIREAT k 1700000007500 => 1
        PTTL k => 7500
        EXPIREAT k 1700000000 => 1
        EXISTS k => 0
        SET k v PXAT 5 => OK
        EXISTS k => 0
        GETEX k EXAT 0 => nil
        SET k v => OK
        GETEX k EXAT 0 => ERR invalid expire time in 'getex' command
    "##,
    );
}

#[test]
fn what_waits_acts_at_once_or_is_refused_by_name() {
    check(
        r##"
        BLPOP l 0 => the model of Redis does not wait, as 'BLPOP' does where there is nothing
        RPUSH l a b => 2
        BLPOP k l 0 => [l, a]
        brpoplpush l m 0.5 => b
        EXISTS l => 0
        brpoplpush l m 0 => the model of Redis does not wait, as 'BRPOPLPUSH' does where there is nothing
        WAIT 0 0 => 0
        WAIT 1 100 => 0
        WAIT 1 0 => the model of Redis does not wait, as 'WAIT' does where there is nothing
        XREAD STREAMS x 0 => nil
        XREAD BLOCK 0 STREAMS x $ => the model of Redis does not wait, as 'XREAD' does where there is nothing
        MULTI => OK
        BZPOPMIN z 0 => QUEUED
        WAIT 1 0 => QUEUED
        EXEC => [nil, 0]
        EVAL "return redis.call('BLPOP', 'l', 0) or 'nothing'" 0 => nothing
        EVAL "redis.call('ZADD', 'z', 1, 'a') redis.setresp(3) return redis.call('BZMPOP', 0, 1, 'z', 'MIN')[2][1][2].double" 0 => 1
        EVAL "redis.call('ZADD', 'z', '1e20', 'a') redis.setresp(3) return redis.call('BZMPOP', 0, 1, 'z', 'MIN')" 0 => [z, [[a, 1e+20]]]
        EVAL "return {{double = 3}, {double = 0.5}}" 0 => [3, 0.5]
    "##,
    );
}

#[test]
fn a_member_may_be_asked_for_again_and_again() {
    check(
        r##"
        SADD s a b => 2
        SRANDMEMBER s -3 => [a, b, a]
        SRANDMEMBER none -2000000 => []
        SRANDMEMBER s -2000000 => the model of Redis holds at most 4 MB, the arguments and the reply of a command included
    "##,
    );
}

#[test]
fn floats_are_added_with_64_bits() {
    check(
        r##"
        SET price 0.1 => OK
        INCRBYFLOAT price 0.2 => 0.3
        INCRBYFLOAT price -0.3 => 0
        INCRBYFLOAT price 1e3 => 1000
        INCRBYFLOAT price 0.0000000000000001 => 1000.00000000000000011
        HINCRBYFLOAT h f 10.5 => 10.5
        HINCRBYFLOAT h f x => ERR value is not a valid float
        HSET h f x => 0
        HINCRBYFLOAT h f 1 => ERR hash value is not a float
        INCRBYFLOAT price inf => ERR increment would produce NaN or Infinity
        INCRBYFLOAT price 1e19 => the model of Redis adds floats below 2^63 with up to 19 digits behind the point only
        INCRBYFLOAT price 10e9223372036854775807 => the model of Redis adds floats below 2^63 with up to 19 digits behind the point only
        INCRBYFLOAT price 1e99999999999999999999 => the model of Redis adds floats below 2^63 with up to 19 digits behind the point only
        INCRBYFLOAT price 1e-99999999999999999999 => the model of Redis adds floats below 2^63 with up to 19 digits behind the point only
        INCRBYFLOAT price 1e99999999999999999999x => ERR value is not a valid float
        INCRBYFLOAT price 0e99999999999999999999 => 1000.00000000000000011
    "##,
    );
}
