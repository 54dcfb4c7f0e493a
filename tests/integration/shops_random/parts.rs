//! What random shops are put together from: ways to keep stock, answers, lists of buyers, and what else scripts do.
//!
//! In texts `$name` is a key or an argument, `#` a number of units. In Lua `q` is what is asked for, `left` what was there.

use rand::{RngExt as _, rngs::SmallRng, seq::IndexedRandom as _};

/// One of them.
pub(super) fn pick<'a>(random: &mut SmallRng, of: &[&'a str]) -> &'a str {
    of.choose(random).unwrap()
}

/// Is it the case, once in so many times?
pub(super) fn once_in(random: &mut SmallRng, times: u32) -> bool {
    random.random_range(0..times) == 0
}

/// Where units are, and how they are taken.
#[derive(Clone, Default)]
pub(super) struct Stock {
    pub(super) put: Vec<&'static str>,
    /// `left` or `sold`, and its command.
    pub(super) count: (&'static str, &'static str),
    /// Units left.
    pub(super) look: &'static str,
    pub(super) take: &'static str,
    /// Takes at once and says what is left then, and how that is undone.
    pub(super) first: Option<(&'static str, &'static str)>,
    /// The key is there as long as the item is on sale.
    pub(super) stays: bool,
    /// Units have names; the last one taken is `unit`.
    pub(super) names: bool,
    /// The units sold, buyer by buyer: one each.
    pub(super) is_list: bool,
    /// How many are sold then.
    pub(super) sold: Option<&'static str>,
}

