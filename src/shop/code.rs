//! A shop as a strategy: what its file says, carried out.

use redis::{ErrorKind, FromRedisValue as _, RedisError, RedisResult, Value};

use super::{
    answer::{Answer, Kind},
    json,
    meaning::{Meaning, Unclear},
    template::{Command, Placeholder, Template, Values},
};
use crate::strategy::{Connection, Context, Info, Purchase, Strategy};

/// How units are counted.
#[derive(Clone, Debug)]
pub(crate) enum Count {
    /// Those that are left.
    Left(Command),
    /// Those that are sold.
    Sold(Command),
}

impl Count {
    pub(crate) const fn command(&self) -> &Command {
        match self {
            Self::Left(command) | Self::Sold(command) => command,
        }
    }
}

/// A shop: how an item is put on sale, how one purchase is made, what its answers mean, how many units are left.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) name: String,
    /// Its file, for reading, where it has one.
    pub(crate) text: Option<String>,
    pub(crate) put: Vec<Command>,
    pub(crate) left: Count,
    pub(crate) restock: Option<Command>,
    pub(crate) script: redis::Script,
    pub(crate) code: String,
    pub(crate) keys: Vec<Template>,
    pub(crate) args: Vec<Template>,
    /// The most that one purchase may ask for.
    pub(crate) quantity: u64,
    /// Nobody said that the code asks for a quantity.
    pub(crate) guesses_quantity: bool,
    /// Units that one buyer may have.
    pub(crate) limit: Option<u64>,
    /// Nobody said so: a rehearsal found it out.
    pub(crate) finds_limit: bool,
    /// Somebody said what answers mean.
    pub(crate) is_given: bool,
    pub(crate) meaning: Meaning,
}

/// A script and what it is called with, as the command line has it.
pub(crate) struct OfScript<'a> {
    pub(crate) name: &'a str,
    pub(crate) code: &'a str,
    pub(crate) keys: &'a [String],
    pub(crate) args: &'a [String],
    pub(crate) put: &'a [String],
    pub(crate) left: Option<&'a str>,
    pub(crate) sold: Option<&'a str>,
}

impl Shop {
    /// Nothing more is said of it.
    pub(super) fn new(
        name: &str,
        code: &str,
        put: Vec<Command>,
        left: Count,
        keys: Vec<Template>,
        args: Vec<Template>,
    ) -> Self {
        let mut shop = Self {
            name: name.to_string(),
            text: None,
            put,
            left,
            restock: None,
            script: redis::Script::new(code),
            code: code.to_string(),
            keys,
            args,
            quantity: 1,
            guesses_quantity: false,
            limit: None,
            finds_limit: false,
            is_given: false,
            meaning: Meaning::default(),
        };
        if shop.asks_with(Placeholder::Quantity) {
            shop.quantity = 2;
        }
        shop
    }

    /// A script whose first key is a counter, unless something else is said.
    ///
    /// # Errors
    /// In words, where a placeholder or a command is not right.
    pub(crate) fn of_script(of: &OfScript<'_>) -> Result<Self, String> {
        let item = || ["{item}".to_string()];
        let templates = |texts: &[String]| {
            texts
                .iter()
                .map(|text| Template::parse(text))
                .collect::<Result<Vec<_>, _>>()
        };
        let keys = if of.keys.is_empty() { &item()[..] } else { of.keys };
        let first = shlex::try_quote(&keys[0]).map_err(|error| error.to_string())?;
        let put = if of.put.is_empty() {
            &[format!("SET {first} {{stock}}")][..]
        } else {
            of.put
        };
        let left = match (of.left, of.sold) {
            (_, Some(sold)) => Count::Sold(Command::parse(sold)?),
            (Some(left), None) => Count::Left(Command::parse(left)?),
            (None, None) => Count::Left(Command::parse(&format!("GET {first}"))?),
        };
        let restock = (of.put.is_empty() && of.left.is_none() && of.sold.is_none())
            .then(|| Command::parse(&format!("INCRBY {first} {{quantity}}")));
        let args = if of.args.is_empty() {
            &["{quantity}".to_string()][..]
        } else {
            of.args
        };
        let args = templates(args)?;
        let put = put
            .iter()
            .map(|command| Command::parse(command))
            .collect::<Result<_, _>>()?;
        let mut shop = Self::new(of.name, of.code, put, left, templates(keys)?, args);
        shop.restock = restock.transpose()?;
        shop.guesses_quantity = of.args.is_empty();
        Ok(shop)
    }

    fn values<'a>(&self, cx: &'a Context<'a>, quantity: u64) -> Values<'a> {
        Values {
            cx,
            stock: cx.stock(),
            quantity,
            request: None,
        }
    }

    /// Is anything asked with this placeholder when somebody buys?
    pub(crate) fn asks_with(&self, placeholder: Placeholder) -> bool {
        self.keys
            .iter()
            .chain(&self.args)
            .any(|template| template.uses(placeholder))
    }

    /// Is it said who buys?
    pub(crate) fn knows_buyers(&self) -> bool {
        self.asks_with(Placeholder::Buyer) || self.asks_with(Placeholder::BuyerNumber)
    }

    /// One purchase, and what came of it. Errors of the server are answers, too.
    pub(crate) async fn ask<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Answer> {
        let request = self.asks_with(Placeholder::Request).then(|| cx.unique());
        let values = Values {
            request: request.as_deref(),
            ..self.values(cx, quantity)
        };
        let mut invocation = self.script.prepare_invoke();
        for key in &self.keys {
            invocation.key(key.fill(&values));
        }
        for argument in &self.args {
            invocation.arg(argument.fill(&values));
        }
        match invocation.invoke_async::<Value>(con).await {
            Ok(reply) => Ok(Answer::Reply(json::of_reply(&reply))),
            Err(error) => match said(&error) {
                Some(text) => Ok(Answer::Error(text)),
                None => Err(error),
            },
        }
    }

