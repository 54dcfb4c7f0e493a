//! `oversell explore`.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use clap::Args;
use oversell_models::explorer::{Fault, Interleavings, Readable, Setup};
use stateright::Model as _;

use super::{
    exit::{Exit, Failure},
    guard,
    named::entry,
    output::println,
    values::whole,
};
use crate::strategy::Entry;

/// What `explore` takes.
#[derive(Args, Debug)]
pub(super) struct ExploreOptions {
    /// A name from `oversell strategies`.
    #[arg(value_parser = entry(), hide_possible_values = true)]
    strategy: Entry,
    /// Clients at once.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 2, value_parser = whole::<u8>(1..=64))]
    clients: u8,
    /// Units on sale.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 1, value_parser = whole::<u64>(0..=1_000_000))]
    stock: u64,
    /// Faults that may happen, each once.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    faults: Vec<Fault>,
    /// The port on this machine's loopback address.
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    port: u16,
}

/// Serves stateright's Explorer until the program is ended.
pub(super) fn explore(options: &ExploreOptions) -> Result<Exit, Failure> {
    let strategy = &options.strategy.strategy;
    let name = strategy.info().name;
    let mut setup = Setup {
        // A person wants to see who is who.
        symmetric: false,
        ..Setup::new(Arc::clone(strategy), usize::from(options.clients), options.stock)
    };
    for &fault in &options.faults {
        setup = setup.with(fault);
    }
    let model = Interleavings::new(setup).map_err(|misuse| Failure::bad_input(format!("`{name}`: {misuse}")))?;
    let address = SocketAddr::from(([127, 0, 0, 1], options.port));
    let failed = |error| Failure::bad_input(format!("failed to listen on {address}: {error}; try another --port"));
    let listener = TcpListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let hidden = guard::hidden().map_err(failed)?;
    guard::start(listener, hidden).map_err(|error| Failure::cannot_start(&error))?;
    println!("every state of `{name}` at http://{address} (end with Ctrl-C)");
    Readable(model).checker().serve(hidden);
    Ok(Exit::AsExpected)
}
