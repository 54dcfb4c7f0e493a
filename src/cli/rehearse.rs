//! `oversell rehearse`.

use std::path::PathBuf;

use clap::Args;

use super::{
    exit::{Exit, Failure},
    output::{println, wrapped},
    shop::{meaning, on_model, shop, table, told},
};
use crate::shop::Rehearsal;

/// What `rehearse` takes.
#[derive(Args, Debug)]
pub(super) struct RehearseOptions {
    /// Draw with plain ASCII.
    #[arg(long)]
    ascii: bool,
    /// A shop file.
    #[arg(value_name = "SHOP")]
    shop: PathBuf,
}

/// One buyer alone: what the answers mean, and whether the code is right at all.
pub(super) fn rehearse(options: &RehearseOptions) -> Result<Exit, Failure> {
    let shop = shop(&options.shop)?;
    let rehearsal = on_model(&shop)?;
    println!("{}", table(&rehearsal, &rehearsal.asked.iter().collect::<Vec<_>>(), options.ascii));
    wrapped(&meaning(&rehearsal), "  ");
    for note in &rehearsal.notes {
        wrapped(note, "  ");
    }
    Ok(print_faults(&rehearsal, options.ascii))
}

/// Tells the first fault that one buyer alone shows, with the purchases that lead to it.
pub(super) fn print_faults(rehearsal: &Rehearsal, ascii: bool) -> Exit {
    let Some(fault) = rehearsal.faults.first() else {
        return Exit::AsExpected;
    };
    let (headline, why) = told(rehearsal, fault);
    let trial = rehearsal.asked[fault.at].trial;
    let buyer = rehearsal.asked[fault.at].buyer;
    let shown = rehearsal.asked[..=fault.at]
        .iter()
        .filter(|asked| asked.trial == trial || asked.buyer == buyer);
    println!("\n{}    {headline}", rehearsal.shop.name);
    println!("{}", table(rehearsal, &shown.collect::<Vec<_>>(), ascii));
    wrapped(&why, "  ");
    Exit::Violation
}
