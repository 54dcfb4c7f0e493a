//! Texts with placeholders, as shop files have them.

use std::fmt;

use crate::strategy::Context;

/// Something that a shop file leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// The item's name.
    Item,
    /// The item's number.
    ItemNumber,
    /// The item's name in braces, by which Redis Cluster finds its slot.
    Tag,
    /// Units put on sale.
    Stock,
    /// Units of one purchase, or of one restock.
    Quantity,
    /// Who buys.
    Buyer,
    /// The same as a number.
    BuyerNumber,
    /// Which purchase it is.
    Request,
}

impl Placeholder {
    const ALL: [Self; 8] = [
        Self::Item,
        Self::ItemNumber,
        Self::Tag,
        Self::Stock,
        Self::Quantity,
        Self::Buyer,
        Self::BuyerNumber,
        Self::Request,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::ItemNumber => "item-number",
            Self::Tag => "tag",
            Self::Stock => "stock",
            Self::Quantity => "quantity",
            Self::Buyer => "buyer",
            Self::BuyerNumber => "buyer-number",
            Self::Request => "request",
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Open(Placeholder),
}

/// A text with placeholders. `{{` and `}}` are braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

impl Template {
    /// # Errors
    /// In words, where a placeholder is not known or a brace stands alone.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(place);
            plain.push_str(before);
            rest = &brace[1..];
            if let Some(after) = rest.strip_prefix(&brace[..1]) {
                plain.push_str(&brace[..1]);
                rest = after;
                continue;
            }
            let named = brace.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let Some((name, after)) = named else {
                let alone = &brace[..1];
                return Err(format!(
                    "found a `{alone}` by itself in `{text}`; a brace is written twice: `{alone}{alone}`"
                ));
            };
            let Some(open) = Placeholder::ALL.into_iter().find(|known| known.name() == name) else {
                let known = Placeholder::ALL.map(|known| known.to_string()).join(", ");
                return Err(format!(
                    "found `{{{name}}}` in `{text}`, expected one of {known}; braces are written twice: `{{{{{name}}}}}`"
                ));
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Open(open));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    pub(crate) fn uses(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Part::Open(placeholder))
    }

    /// Does it stand for one item alone?
    pub(crate) fn names_item(&self) -> bool {
        [Placeholder::Item, Placeholder::ItemNumber, Placeholder::Tag]
            .into_iter()
            .any(|placeholder| self.uses(placeholder))
    }

    pub(crate) fn fill(&self, values: &Values<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Open(placeholder) => values.push(*placeholder, &mut text),
            }
        }
        text
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(plain) => f.write_str(plain),
            Part::Open(placeholder) => placeholder.fmt(f),
        })
    }
}

/// What stands where placeholders are.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) cx: &'a Context<'a>,
    pub(crate) stock: u64,
    pub(crate) quantity: u64,
    /// The name of the purchase, where it is one.
    pub(crate) request: Option<&'a str>,
}

impl Values<'_> {
    fn push(&self, placeholder: Placeholder, text: &mut String) {
        match placeholder {
            Placeholder::Item => text.push_str(self.cx.key()),
            Placeholder::ItemNumber => text.push_str(&number(self.cx.key()).to_string()),
            Placeholder::Tag => text.extend(["{", self.cx.key(), "}"]),
            Placeholder::Stock => text.push_str(&self.stock.to_string()),
            Placeholder::Quantity => text.push_str(&self.quantity.to_string()),
            Placeholder::Buyer => text.push_str(&self.cx.buyer()),
            Placeholder::BuyerNumber => text.extend(self.cx.buyer().chars().filter(char::is_ascii_digit)),
            Placeholder::Request => text.push_str(self.request.unwrap_or_default()),
        }
    }
}

/// A number that stands for a name, of at most nine digits.
fn number(name: &str) -> u64 {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, hash) % 1_000_000_000
}

/// Commands that change what the next ones mean, or are not answered.
const NOT_ALONE: [&str; 22] = [
    "SELECT",
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH",
    "SUBSCRIBE",
    "PSUBSCRIBE",
    "SSUBSCRIBE",
    "MONITOR",
    "QUIT",
    "RESET",
    "HELLO",
    "AUTH",
    "CLIENT",
    "SHUTDOWN",
    "DEBUG",
    "BLPOP",
    "BRPOP",
    "BLMOVE",
    "BZPOPMIN",
    "BZPOPMAX",
    "WAIT",
];

/// A command, split as a shell splits words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// As it stands in the file.
    pub(crate) text: String,
    pub(crate) words: Vec<Template>,
}

impl Command {
    /// # Errors
    /// In words, where it cannot be split or a placeholder is not known.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let words =
            shlex::split(text).ok_or_else(|| format!("found a quotation mark that is not closed in `{text}`"))?;
        if words.is_empty() {
            return Err("found no command, expected one such as `GET stock:{item}`".to_string());
        }
        if let Some(name) = NOT_ALONE.iter().find(|name| words[0].eq_ignore_ascii_case(name)) {
            return Err(format!(
                "found {name}, which changes the connection or waits, expected a command that is answered at once and by itself"
            ));
        }
        let words: Result<_, _> = words.iter().map(|word| Template::parse(word)).collect();
        Ok(Self {
            text: text.to_string(),
            words: words?,
        })
    }

    /// Is some word of it about one item alone?
    pub(crate) fn names_item(&self) -> bool {
        self.words.iter().any(Template::names_item)
    }

    pub(crate) fn to_cmd(&self, values: &Values<'_>) -> redis::Cmd {
        let mut cmd = redis::Cmd::new();
        for word in &self.words {
            cmd.arg(word.fill(values));
        }
        cmd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_written_twice_and_placeholders_once() {
        assert_eq!(
            Template::parse("a{{b}}{item}c").unwrap(),
            Template(vec![
                Part::Text("a{b}".to_string()),
                Part::Open(Placeholder::Item),
                Part::Text("c".to_string())
            ])
        );
        assert!(Template::parse("{sku}").unwrap_err().contains("{item-number}"));
        assert!(Template::parse("a}b").unwrap_err().contains("`}}`"));
        assert!(Template::parse("{item").unwrap_err().contains("`{{`"));
    }

    #[test]
    fn a_command_is_split_as_a_shell_splits_it() {
        let command = Command::parse(r#"EVAL "return {{1, 2}}" 1 s:{item}"#).unwrap();
        assert_eq!(command.words.len(), 4);
        assert!(command.words[3].uses(Placeholder::Item));
        assert!(Command::parse("SET 'a").unwrap_err().contains("quotation"));
    }
}