pub(super) fn stock(random: &mut SmallRng) -> Stock {
    let tokens = |put, reads, look, take, first| Stock {
        put: vec!["DEL $stock", put],
        first: Some((first, "")),
        count: ("left", reads),
        look,
        take,
        names: true,
        ..Stock::default()
    };
    match random.random_range(0..17) {
        0..=3 => Stock {
            put: vec!["SET $stock {stock}"],
            count: ("left", "GET $stock"),
            look: pick(
                random,
                &[
                    "tonumber(redis.call('GET', $stock))",
                    "tonumber(redis.call('get', $stock) or '0')",
                    "(tonumber(redis.call('GET', $stock)) or 0)",
                    "tonumber(redis.pcall('GET', $stock))",
                    "tonumber(redis.call('MGET', $stock)[1])",
                ],
            ),
            take: pick(
                random,
                &[
                    "redis.call('DECRBY', $stock, #)",
                    "redis.call('INCRBY', $stock, -(#))",
                    "redis.call('SET', $stock, left - (#))",
                    "for _ = 1, # do redis.call('DECR', $stock) end",
                ],
            ),
            first: Some(("redis.call('DECRBY', $stock, #)", "redis.call('INCRBY', $stock, #)")),
            stays: true,
            ..Stock::default()
        },
        4 | 5 => Stock {
            put: vec!["HSET $stock name pen $field {stock} price 990"],
            count: ("left", "HGET $stock $field"),
            look: pick(
                random,
                &[
                    "tonumber(redis.call('HGET', $stock, $field))",
                    "tonumber(redis.call('HMGET', $stock, $field, 'price')[1])",
                ],
            ),
            take: pick(
                random,
                &[
                    "redis.call('HINCRBY', $stock, $field, -(#))",
                    "redis.call('HSET', $stock, $field, left - (#))",
                ],
            ),
            first: Some((
                "redis.call('HINCRBY', $stock, $field, -(#))",
                "redis.call('HINCRBY', $stock, $field, #)",
            )),
            stays: true,
            ..Stock::default()
        },
        6 => Stock {
            put: vec!["HSET $stock total {stock} sold 0"],
            count: ("sold", "HGET $stock sold"),
            look: "(redis.call('HGET', $stock, 'total') - redis.call('HGET', $stock, 'sold'))",
            take: "redis.call('HINCRBY', $stock, 'sold', #)",
            first: Some((
                "tonumber(redis.call('HGET', $stock, 'total')) - redis.call('HINCRBY', $stock, 'sold', #)",
                "redis.call('HINCRBY', $stock, 'sold', -(#))",
            )),
            stays: true,
            sold: Some("tonumber(redis.call('HGET', $stock, 'sold'))"),
            ..Stock::default()
        },
        7 => tokens(
            r#"EVAL "for i = 1, tonumber(ARGV[1]) do redis.call('RPUSH', KEYS[1], 'unit-' .. i) end" 1 $stock {stock}"#,
            "LLEN $stock",
            "redis.call('LLEN', $stock)",
            pick(
                random,
                &[
                    "for _ = 1, # do unit = redis.call('LPOP', $stock) end",
                    "for _ = 1, # do unit = redis.call('RPOP', $stock) end",
                    "unit = redis.call('LINDEX', $stock, 0); redis.call('LTRIM', $stock, #, -1)",
                ],
            ),
            "(function() unit = redis.call('RPOP', $stock); return unit and redis.call('LLEN', $stock) or -1 end)()",
        ),
        8 => tokens(
            r#"EVAL "for i = 1, tonumber(ARGV[1]) do redis.call('SADD', KEYS[1], i) end" 1 $stock {stock}"#,
            "SCARD $stock",
            "redis.call('SCARD', $stock)",
            pick(
                random,
                &[
                    "for _ = 1, # do unit = redis.call('SPOP', $stock) end",
                    "for _ = 1, # do unit = redis.call('SRANDMEMBER', $stock); redis.call('SREM', $stock, unit) end",
                ],
            ),
            "(function() unit = redis.call('SPOP', $stock); return unit and redis.call('SCARD', $stock) or -1 end)()",
        ),
        9 => tokens(
            r#"EVAL "for i = 1, tonumber(ARGV[1]) do redis.call('ZADD', KEYS[1], i, 'seat ' .. i) end" 1 $stock {stock}"#,
            "ZCARD $stock",
            "redis.call('ZCARD', $stock)",
            pick(
                random,
                &[
                    "for _ = 1, # do unit = redis.call('ZPOPMIN', $stock)[1] end",
                    "for _ = 1, # do unit = redis.call('ZRANGE', $stock, 0, 0)[1]; redis.call('ZREM', $stock, unit) end",
                ],
            ),
            "(function() unit = redis.call('ZPOPMAX', $stock)[1]; return unit and redis.call('ZCARD', $stock) or -1 end)()",
        ),
        10 | 11 => Stock {
            put: vec!["SET $most {stock}", pick(random, &["SET $stock 0", "DEL $stock"])],
            count: ("sold", "GET $stock"),
            look: "(tonumber(redis.call('GET', $most)) - tonumber(redis.call('GET', $stock) or 0))",
            take: "redis.call('INCRBY', $stock, #)",
            first: Some((
                "tonumber(redis.call('GET', $most)) - redis.call('INCRBY', $stock, #)",
                "redis.call('DECRBY', $stock, #)",
            )),
            sold: Some("tonumber(redis.call('GET', $stock))"),
            ..Stock::default()
        },
        12 => Stock {
            put: vec![pick(random, &["SET $stock 0", "DEL $stock"])],
            count: ("sold", "GET $stock"),
            look: "(tonumber($units) - tonumber(redis.call('GET', $stock) or 0))",
            take: "redis.call('INCRBY', $stock, #)",
            first: Some((
                "tonumber($units) - redis.call('INCRBY', $stock, #)",
                "redis.call('INCRBY', $stock, -(#))",
            )),
            sold: Some("tonumber(redis.call('GET', $stock))"),
            ..Stock::default()
        },
        13 => Stock {
            put: vec![
                "SET $stock {stock}",
                pick(random, &["SET $day {stock}", "SET $day 1000"]),
            ],
            count: ("left", "GET $stock"),
            look: "math.min(tonumber(redis.call('GET', $stock)), tonumber(redis.call('GET', $day)))",
            take: "redis.call('DECRBY', $stock, #); redis.call('DECRBY', $day, #)",
            stays: true,
            ..Stock::default()
        },
        14 => Stock {
            put: vec![r#"SET $stock "{stock}|990""#],
            count: (
                "left",
                r#"EVAL "return tonumber(string.match(redis.call('GET', KEYS[1]), '^%-?%d+'))" 1 $stock"#,
            ),
            look: "tonumber(string.match(redis.call('GET', $stock), '^%-?%d+'))",
            take: "redis.call('SET', $stock, (left - (#)) .. '|990')",
            stays: true,
            ..Stock::default()
        },
        15 => Stock {
            put: vec!["ZADD $stock {stock} pen"],
            count: ("left", "ZSCORE $stock pen"),
            look: "tonumber(redis.call('ZSCORE', $stock, 'pen'))",
            take: "redis.call('ZINCRBY', $stock, -(#), 'pen')",
            first: Some((
                "tonumber(redis.call('ZINCRBY', $stock, -(#), 'pen'))",
                "redis.call('ZINCRBY', $stock, #, 'pen')",
            )),
            stays: true,
            ..Stock::default()
        },
        _ => {
            let buyers = once_in(random, 2);
            Stock {
                put: vec!["DEL $stock"],
                count: ("sold", if buyers { "SCARD $stock" } else { "LLEN $stock" }),
                look: if buyers {
                    "(tonumber($units) - redis.call('SCARD', $stock))"
                } else {
                    "($units - redis.call('LLEN', $stock))"
                },
                take: if buyers {
                    "redis.call('SADD', $stock, $who)"
                } else {
                    "for _ = 1, # do redis.call('RPUSH', $stock, $who) end"
                },
                is_list: buyers,
                ..Stock::default()
            }
        }
    }
}

/// How a script remembers who has had theirs.
#[derive(Clone)]
pub(super) struct Buyers {
    /// Has this buyer had theirs?
    pub(super) had: String,
    pub(super) mark: &'static str,
    /// Undoes the mark; for lists that are written to before the stock is looked at.
    pub(super) unmark: &'static str,
    /// Units each, where they are counted.
    pub(super) most: Option<u64>,
    /// It is forgotten in time, so that the limit is none for ever.
    pub(super) forgets: bool,
}

pub(super) fn buyers(random: &mut SmallRng, is_stock: bool) -> Buyers {
    let once = |had: &str, mark, unmark| Buyers {
        had: had.to_string(),
        mark,
        unmark,
        most: None,
        forgets: false,
    };
    if is_stock {
        return once("redis.call('SISMEMBER', $stock, $who) == 1", "", "");
    }
    match random.random_range(0..7) {
        6 => Buyers {
            forgets: true,
            ..once(
                "redis.call('GET', $list .. ':' .. $who)",
                "redis.call('SET', $list .. ':' .. $who, 1, 'EX', 86400)",
                "redis.call('DEL', $list .. ':' .. $who)",
            )
        },
        0 | 1 => once(
            "redis.call('SISMEMBER', $list, $who) == 1",
            "redis.call('SADD', $list, $who)",
            "redis.call('SREM', $list, $who)",
        ),
        2 => once(
            "redis.call('HEXISTS', $list, $who) == 1",
            "redis.call('HSET', $list, $who, 1)",
            "redis.call('HDEL', $list, $who)",
        ),
        3 => once(
            "redis.call('EXISTS', $list .. ':' .. $who) == 1",
            "redis.call('SET', $list .. ':' .. $who, 'yes')",
            "redis.call('DEL', $list .. ':' .. $who)",
        ),
        4 => once(
            "redis.call('ZSCORE', $list, $who)",
            "redis.call('ZADD', $list, 1, $who)",
            "redis.call('ZREM', $list, $who)",
        ),
        _ => {
            let most = random.random_range(1..=3);
            Buyers {
                had: format!("tonumber(redis.call('HGET', $list, $who) or 0) + q > {most}"),
                mark: "redis.call('HINCRBY', $list, $who, q)",
                unmark: "redis.call('HINCRBY', $list, $who, -q)",
                most: Some(most),
                forgets: false,
            }
        }
    }
}

/// An answer in Lua, and the rule that fits it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) lua: String,
    pub(super) rule: String,
}