    /// The number that the shop's counter says. `None`: there is none.
    pub(crate) async fn count<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<Option<i64>> {
        let reply: Value = self.left.command().to_cmd(&self.values(cx, 1)).query_async(con).await?;
        Ok(Option::<i64>::from_redis_value(reply)?)
    }

    /// What is wrong with that number where `stock` units were put on sale and nobody has bought.
    pub(super) fn miscounts(&self, count: i64, stock: u64) -> Option<String> {
        let (name, expected, other, is_other) = match self.left {
            Count::Left(_) => ("left", stock, "sold", count == 0),
            Count::Sold(_) => ("sold", 0, "left", u64::try_from(count) == Ok(stock)),
        };
        if u64::try_from(count) == Ok(expected) {
            return None;
        }
        let hint = if is_other {
            format!("is it `{other}` that it tells, or is it about another key than `put`?")
        } else {
            "`put` is to put {stock} units on sale, whatever was there before".to_string()
        };
        Some(format!(
            "`{name}` says {count} when {stock} units were put on sale and nothing was sold, expected {expected}: {hint}"
        ))
    }

    /// Does that number say that more was taken than `stock`?
    pub(crate) fn is_past_end(&self, count: Option<i64>, stock: u64) -> bool {
        let count = count.unwrap_or(0);
        match self.left {
            Count::Left(_) => count < 0,
            Count::Sold(_) => u64::try_from(count).is_ok_and(|count| count > stock),
        }
    }

    /// Units left of `stock`, by that number: between none and all.
    pub(crate) fn units_left(&self, count: Option<i64>, stock: u64) -> u64 {
        let count = u64::try_from(count.unwrap_or(0)).unwrap_or(0);
        match self.left {
            Count::Left(_) => count.min(stock),
            Count::Sold(_) => stock.saturating_sub(count),
        }
    }
}

/// What the server itself said, in full.
pub(super) fn said(error: &RedisError) -> Option<String> {
    let code = error.code()?;
    Some(match error.detail() {
        Some(detail) => format!("{code} {detail}"),
        None => code.to_string(),
    })
}

impl Strategy for Shop {
    fn info(&self) -> Info {
        Info {
            commands: "EVALSHA".to_string(),
            max_quantity: self.quantity,
            reads: true,
            restocks: self.restock.is_some(),
            limit: self.limit,
            doubts_limit: self.finds_limit,
            // A script is one step: it needs no lease.
            lasts: true,
            ..Info::new(&self.name)
        }
    }

    async fn prepare<C: Connection>(&self, con: &mut C, cx: &Context<'_>, stock: u64) -> RedisResult<()> {
        for command in &self.put {
            let values = Values {
                stock,
                ..self.values(cx, 1)
            };
            command.to_cmd(&values).exec_async(con).await?;
        }
        Ok(())
    }

    async fn buy<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
        let answer = self.ask(con, cx, quantity).await?;
        let unclear = |why: String| RedisError::from((ErrorKind::Client, "what that answer means is not known", why));
        match self.meaning.of(&answer, cx.stock()) {
            Ok(Kind::Bought) => Ok(Purchase::Bought {
                remaining: self.meaning.remaining(&answer),
                unit: self.meaning.unit(&answer),
            }),
            Ok(Kind::SoldOut) => Ok(Purchase::SoldOut),
            Ok(Kind::Already) => Ok(Purchase::Already),
            Ok(Kind::Refused) => Ok(Purchase::Refused),
            Err(Unclear::Unknown) => Err(unclear(answer.to_string())),
            Err(Unclear::Several(one, other)) => Err(unclear(format!("{answer}: {one} and {other} both fit"))),
        }
    }

    /// Units left, as customers may think: a counter that goes on below zero has none.
    async fn read<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<i64> {
        let count = self.count(con, cx).await?;
        if count.is_none() && self.put.is_empty() {
            let why = "what the first buyer puts on sale is not there";
            return Err((ErrorKind::Client, "the stock is not known", why.to_string()).into());
        }
        Ok(match self.left {
            // Restocks may have added some.
            Count::Left(_) => count.unwrap_or(0).max(0),
            Count::Sold(_) => i64::try_from(self.units_left(count, cx.stock())).unwrap_or(i64::MAX),
        })
    }

    async fn restock<C: Connection>(&self, con: &mut C, cx: &Context<'_>, quantity: u64) -> RedisResult<Option<i64>> {
        if let Some(command) = &self.restock {
            command.to_cmd(&self.values(cx, quantity)).exec_async(con).await?;
        }
        Ok(None)
    }

    /// What the item's own keys are cannot be known but from its commands.
    async fn cleanup<C: Connection>(&self, con: &mut C, cx: &Context<'_>) -> RedisResult<()> {
        let values = self.values(cx, 1);
        let named = |command: &&Command| command.words.len() > 1;
        let commands = self.put.iter().chain([self.left.command()]).filter(named);
        let keys = commands
            .filter(|command| command.words[1].names_item())
            .map(|command| command.words[1].fill(&values));
        let keys: Vec<String> = keys
            .chain(
                self.keys
                    .iter()
                    .filter(|key| key.names_item())
                    .map(|key| key.fill(&values)),
            )
            .collect();
        if keys.is_empty() {
            return Ok(());
        }
        redis::cmd("DEL").arg(keys).exec_async(con).await
    }
}
