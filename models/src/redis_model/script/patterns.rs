//! How long Lua's patterns may take: they are matched in C, where a script cannot be stopped.

/// Steps of the matcher that take as long as an instruction. The bound on them is far away for most patterns.
const STEPS: f64 = 16.0;
/// Each repetition may take a frame of the stack.
const MOST_REPETITIONS: u32 = 200;

/// The instructions that take as long as matching `pattern` at every place of a subject of this length, at most.
///
/// Each of k repetitions ends at or behind the one before it: of n places, that is one of (n + k over k) choices.
pub(super) fn price(subject: usize, pattern: &[u8], plain: bool) -> u64 {
    let (mut repeated, mut optional) = (0_u32, 0_u32);
    let mut rest = if plain { &[] } else { pattern };
    while !rest.is_empty() {
        rest = match rest {
            // A balanced string or what was captured before is as long as it is.
            [b'%', b'b' | b'0'..=b'9', rest @ ..] => {
                repeated += 1;
                rest
            }
            [b'%', _, rest @ ..] => rest,
            [b'[', set @ ..] => behind(set),
            [_, rest @ ..] => rest,
            [] => rest,
        };
        match rest.first() {
            Some(b'*' | b'+' | b'-') => repeated += 1,
            Some(b'?') => optional += 1,
            _ => continue,
        }
        rest = &rest[1..];
    }
    if repeated + optional > MOST_REPETITIONS {
        return u64::MAX;
    }
    #[allow(clippy::cast_precision_loss, reason = "a bound, and far from exact")]
    let (places, length) = (subject as f64 + 1.0, pattern.len() as f64);
    let choices = (1..=repeated).fold(1.0, |choices, k| choices * (places - 1.0 + f64::from(k)) / f64::from(k));
    let steps = places * choices * f64::from(optional).exp2() * (1.0 + length / 16.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and cut off at the end"
    )]
    let price = (steps / STEPS) as u64;
    price
}

/// What follows a set of characters, of which the bracket has been read.
fn behind(mut set: &[u8]) -> &[u8] {
    set = set.strip_prefix(b"^").unwrap_or(set);
    // A bracket at the beginning closes nothing.
    set = set.strip_prefix(b"]").unwrap_or(set);
    loop {
        set = match set {
            [b'%', _, rest @ ..] => rest,
            [b']', rest @ ..] => return rest,
            [_, rest @ ..] => rest,
            [] => return set,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_explodes_is_told_from_what_does_not() {
        let explodes = |subject, pattern: &str| price(subject, pattern.as_bytes(), false) > 10_000_000;
        assert!(explodes(5_000, &format!("{}b", "a-".repeat(50))));
        assert!(explodes(300, ".*.*.*.*.*x"));
        assert!(explodes(40, &format!("{}b", "a?".repeat(40))));
        assert!(explodes(3_000, "(%w+)%1%1x"));
        assert!(explodes(0, &"a*".repeat(1_000_000)));
        for (subject, pattern) in [
            (36, "^[0-9a-fA-F]+-[0-9a-fA-F]+-[0-9a-fA-F]+$"),
            (5_000, "[^,]+"),
            (100, "^%s*(.-)%s*$"),
            (50, "^(%d+):(%d+):(%w+)$"),
            (20, "%-%-%+%*[]*+?-]%?x"),
            (1_000, "stock:.-:"),
        ] {
            assert!(!explodes(subject, pattern), "{pattern}");
        }
        assert!(price(1_000_000, b"a*b*c*d*e*", true) < 10_000_000);
    }
}
