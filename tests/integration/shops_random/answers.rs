//! What random shops tell their customers.

use rand::{RngExt as _, rngs::SmallRng, seq::IndexedRandom as _};

use super::parts::{Stock, once_in, pick};

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
    let mut answers = match random.random_range(0..22) {
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
        20 => three(
            of(
                &"cjson.encode({ code = 200, left = AFTER })".replace("AFTER", after),
                "{ jq = \".code == 200\" }",
            ),
            of("cjson.encode({ code = 410 })", "{ jq = \".code == 410\" }"),
            of("cjson.encode({ code = 409, had = true })", "{ jq = \".code == 409\" }"),
            false,
        ),
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
