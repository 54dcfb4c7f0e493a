//! What a run is about.

use oversell_checker::history::quoted;

use super::{
    exit::Failure,
    host::Host,
    run_options::RunCommand,
    shop::{Named, Tested, on_server, shop},
};
use crate::strategy;

/// What is to be run.
pub(super) enum Chosen<'a> {
    All,
    These(&'a RunCommand),
}

impl Chosen<'_> {
    /// All of it, code of users read and rehearsed on the server.
    pub(super) async fn subjects(&self, host: &Host) -> Result<Vec<Tested>, Failure> {
        let catalogue = || strategy::catalogue().into_iter().map(Tested::from).collect();
        let Self::These(command) = self else {
            return Ok(catalogue());
        };
        let mut subjects = Vec::new();
        if let (Some(script), Some(arguments)) = (command.script.shop()?, command.script.arguments()) {
            subjects.push(Tested::own(
                on_server(&script, host, command.overwrite).await?,
                arguments,
            ));
        } else if command.strategies.is_empty() {
            return Ok(catalogue());
        }
        for named in &command.strategies {
            subjects.push(match named {
                Named::Entry(entry) => entry.clone().into(),
                Named::Shop(path) => {
                    let rehearsal = on_server(&shop(path)?, host, command.overwrite).await?;
                    Tested::own(rehearsal, quoted(path))
                }
            });
        }
        Ok(subjects)
    }

    pub(super) fn is_all(&self) -> bool {
        match self {
            Self::All => true,
            Self::These(command) => command.strategies.is_empty() && command.script.script.is_none(),
        }
    }
}
