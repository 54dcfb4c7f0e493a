//! Commands of clients.

use std::sync::LazyLock;

use super::{
    RedisModel, Reply, Unmodelled,
    command::{Caller, Table},
    commands::FAMILIES,
    fail::{Answer, Fail},
    session::Session,
};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(FAMILIES));

impl RedisModel {
    /// Carries out one command, given as its arguments, name first; the reply as a client reads it.
    ///
    /// # Errors
    /// When the model cannot say what a server answers.
    pub fn execute(&mut self, connection: usize, command: &[Vec<u8>]) -> Result<Reply, Unmodelled> {
        self.dispatch(connection, command).or_else(Fail::reply)
    }

    fn dispatch(&mut self, connection: usize, arguments: &[Vec<u8>]) -> Answer {
        let table = &*TABLE;
        let caller = Caller {
            connection,
            table,
            may_wait: true,
        };
        let found = table.look_up(arguments);
        let Some(session) = self.sessions.get_mut(connection) else {
            return Err(Fail::unmodelled(format!("has no connection {connection}")));
        };
        if let Err(Fail::Error(error)) = &found
            && arguments.first().is_some_and(|name| name.eq_ignore_ascii_case(b"exec"))
        {
            // An EXEC that is refused itself ends the transaction all the same (`execCommandAbort` in `src/multi.c`).
            *session = Session::default();
            let reason = error.strip_prefix("ERR ").unwrap_or(error);
            return Err(Fail::owned(format!(
                "EXECABORT Transaction discarded because of: {reason}"
            )));
        }
        let Some(transaction) = &mut session.transaction else {
            return found?.run(self, caller, arguments);
        };
        match found {
            Ok(command) if matches!(command.name, "exec" | "discard" | "multi" | "watch" | "reset") => {
                command.run(self, caller, arguments)
            }
            Ok(_) => {
                transaction.queue.push(arguments.into());
                Ok(Reply::Status("QUEUED".to_string()))
            }
            Err(error) => {
                transaction.refused = true;
                Err(error)
            }
        }
    }
}
