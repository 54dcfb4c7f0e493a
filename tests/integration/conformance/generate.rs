//! Random sequences of commands.

use proptest::prelude::*;

use super::{
    dialogue::{CONNECTIONS, Command, Step, Version},
    scripts::{FUNCTIONS, LIBRARIES, SCRIPTS, WAITING},
    templates::{DATA, VALKEY},
    values,
};

/// Commands on transactions, which a sequence has many of.
const SESSION: &[&str] = &[
    "MULTI",
    "MULTI",
    "EXEC",
    "EXEC",
    "EXEC",
    "DISCARD",
    "WATCH $n",
    "WATCH $k $k",
    "WATCH $n",
    "UNWATCH",
    "WATCH",
    "EXEC $k",
    "RESET",
];

const KEYS: &[&str] = &["n1", "n2", "l1", "l2", "s1", "s2", "h1", "z1", "x1"];
const VALUES: &[&str] = &[
    "0",
    "1",
    "7",
    "10",
    "-3",
    "abc",
    "",
    "07",
    "1.5",
    "9223372036854775807",
    "two words",
    "\r\n",
];
const INTEGERS: &[&str] = &[
    "1",
    "5",
    "-2",
    "0",
    "abc",
    "",
    "1.5",
    "+1",
    " 1",
    "01",
    "-0",
    "9223372036854775807",
    "-9223372036854775808",
];
const ELEMENTS: &[&str] = &["a", "b", "c", "1", "2", ""];
const SCORES: &[&str] = &[
    "1", "2", "-1", "2.5", "1e3", "inf", "-inf", "+2", "abc", "nan", "0.25", ".5", "1e20",
];
const BOUNDS: &[&str] = &["-inf", "+inf", "1", "(1", "2.5", "(2.5", "x", "inf", "(-inf"];
const LIFETIMES: &[&str] = &["100", "200", "5000"];
/// Nothing that runs out within a sequence.
const TIMES: &[&str] = &[
    "100000",
    "0",
    "-2",
    "abc",
    "1.5",
    "01",
    "9223372036854775807",
    "",
    "-9223372036854775808",
];
/// Not beyond 32 bits: Valkey 9 and Redis 8 cut the index of `LSET` there, `LSET list 9223372036854775807 v` sets the last.
const INDICES: &[&str] = &["0", "1", "2", "-1", "-2", "5", "-100", "100", "x", "2147483647"];

const FLOATS: &[&str] = &[
    "1",
    "0.1",
    "0.2",
    "-0.3",
    "1.5",
    "1e3",
    "1e-3",
    "12345678.9",
    "3.14159265358979",
    "0.30000000000000004",
    "9007199254740993",
    "1e-17",
    "abc",
    "",
    " 1",
    "inf",
    "nan",
    "+5",
    "e5",
    ".5",
    "5.",
    "-0",
];
/// Far from now, and from the times that a sequence compares.
const DAYS: &[&str] = &["4000000000", "5000000000", "1", "-5", "abc"];
const PATTERNS: &[&str] = &["*", "n*", "?1", "[a-c]", "[^a]", "*1", "\\\\a", "[a"];
const PLACES: &[&str] = &["0", "1", "7", "8", "15", "23", "40", "#1", "#2", "-1", "abc"];
const WIDTHS: &[&str] = &[
    "u8", "i8", "u1", "i1", "i5", "u16", "i32", "u63", "i64", "u64", "x8", "i",
];

const PATIENCE: &[&str] = &["0", "0.01", "1", "-1", "abc", "", "1.5", "1e2", "-0.0001"];
/// Neither 0 nor less: the model has one zero only.
const WEIGHTS: &[&str] = &["1", "2", "0.5", "inf", "x", "nan"];

/// One of `choices`, by a number that shrinks to the first.
fn pick<'a>(choices: &[&'a str], number: u16) -> &'a str {
    choices[usize::from(number) % choices.len()]
}

