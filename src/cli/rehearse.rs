//! `oversell rehearse`.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use oversell_checker::history::quoted;
use serde_json::{Value, json};

use super::{
    exit::{Exit, Failure},
    host::{Host, block_on},
    output::{print_json, println, wrapped},
    script::ScriptOptions,
    shop::{meaning, on_model, on_server, print_notes, property, purchases, shop, told},
    values::patience,
};
use crate::shop::{Asked, Fault, Rehearsal};

/// What `rehearse` takes.
#[derive(Args, Debug)]
pub(super) struct RehearseOptions {
    /// On this server; keys get a prefix of their own and are removed afterwards [default: on a model of Redis].
    #[arg(long, value_name = "URL", env = "OVERSELL_REDIS_URL", hide_env_values = true)]
    redis: Option<String>,
    /// With --redis: `put` may write keys that have no {item} in them.
    #[arg(long)]
    overwrite: bool,
    /// How long the server may take to answer anything.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "5s", value_parser = patience)]
    timeout: Duration,
    /// Draw with plain ASCII.
    #[arg(long)]
    ascii: bool,
    /// A shop file.
    #[arg(value_name = "SHOP", required_unless_present = "script", conflicts_with = "script")]
    shop: Option<PathBuf>,
    #[command(flatten)]
    script: ScriptOptions,
}

/// One buyer alone: what the answers mean, and whether the code is right at all.
pub(super) fn rehearse(options: &RehearseOptions) -> Result<Exit, Failure> {
    let (shop, named) = match (&options.shop, options.script.arguments()) {
        (Some(path), _) => (shop(path)?, quoted(path)),
        (None, arguments) => match options.script.shop()? {
            Some(shop) => (shop, arguments.unwrap_or_default()),
            None => return Err(Failure::bad_input("found no shop file, expected one, or --script")),
        },
    };
    let rehearsal = match options.redis.as_deref() {
        None => on_model(&shop)?,
        url => block_on(async {
            let host = Host::open(url, options.timeout).await?;
            on_server(&shop, &host, options.overwrite).await
        })?,
    };
    if !rehearsal.faults.is_empty() {
        tell_faults(&rehearsal, options.ascii, false);
        return Ok(Exit::Violation);
    }
    // What is sold out from more units is more of the same.
    let is_shown = |asked: &&Asked| asked.stock <= 3 || asked.had > 0 || asked.elsewhere;
    let (shown, rest): (Vec<&Asked>, Vec<&Asked>) = rehearsal.asked.iter().partition(is_shown);
    println!("{}", purchases(&rehearsal, &shown, options.ascii));
    wrapped(
        &format!(
            "and {} more purchases, from up to 11 units, of the same kinds",
            rest.len()
        ),
        "",
    );
    wrapped(&meaning(&rehearsal), "  ");
    print_notes(&rehearsal);
    println!("One buyer alone shows nothing wrong. Next: oversell prove {named}");
    Ok(Exit::AsExpected)
}

/// Tells the first fault that one buyer alone shows: to people, or as a proof in JSON.
pub(super) fn tell_faults(rehearsal: &Rehearsal, ascii: bool, json: bool) {
    let Some(fault) = rehearsal.faults.first() else { return };
    if json {
        return print_json(&to_json(rehearsal, fault));
    }
    let (headline, why) = told(rehearsal, fault);
    println!("\n{}    {headline}", rehearsal.shop.name);
    println!("{}", purchases(rehearsal, &leading_to(rehearsal, fault), ascii));
    wrapped(&why, "  ");
}

/// The purchases that lead to a fault.
fn leading_to<'a>(rehearsal: &'a Rehearsal, fault: &Fault) -> Vec<&'a Asked> {
    let shown = &rehearsal.asked[..=fault.at];
    let last = &rehearsal.asked[fault.at];
    shown
        .iter()
        .filter(|asked| asked.trial == last.trial || asked.buyer == last.buyer)
        .collect()
}

fn to_json(rehearsal: &Rehearsal, fault: &Fault) -> Value {
    let shown = leading_to(rehearsal, fault);
    let steps = shown.iter().map(|asked| {
        json!({
            "client": 1, "begins": format!("buy {}", asked.quantity), "answer": asked.answer.to_string(), "left": asked.left - asked.taken,
        })
    });
    json!({
        "strategy": rehearsal.shop.name,
        "fault": "none",
        "property": property(fault).name(),
        "verdict": "violation",
        "rehearsal": true,
        "explanation": told(rehearsal, fault).1,
        "clients": 1,
        "stock": rehearsal.asked[fault.at].stock,
        "schedule": steps.collect::<Vec<_>>(),
    })
}
