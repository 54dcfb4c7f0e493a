//! Shop files: what stands in them, and what is wrong with it.

use std::{fmt, io, ops::Range, path::Path as FilePath, sync::Arc};

use oversell_checker::history::shown;
use serde::Deserialize;
use thiserror::Error;
use toml::{Spanned, Value};

use super::{
    answer::{Kind, Matches, Path, Rule, Test},
    code::{Count, Shop},
    filter::Filter,
    json,
    meaning::{Meaning, Where},
    template::{Command, Placeholder, Template},
};

/// A shop file that cannot be used, in words that say where and what to do.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct ShopError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    stock: Stock,
    buy: Spanned<Buy>,
    service: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    put: Spanned<Value>,
    left: Option<Spanned<Value>>,
    sold: Option<Spanned<Value>>,
    restock: Option<Spanned<Value>>,
    resets: Option<Spanned<bool>>,
    item: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Buy {
    script: Option<Spanned<String>>,
    program: Option<Spanned<Value>>,
    each: Option<Spanned<Value>>,
    http: Option<Spanned<Value>>,
    observe: Option<Spanned<Value>>,
    headers: Option<Spanned<Value>>,
    body: Option<Spanned<Value>>,
    env: Option<Spanned<Value>>,
    begins: Option<Spanned<Value>>,
    bought: Option<Spanned<Value>>,
    sold_out: Option<Spanned<Value>>,
    keys: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    args: Vec<Spanned<String>>,
    quantity: Option<Spanned<u64>>,
    units: Option<Spanned<u64>>,
    #[serde(default)]
    partial: bool,
    limit: Option<Spanned<u64>>,
    answer: Option<Answers>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Answers {
    bought: Option<Spanned<Value>>,
    sold_out: Option<Spanned<Value>>,
    already: Option<Spanned<Value>>,
    remaining: Option<Spanned<Value>>,
    unit: Option<Spanned<Value>>,
    quantity: Option<Spanned<Value>>,
}

/// The values of a list, or the one that stands in place of a list.
fn each(value: &Spanned<Value>) -> &[Value] {
    match value.get_ref() {
        Value::Array(list) => list,
        one => std::slice::from_ref(one),
    }
}

/// A file that is being read.
struct Source<'a> {
    name: String,
    folder: &'a FilePath,
    text: &'a str,
}

