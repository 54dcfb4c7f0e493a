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
    match random.random_range(0..18) {
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
        16 => Stock {
            put: vec![r#"SET $stock '{{"left":{stock},"price":990}}'"#],
            count: (
                "left",
                r#"EVAL "return cjson.decode(redis.call('GET', KEYS[1])).left" 1 $stock"#,
            ),
            look: "cjson.decode(redis.call('GET', $stock)).left",
            take: pick(
                random,
                &[
                    "local item = cjson.decode(redis.call('GET', $stock)); item.left = item.left - (#); \
                     redis.call('SET', $stock, cjson.encode(item))",
                    "redis.call('SET', $stock, cjson.encode({ left = left - (#), price = 990 }))",
                ],
            ),
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
    match random.random_range(0..8) {
        7 => once(
            "redis.call('HGET', $list, $who)",
            "redis.call('HSET', $list, $who, cjson.encode({ at = redis.call('TIME')[1], units = q }))",
            "redis.call('HDEL', $list, $who)",
        ),
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

/// What scripts do beside selling: nothing that a customer could see.
pub(super) const BESIDE: [&str; 13] = [
    "redis.call('PUBLISH', 'sales', cjson.encode({ buyer = $who, units = q }))",
    "redis.call('ZADD', $log, redis.call('TIME')[1], $who)",
    "local now = redis.call('TIME'); if tonumber(now[1]) < 1 then return redis.error_reply('ERR closed') end",
    "redis.call('INCRBYFLOAT', $log, q * 9.9)",
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
