//! The operations of a file, one by one: maps as EDN, or the lines in which Jepsen logs them.

use std::collections::BTreeMap;

use clojure_reader::edn::{self, Edn};

use super::{
    forms::{Forms, not_edn, not_too_deep},
    plain::unescaped,
};
use crate::interchange::{Trouble, error::excerpt, lines::Wrong};

/// The fields of an operation, by the names of their keywords.
pub(super) type Fields<'m> = BTreeMap<&'m str, &'m Edn<'m>>;

/// Hands over each operation, with its line, until there are no more or `take` wants none.
pub(super) fn each(text: &str, mut take: impl FnMut(u64, &Fields<'_>) -> Result<bool, Trouble>) -> Result<(), Wrong> {
    if is_log(text) {
        return each_logged(text, take);
    }
    not_too_deep(text)?;
    let text = unescaped(text);
    let mut forms = Forms::new(&text);
    while let Some((line, form)) = forms.next()? {
        let goes_on = fields(&form).and_then(|fields| take(line, &fields));
        if !goes_on.map_err(|trouble| (line, trouble))? {
            break;
        }
    }
    Ok(())
}

/// The fields of an operation that is a map.
fn fields<'m>(form: &'m Edn<'_>) -> Result<Fields<'m>, Trouble> {
    let map = match form {
        Edn::Map(map) => map,
        // How newer versions of Jepsen print them.
        Edn::Tagged(tag, inner) if tag.ends_with("Op") => return fields(inner),
        other => {
            let expected = "an operation: a map such as {:process 0, :type :invoke, :f :read, :value nil}";
            return Err(Trouble::Unexpected {
                found: excerpt(other),
                expected,
            });
        }
    };
    let named = map.iter().filter_map(|(name, value)| match name {
        Edn::Key(name) => Some((name.as_ref(), value)),
        _ => None,
    });
    Ok(named.collect())
}

/// A keyword, a symbol or a string.
pub(super) fn word<'m>(value: &'m Edn<'_>) -> Option<&'m str> {
    match value {
        Edn::Key(word) | Edn::Symbol(word) | Edn::Str(word) => Some(word),
        _ => None,
    }
}

/// Does this begin unlike EDN, and hold operations as Jepsen logs them?
pub(in crate::interchange) fn is_log(text: &str) -> bool {
    let begins = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', ',']);
    !begins.starts_with(['{', '[', '(', '#', ';']) && text.lines().any(|line| Logged::of(line).is_some())
}

/// The operations in a log; other lines say nothing of clients.
fn each_logged(text: &str, mut take: impl FnMut(u64, &Fields<'_>) -> Result<bool, Trouble>) -> Result<(), Wrong> {
    for (number, line) in (1..).zip(text.lines()) {
        let Some(logged) = Logged::of(line) else { continue };
        not_too_deep(logged.value).map_err(|(_, trouble)| (number, trouble))?;
        let value = unescaped(logged.value);
        let (value, error) = if value.trim().is_empty() {
            (Edn::Nil, "")
        } else {
            edn::read(&value).map_err(|error| (number, not_edn(&value, &error)))?
        };
        let process = logged
            .process
            .parse()
            .map_or(Edn::Key(logged.process[1..].into()), Edn::Int);
        let (kind, f) = (Edn::Key(logged.kind.into()), Edn::Key(logged.f.into()));
        let error = match error.trim() {
            // A timeout stands where its value would.
            "" if matches!(logged.kind, "fail" | "info") && matches!(value, Edn::Key(_)) => value.clone(),
            "" => Edn::Nil,
            error => Edn::Str(error.into()),
        };
        let fields = Fields::from_iter([
            ("process", &process),
            ("type", &kind),
            ("f", &f),
            ("value", &value),
            ("error", &error),
        ]);
        if !take(number, &fields).map_err(|trouble| (number, trouble))? {
            break;
        }
    }
    Ok(())
}

/// `INFO  jepsen.util - 3  :invoke  :cas  [1 2]`: columns between tabs or blanks, after whatever the logger puts in front.
struct Logged<'a> {
    process: &'a str,
    kind: &'a str,
    f: &'a str,
    /// The value, and perhaps an error.
    value: &'a str,
}

impl<'a> Logged<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut process = "";
        let mut rest = line;
        loop {
            let (word, after) = column(rest)?;
            let kind = ["invoke", "ok", "fail", "info"]
                .into_iter()
                .find(|kind| word.strip_prefix(':') == Some(kind));
            if let Some(kind) = kind
                && (process.parse::<i64>().is_ok() || process == ":nemesis")
                && let Some((f, value)) = column(after)
                && let Some(f) = f.strip_prefix(':')
            {
                return Some(Self {
                    process,
                    kind,
                    f,
                    value,
                });
            }
            (process, rest) = (word, after);
        }
    }
}

/// The next word of a line, and what follows it.
fn column(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}