/// A key of a type, now and then another.
fn key(own: &[&'static str], number: u16) -> &'static str {
    if number % 10 == 9 {
        pick(KEYS, number / 10)
    } else {
        pick(own, number / 10)
    }
}

fn fill(template: &str, numbers: &[u16]) -> Command {
    let mut numbers = numbers.iter().copied().cycle();
    let mut next = || numbers.next().unwrap_or_default();
    let words = template.split(' ').map(|word| {
        let mut filled = String::new();
        let mut characters = word.chars();
        while let Some(character) = characters.next() {
            if character != '$' {
                filled.push(character);
                continue;
            }
            filled.push_str(match characters.next() {
                Some('n') => key(&["n1", "n2"], next()),
                Some('l') => key(&["l1", "l2"], next()),
                Some('s') => key(&["s1", "s2"], next()),
                Some('h') => key(&["h1"], next()),
                Some('z') => key(&["z1"], next()),
                Some('x') => key(&["x1"], next()),
                Some('k') => pick(KEYS, next()),
                Some('v') => pick(VALUES, next()),
                Some('i') => pick(INTEGERS, next()),
                Some('e') => pick(ELEMENTS, next()),
                Some('f') => pick(SCORES, next()),
                Some('b') => pick(BOUNDS, next()),
                Some('t') => pick(TIMES, next()),
                Some('d') => pick(LIFETIMES, next()),
                Some('c') => pick(INDICES, next()),
                Some('g') => pick(FLOATS, next()),
                Some('q') => pick(&["q1", "q2"], next()),
                Some('a') => pick(DAYS, next()),
                Some('A') => pick(&["4000000000000", "1", "abc"], next()),
                Some('p') => pick(PATTERNS, next()),
                Some('o') => pick(PLACES, next()),
                Some('y') => pick(&["1", "0"], next()),
                Some('W') => pick(PATIENCE, next()),
                Some('u') => pick(WEIGHTS, next()),
                None => "$",
                Some('w') => pick(WIDTHS, next()),
                other => panic!("{template}: what is {other:?}?"),
            });
        }
        filled.into_bytes()
    });
    words.collect()
}

/// A number for each placeholder.
fn numbers() -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::vec(0..1_000_u16, 6)
}

fn from_templates(templates: Vec<&'static str>) -> impl Strategy<Value = Command> {
    (proptest::sample::select(templates), numbers()).prop_map(|(template, numbers)| fill(template, &numbers))
}

/// `EVAL` and its like, with up to two keys and an argument.
fn scripting(server: &Version) -> impl Strategy<Value = Command> + use<> {
    const VERBS: &[&str] = &[
        "EVAL",
        "EVAL",
        "EVALSHA",
        "EVALSHA",
        "EVAL_RO",
        "EVALSHA_RO",
        "LOAD",
        "EXISTS",
        "FLUSH",
        "FCALL",
        "FCALL",
        "FCALL_RO",
        "FLOAD",
        "FLOAD",
        "FREPLACE",
        "FDELETE",
        "FBAD",
        "SBAD",
        "FFLUSH",
    ];
    let mut scripts = SCRIPTS.to_vec();
    if !server.is_redis_7_0() {
        scripts.extend(WAITING);
    }
    let body = (
        proptest::sample::select(VERBS.to_vec()),
        proptest::sample::select(scripts),
        0..4_usize,
    );
    (body, numbers()).prop_map(|((verb, script, shape), numbers)| {
        let digest = sha1(script);
        let what = |first: &[&str]| first.iter().map(|word| word.as_bytes().to_vec()).collect::<Command>();
        let library = pick(LIBRARIES, numbers[4]);
        let name = pick(FUNCTIONS, numbers[5]);
        let mut command = match verb {
            "EVAL" | "EVAL_RO" => what(&[verb, script]),
            "EVALSHA" | "EVALSHA_RO" => what(&[verb, &digest]),
            "FCALL" | "FCALL_RO" => what(&[verb, name]),
            "LOAD" => return what(&["SCRIPT", "LOAD", script]),
            "EXISTS" => return what(&["SCRIPT", "EXISTS", &digest, "x"]),
            "FLUSH" => return what(&["SCRIPT", "FLUSH"]),
            "FLOAD" => return what(&["FUNCTION", "LOAD", library]),
            "FREPLACE" => return what(&["FUNCTION", "LOAD", "REPLACE", library]),
            "FDELETE" => return what(&["FUNCTION", "DELETE", pick(&["one", "two", "none"], numbers[0])]),
            "FFLUSH" => return what(&["FUNCTION", "FLUSH"]),
            "FBAD" => return what(&["FUNCTION", pick(&["NOSUCH", "LOAD", "STATS"], numbers[0])]),
            _ => return what(&["SCRIPT", pick(&["NOSUCH", "LOAD", "EXISTS"], numbers[0])]),
        };
        let key = key(&["n1", "n2", "l1"], numbers[1]);
        let argument = pick(VALUES, numbers[2]);
        command.extend(match shape {
            0 => what(&["1", key, argument]),
            1 => what(&["0"]),
            2 => what(&["2", key, pick(KEYS, numbers[3])]),
            _ => what(&[pick(INTEGERS, numbers[3]), key, argument]),
        });
        command
    })
}

fn sha1(text: &str) -> String {
    redis::Script::new(text).get_hash().to_string()
}

/// Sequences for this server.
pub(super) fn steps(server: &Version) -> impl Strategy<Value = Vec<Step>> + use<> {
    let mut data = DATA.to_vec();
    if server.is_valkey() {
        data.extend(VALKEY);
    }
    let command = prop_oneof![
        10 => from_templates(data),
        4 => from_templates(SESSION.to_vec()),
        4 => scripting(server),
        2 => values::scripts(server),
    ]
    .boxed();
    let commands = prop_oneof![
        4 => command.clone().prop_map(|command| vec![command]),
        1 => proptest::collection::vec(command, 2..5),
    ];
    let step = prop_oneof![
        60 => (0..CONNECTIONS, commands).prop_map(|(connection, commands)| Step::Send(connection, commands)),
        1 => (0..CONNECTIONS).prop_map(Step::Reconnect),
    ];
    proptest::collection::vec(step, 1..30)
}