impl Source<'_> {
    /// What is wrong at a place.
    fn at(&self, span: Range<usize>, message: impl fmt::Display) -> ShopError {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ShopError(format!("{}:{line}:{column}: {message}", self.name))
    }

    fn text<'v>(&self, value: &'v Spanned<Value>) -> Result<&'v str, ShopError> {
        let text = value.get_ref().as_str();
        text.ok_or_else(|| match value.get_ref() {
            Value::Table(table) if table.contains_key("http") || table.contains_key("run") => self.at(
                value.span(),
                "found `http` or `run`, expected a Redis command: this version reaches the stock through Redis alone",
            ),
            other => self.at(
                value.span(),
                format!(
                    "found {}, expected a Redis command in quotation marks",
                    other.type_str()
                ),
            ),
        })
    }

    fn command(&self, value: &Spanned<Value>) -> Result<Command, ShopError> {
        Command::parse(self.text(value)?).map_err(|error| self.at(value.span(), error))
    }

    fn commands(&self, value: &Spanned<Value>) -> Result<Vec<Command>, ShopError> {
        let commands = each(value).iter();
        commands
            .map(|one| self.command(&Spanned::new(value.span(), one.clone())))
            .collect()
    }

    fn templates(&self, texts: &[Spanned<String>]) -> Result<Vec<Template>, ShopError> {
        let parsed =
            |text: &Spanned<String>| Template::parse(text.get_ref()).map_err(|error| self.at(text.span(), error));
        texts.iter().map(parsed).collect()
    }

    fn filter(&self, value: &Spanned<Value>) -> Result<Arc<Filter>, ShopError> {
        let text = match value.get_ref() {
            Value::Table(table) if table.len() == 1 => table.get("jq").and_then(Value::as_str),
            _ => None,
        };
        let text = text.ok_or_else(|| self.at(value.span(), "expected a filter: { jq = \".[1]\" }"))?;
        let filter = Filter::parse(text).map_err(|error| self.at(value.span(), error))?;
        Ok(Arc::new(filter))
    }

    fn rules(&self, value: &Spanned<Value>, means: Kind, rules: &mut Vec<Rule>) -> Result<(), ShopError> {
        for one in each(value) {
            let whole = |test| Matches::Reply(Path::default(), test);
            let error = match one {
                Value::Table(table) if table.len() == 1 => table.get("error").and_then(Value::as_str),
                _ => None,
            };
            let matches = match one {
                Value::Integer(number) => whole(Test::Is((*number).into())),
                Value::String(text) => whole(Test::Is(json::of_text(text))),
                Value::Boolean(yes) => whole(Test::Is((*yes).into())),
                _ => match error {
                    Some(begin) => Matches::Error(begin.to_string()),
                    None if one.get("jq").is_some() => {
                        whole(Test::Filter(self.filter(&Spanned::new(value.span(), one.clone()))?))
                    }
                    None => {
                        return Err(self.at(
                            value.span(),
                            format!(
                                "found {}, expected an integer, a text, {{ error = \"SOLDOUT\" }}, {{ jq = \".[0] == 1\" }}, or a \
                                 list of such",
                                one.type_str()
                            ),
                        ));
                    }
                },
            };
            rules.push(Rule { matches, means });
        }
        Ok(())
    }
}

/// Reads a shop file, and the script beside it.
pub(crate) fn read(path: &FilePath) -> Result<Shop, ShopError> {
    let failed = |path: &FilePath, error| ShopError(format!("failed to read {}: {error}", shown(path)));
    let text = crate::prove::text_of(path).map_err(|error| failed(path, error))?;
    if text.len() > LONGEST {
        let error = format!("found {} bytes, expected at most {LONGEST}", text.len());
        return Err(failed(path, io::Error::other(error)));
    }
    let source = Source {
        name: shown(path),
        folder: path.parent().unwrap_or(FilePath::new("")),
        text: &text,
    };
    let sections: Sections = toml::from_str(&text).map_err(|error| {
        let message = error.message().trim().replace('\n', "; ");
        source.at(error.span().unwrap_or_default(), message)
    })?;
    let name = path
        .file_stem()
        .map_or_else(|| "shop".into(), |stem| stem.to_string_lossy().into_owned());
    build(&source, name, sections)
}

/// Bytes of a shop file, at most.
const LONGEST: usize = 1 << 20;
/// Commands, keys and arguments together, at most.
const MOST: usize = 1000;

/// What later versions know.
fn not_yet(source: &Source<'_>, sections: &Sections) -> Result<(), ShopError> {
    let buy = sections.buy.get_ref();
    let ways = [
        ("program", &buy.program),
        ("each", &buy.each),
        ("http", &buy.http),
        ("observe", &buy.observe),
        ("headers", &buy.headers),
        ("body", &buy.body),
        ("env", &buy.env),
        ("begins", &buy.begins),
        ("bought", &buy.bought),
        ("sold-out", &buy.sold_out),
        ("service", &sections.service),
    ];
    for (name, value) in ways {
        if let Some(value) = value {
            return Err(source.at(
                value.span(),
                format!("found `{name}`, expected `script`: this version runs scripts alone, no programs and services"),
            ));
        }
    }
    if let Some(resets) = sections.stock.resets.as_ref().filter(|resets| *resets.get_ref()) {
        return Err(source.at(
            resets.span(),
            "found `resets = true`, which this version does not know: a stock that comes back is no loss",
        ));
    }
    if let Some(item) = &sections.stock.item {
        return Err(source.at(
            item.span(),
            "found `item`, which belongs to `observe`; this version runs scripts alone",
        ));
    }
    Ok(())
}