/// What customers are told.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    pub(super) bought: Answer,
    pub(super) sold_out: Answer,
    pub(super) already: Answer,
    /// Where some units are left, and too few: sold out, in other words.
    pub(super) short: Option<Answer>,
    /// What is told says what is left, so that one unit too many is the same as none.
    pub(super) tells: bool,
}

/// `after` says what is left then, in Lua.
pub(super) fn answers(random: &mut SmallRng, stock: &Stock, after: &str, one: bool) -> Answers {
    let same = |text: &str| Answer {
        lua: text.to_string(),
        rule: text.replace('\'', "\""),
    };
    let of = |lua: &str, rule: &str| Answer {
        lua: lua.to_string(),
        rule: rule.to_string(),
    };
    let error = |code: &str, text: &str, how: u32| Answer {
        lua: match how {
            0 => format!("redis.error_reply('{code} {text}')"),
            1 => format!("{{ err = '{code} {text}' }}"),
            _ => format!("error({{ err = '{code} {text}' }})"),
        },
        rule: format!(
            "{{ error = \"{code}{}\" }}",
            if code == "ERR" {
                format!(" {text}")
            } else {
                String::new()
            }
        ),
    };
    let nil = || of("false", "{ jq = \". == null\" }");
    let three = |bought, sold_out, already, tells| Answers {
        bought,
        sold_out,
        already,
        short: None,
        tells,
    };
    let number = |name: &str| of(&name.replace("AFTER", after), "{ jq = \"(tonumber? // -9) >= 0\" }");
    let text = |text: &str| of(&text.replace("AFTER", after), "");
    let mut answers = match random.random_range(0..21) {
        0..=3 => {
            let mut codes = ["1", "0", "-1", "2", "-2", "200", "409"];
            rand::seq::SliceRandom::shuffle(&mut codes[..], random);
            Answers {
                short: once_in(random, 3).then(|| same(codes[3])),
                ..three(same(codes[0]), same(codes[1]), same(codes[2]), false)
            }
        }
        4 => three(of("true", "1"), nil(), same(pick(random, &["0", "2", "'had'"])), false),
        5 => three(
            same(pick(random, &["'OK'", "'SUCCESS'", "'bought'", "'1'"])),
            same(pick(random, &["'SOLD_OUT'", "'none'", "''", "'0'"])),
            same(pick(random, &["'ALREADY'", "'2'", "'once only'"])),
            false,
        ),
        6 => three(
            of("redis.status_reply('OK')", "\"OK\""),
            of("{ ok = 'SOLDOUT' }", "\"SOLDOUT\""),
            of("redis.status_reply('HAD')", "\"HAD\""),
            false,
        ),
        7 | 8 => {
            let list = |code: &str, rest: &str| {
                of(
                    &format!("{{ {code}, {} }}", rest.replace("AFTER", after)),
                    &format!("{{ jq = \".[0] == {code}\" }}"),
                )
            };
            let rest = |random: &mut SmallRng| pick(random, &["left", "0", "AFTER"]);
            three(
                list("1", "AFTER"),
                list("0", rest(random)),
                list("-1", rest(random)),
                false,
            )
        }
        9 => {
            let list = |code: &str, first: &str| {
                of(
                    &format!("{{ {}, {code} }}", first.replace("AFTER", after)),
                    &format!("{{ jq = \".[1] == {}\" }}", code.replace('\'', "\\\"")),
                )
            };
            three(
                list("'ok'", "AFTER"),
                list("'none'", "left"),
                list("'had'", "left"),
                false,
            )
        }
        10 | 11 => {
            let how = random.random_range(0..3);
            let code = |code| if how == 2 { code } else { "ERR" };
            let bought = match random.random_range(0..3) {
                0 => same("1"),
                1 => of("{ ok = 'OK' }", "\"OK\""),
                _ => number("AFTER"),
            };
            let soldout = if once_in(random, 2) { "SOLDOUT" } else { code("SOLDOUT") };
            three(
                bought,
                error(soldout, "none left", how),
                error("ALREADY", "had theirs", how),
                false,
            )
        }
        12 => three(
            of("left", "{ jq = \"(tonumber? // -9) > 0\" }"),
            same("0"),
            same(pick(random, &["-1", "'had'"])),
            true,
        ),
        13 => three(
            number(pick(random, &["AFTER", "tostring(AFTER)"])),
            if once_in(random, 3) { nil() } else { of("-1", "-1") },
            same(pick(random, &["-2", "'had'"])),
            true,
        ),
        14 => three(text("left .. ',' .. AFTER"), text("' '"), text("'had'"), false),
        15 => three(of("nil", "{ jq = \". == null\" }"), same("0"), same("-1"), false),
        16 if one && stock.names => three(
            of("unit", ""),
            pick_answer(random, &[nil(), same("''"), same("-1")]),
            same("-2"),
            true,
        ),
        16 if stock.sold.is_some() => three(
            of(stock.sold.unwrap_or_default(), "{ jq = \"(tonumber? // -9) > 0\" }"),
            pick_answer(random, &[nil(), same("0"), same("-1")]),
            same("-2"),
            false,
        ),
        17 => three(
            text("{ 1, AFTER }"),
            text("{}"),
            text(pick(random, &["{ 0 }", "{ -1, 'had' }"])),
            false,
        ),
        18 if one && stock.names => three(text("{ unit }"), text("{}"), same("-2"), true),
        19 => {
            let object = |code: &str, left: &str| {
                let left = left.replace("AFTER", after);
                let lua = format!("'{{\"code\":{code},\"data\":{{\"left\":' .. {left} .. '}}}}'");
                of(&lua, &format!("{{ jq = \".code == {code}\" }}"))
            };
            three(
                object("0", "AFTER"),
                object("1", pick(random, &["left", "0"])),
                object("2", "0"),
                false,
            )
        }
        _ => three(
            text("'bought, left: ' .. AFTER"),
            text("'sold out'"),
            text("'had'"),
            false,
        ),
    };
    if once_in(random, 4) {
        answers.already = answers.sold_out.clone();
    }
    answers
}

fn pick_answer(random: &mut SmallRng, of: &[Answer]) -> Answer {
    of.choose(random).unwrap().clone()
}

/// What scripts do beside selling: nothing that a customer could see.
pub(super) const BESIDE: [&str; 9] = [
    "redis.call('LPUSH', $log, $who)",
    "redis.call('XADD', $log, '*', 'buyer', $who, 'units', q)",
    "redis.call('INCR', $log)",
    "redis.call('HSET', $log, $request, $who)",
    "redis.call('SET', $log, q, 'EX', 60)",
    "redis.call('ZADD', $log, q, $who)",
    "redis.call('SADD', $log, $who); redis.call('EXPIRE', $log, 3600)",
    "redis.log(redis.LOG_NOTICE, 'one more')",
    "local shown = redis.call('TTL', $stock)",
];
