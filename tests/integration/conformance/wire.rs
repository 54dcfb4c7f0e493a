//! A connection without a client library: what the server said, unchanged.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
};

use oversell_models::redis_model::Reply;

/// One connection.
pub(super) struct Wire(BufReader<UnixStream>);

impl Wire {
    pub(super) fn connect(socket: &Path) -> Self {
        Self(BufReader::new(UnixStream::connect(socket).unwrap()))
    }

    /// Sends all commands at once, then reads all replies.
    pub(super) fn pipeline(&mut self, commands: &[Vec<Vec<u8>>]) -> io::Result<Vec<Reply>> {
        let mut packed = Vec::new();
        for command in commands {
            write!(packed, "*{}\r\n", command.len()).unwrap();
            for argument in command {
                write!(packed, "${}\r\n", argument.len()).unwrap();
                packed.extend_from_slice(argument);
                packed.extend_from_slice(b"\r\n");
            }
        }
        self.0.get_mut().write_all(&packed)?;
        commands.iter().map(|_| self.reply()).collect()
    }

    pub(super) fn command(&mut self, line: &str) -> io::Result<Reply> {
        let words = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        Ok(self.pipeline(&[words])?.remove(0))
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let mut line = Vec::new();
        if self.0.read_until(b'\n', &mut line)? == 0 {
            return Err(io::Error::other("the server closed the connection"));
        }
        let line = String::from_utf8_lossy(&line).trim_end_matches("\r\n").to_string();
        let (kind, rest) = line.split_at(1);
        let number = || rest.parse::<i64>().unwrap();
        Ok(match kind {
            "+" => Reply::Status(rest.to_string()),
            "-" => Reply::Error(rest.to_string()),
            ":" => Reply::Int(number()),
            "$" => match usize::try_from(number()) {
                Err(_) => Reply::Nil,
                Ok(length) => {
                    let mut text = vec![0; length + 2];
                    self.0.read_exact(&mut text)?;
                    text.truncate(length);
                    Reply::Bulk(text)
                }
            },
            "*" => match usize::try_from(number()) {
                Err(_) => Reply::Nil,
                Ok(length) => Reply::Array((0..length).map(|_| self.reply()).collect::<io::Result<_>>()?),
            },
            other => panic!("unexpected reply {other}{rest}"),
        })
    }
}