fn build(source: &Source<'_>, name: String, sections: Sections) -> Result<Shop, ShopError> {
    not_yet(source, &sections)?;
    let Sections { stock, buy, .. } = sections;
    let whole = buy.span();
    let buy = buy.into_inner();
    let Some(script) = buy.script else {
        return Err(source.at(whole, "found no `script` in [buy], expected one: script = \"buy.lua\""));
    };
    let put = source.commands(&stock.put)?;
    let words = put.len() + buy.args.len() + buy.keys.as_ref().map_or(0, |keys| keys.get_ref().len());
    if words > MOST {
        return Err(source.at(
            stock.put.span(),
            format!("found {words} commands, keys and arguments, expected at most {MOST}"),
        ));
    }
    let left = match (&stock.left, &stock.sold) {
        (Some(left), None) => Count::Left(source.command(left)?),
        (None, Some(sold)) => Count::Sold(source.command(sold)?),
        (None, None) => {
            return Err(source.at(
                stock.put.span(),
                "found neither `left` nor `sold` in [stock], expected one: left = \"GET stock:{item}\"",
            ));
        }
        (Some(_), Some(sold)) => return Err(source.at(sold.span(), "found `left` and `sold`, expected one of them")),
    };
    let keys = buy.keys.map(Spanned::into_inner).unwrap_or_default();
    let keys = source.templates(&keys)?;
    let args = source.templates(&buy.args)?;
    let restock = stock
        .restock
        .as_ref()
        .map(|restock| source.command(restock))
        .transpose()?;
    let positive = |value: &Option<Spanned<u64>>| match value {
        Some(value) if *value.get_ref() == 0 => Err(source.at(value.span(), "found 0, expected at least 1")),
        value => Ok(value.as_ref().map(|value| *value.get_ref())),
    };
    let path = source.folder.join(script.get_ref());
    let code = crate::prove::text_of(&path)
        .map_err(|error| source.at(script.span(), format!("failed to read {}: {error}", shown(&path))))?;
    let asks = args
        .iter()
        .chain(&keys)
        .any(|template| template.uses(Placeholder::Quantity));
    let mut meaning = Meaning::default();
    let mut has_rules = false;
    if let Some(answer) = &buy.answer {
        for (value, kind) in [
            (&answer.bought, Kind::Bought),
            (&answer.sold_out, Kind::SoldOut),
            (&answer.already, Kind::Already),
        ] {
            if let Some(value) = value {
                has_rules = true;
                source.rules(value, kind, &mut meaning.rules)?;
            }
        }
        let filter = |value: &Option<Spanned<Value>>| value.as_ref().map(|value| source.filter(value)).transpose();
        meaning.remaining = filter(&answer.remaining)?.map(Where::Filter);
        meaning.unit = filter(&answer.unit)?;
        if let Some(quantity) = &answer.quantity {
            return Err(source.at(quantity.span(), PARTIAL));
        }
    }
    if buy.partial {
        return Err(source.at(whole, PARTIAL));
    }
    if let Some(units) = buy.units.as_ref().filter(|units| *units.get_ref() != 1) {
        return Err(source.at(
            units.span(),
            "found a purchase of one that takes another number of units, which this version does not check",
        ));
    }
    Ok(Shop {
        name,
        text: source.text.to_string(),
        put,
        left,
        restock,
        script: redis::Script::new(&code),
        code,
        keys,
        args,
        quantity: positive(&buy.quantity)?.unwrap_or(if asks { 2 } else { 1 }),
        guesses_quantity: false,
        limit: positive(&buy.limit)?,
        finds_limit: false,
        is_given: has_rules,
        meaning,
    })
}

const PARTIAL: &str = "found a purchase that may take fewer than asked, which this version does not check";
