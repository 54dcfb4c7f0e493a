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
    meaning::Where,
    template::{Command, Template},
    warnings::about,
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    put: Spanned<Value>,
    left: Option<Spanned<Value>>,
    sold: Option<Spanned<Value>>,
    restock: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Buy {
    script: Option<Spanned<String>>,
    #[serde(default)]
    keys: Vec<Spanned<String>>,
    #[serde(default)]
    args: Vec<Spanned<String>>,
    quantity: Option<Spanned<u64>>,
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
        let is_named = |name: &&str| message.starts_with(&format!("unknown field `{name}`"));
        let later = LATER.into_iter().find(|(names, _)| names.iter().any(is_named));
        let why = later.map_or("", |(_, why)| why);
        source.at(error.span().unwrap_or_default(), format!("{message}{why}"))
    })?;
    let name = path
        .file_stem()
        .map_or_else(|| "shop".into(), |stem| stem.to_string_lossy().into_owned());
    build(&source, &name, sections)
}

/// Bytes of a shop file, at most.
const LONGEST: usize = 1 << 20;
/// Commands, keys and arguments together, at most.
const MOST: usize = 1000;

/// Fields of ways to sell that this version does not know, and what it says of them.
const LATER: [(&[&str], &str); 3] = [
    (
        &[
            "program", "each", "http", "observe", "headers", "body", "env", "begins", "service", "item",
        ],
        "; this version runs scripts alone, no programs and services",
    ),
    (
        &["resets"],
        "; this version does not know a stock that comes back by itself",
    ),
    (
        &["partial", "units", "quantity"],
        "; this version does not check a purchase that takes another number than it asks for",
    ),
];

fn build(source: &Source<'_>, name: &str, sections: Sections) -> Result<Shop, ShopError> {
    let Sections { stock, buy } = sections;
    let whole = buy.span();
    let buy = buy.into_inner();
    let Some(script) = buy.script else {
        return Err(source.at(whole, "found no `script` in [buy], expected one: script = \"buy.lua\""));
    };
    let put = source.commands(&stock.put)?;
    let words = put.len() + buy.args.len() + buy.keys.len();
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
    let keys = source.templates(&buy.keys)?;
    let args = source.templates(&buy.args)?;
    let restock = stock
        .restock
        .as_ref()
        .map(|restock| source.command(restock))
        .transpose()?;
    if let (Count::Sold(sold), Some(restock), Some(text)) = (&left, &restock, &stock.restock)
        && about(sold) != about(restock)
    {
        return Err(source.at(
            text.span(),
            format!(
                "found `{}`, expected a command on what `sold` counts, as each unit that is put back is one less that is sold; a number of \
                 units that rises cannot be said beside `sold`",
                restock.text
            ),
        ));
    }
    let positive = |value: &Option<Spanned<u64>>| match value {
        Some(value) if *value.get_ref() == 0 => Err(source.at(value.span(), "found 0, expected at least 1")),
        value => Ok(value.as_ref().map(|value| *value.get_ref())),
    };
    let path = source.folder.join(script.get_ref());
    let code = crate::prove::text_of(&path)
        .map_err(|error| source.at(script.span(), format!("failed to read {}: {error}", shown(&path))))?;
    let mut shop = Shop::new(name, &code, put, left, keys, args);
    shop.text = Some(source.text.to_string());
    shop.restock = restock;
    shop.quantity = positive(&buy.quantity)?.unwrap_or(shop.quantity);
    shop.limit = positive(&buy.limit)?;
    if let Some(answer) = &buy.answer {
        for (value, kind) in [
            (&answer.bought, Kind::Bought),
            (&answer.sold_out, Kind::SoldOut),
            (&answer.already, Kind::Already),
        ] {
            if let Some(value) = value {
                shop.is_given = true;
                source.rules(value, kind, &mut shop.meaning.rules)?;
            }
        }
        let filter = |value: &Option<Spanned<Value>>| value.as_ref().map(|value| source.filter(value)).transpose();
        shop.meaning.remaining = filter(&answer.remaining)?.map(Where::Filter);
        shop.meaning.unit = filter(&answer.unit)?;
    }
    Ok(shop)
}
