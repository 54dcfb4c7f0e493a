//! Runs of strategies on a made-up server and clock, from a seed: what a real run looks like, with its commands.

use oversell_checker::history::{Command, Operation, Response, StockHistory, StockPart};
use oversell_spec::stock::{StockOp, StockRet};
use rand::{Rng, RngExt, SeedableRng, rngs::SmallRng};

/// Which commands a purchase sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sells {
    /// `GET`, then `DECR`; says what `DECR` said.
    GetThenDecr,
    /// `GET`, then `SET`; says what it set.
    GetThenSet,
    /// All in one script.
    Script,
}

/// A run until every client was turned away once, or until so many operations were done.
pub(crate) struct Run {
    pub(crate) sells: Sells,
    pub(crate) clients: usize,
    pub(crate) stock: u64,
    pub(crate) most: usize,
    /// Say what remains?
    pub(crate) told: bool,
    pub(crate) seed: u64,
}

struct Client {
    part: StockPart,
    asked: Option<(u64, Vec<Sent>)>,
    done: bool,
}

/// A command: what it is, when it was sent, and its reply once the server has run it.
struct Sent {
    command: String,
    sent: u64,
    reply: Option<i64>,
    received: Option<u64>,
}

impl Run {
    pub(crate) fn history(&self) -> StockHistory {
        let mut random = SmallRng::seed_from_u64(self.seed);
        let mut clients: Vec<_> = (0..self.clients)
            .map(|_| Client {
                part: StockPart::default(),
                asked: None,
                done: false,
            })
            .collect();
        let (mut now, mut stock, mut begun) = (0, self.stock as i64, 0);
        while clients.iter().any(|client| !client.done) {
            let who = random.random_range(0..clients.len());
            now += 1 + u64::from(random.next_u32() % 900);
            self.step(&mut clients[who], who, now, &mut stock, &mut begun);
        }
        StockHistory::from_parts("stock", self.stock, clients.into_iter().map(|client| client.part))
    }

    /// The next thing that happens to this client.
    fn step(&self, client: &mut Client, who: usize, now: u64, stock: &mut i64, begun: &mut usize) {
        let Some((invoked, commands)) = &mut client.asked else {
            if *begun < self.most && !client.done {
                *begun += 1;
                client.asked = Some((now, Vec::new()));
            } else {
                client.done = true;
            }
            return;
        };
        if let Some(last) = commands.last_mut() {
            if last.reply.is_none() {
                last.reply = Some(serve(&last.command, stock));
                return;
            }
            if last.received.is_none() {
                last.received = Some(now);
                return;
            }
        }
        let replies: Vec<i64> = commands.iter().filter_map(|command| command.reply).collect();
        match self.next(&replies) {
            Ok(command) => commands.push(Sent {
                command,
                sent: now,
                reply: None,
                received: None,
            }),
            Err(ret) => {
                let operation = Operation {
                    process: who as i64,
                    invoked: *invoked,
                    op: StockOp::Buy { quantity: 1 },
                    response: Some(Response { at: now, ret }),
                };
                for command in commands {
                    let set = command.command.starts_with("SET");
                    let reply = command.reply.expect("served");
                    let reply = if set { "OK".to_string() } else { reply.to_string() };
                    let recorded = Command::new(
                        command.sent,
                        command.received.expect("received"),
                        &command.command,
                        &reply,
                    );
                    client.part.commands.push(client.part.operations.len(), &recorded);
                }
                client.part.operations.push(operation);
                client.done = ret == StockRet::SoldOut;
                client.asked = None;
            }
        }
    }

    /// The next command after these replies, or the answer.
    fn next(&self, replies: &[i64]) -> Result<String, StockRet> {
        let bought = |left: i64| {
            if self.told {
                StockRet::bought(left)
            } else {
                StockRet::BOUGHT
            }
        };
        match (self.sells, replies) {
            (Sells::GetThenDecr | Sells::GetThenSet, []) => Ok("GET stock".into()),
            (Sells::GetThenDecr | Sells::GetThenSet, [..=0]) => Err(StockRet::SoldOut),
            (Sells::GetThenDecr, [_]) => Ok("DECR stock".into()),
            (Sells::GetThenSet, [seen]) => Ok(format!("SET stock {}", seen - 1)),
            (Sells::GetThenSet, [seen, _]) => Err(bought(seen - 1)),
            (Sells::Script, []) => Ok("EVALSHA buy stock".into()),
            (Sells::Script, [-1]) => Err(StockRet::SoldOut),
            (_, [.., left]) => Err(bought(*left)),
        }
    }
}

fn serve(command: &str, stock: &mut i64) -> i64 {
    match command.split_once(' ') {
        Some(("DECR", _)) => *stock -= 1,
        Some(("SET", rest)) => {
            *stock = rest.trim_start_matches("stock ").parse().expect("a number");
            return 1;
        }
        Some(("EVALSHA", _)) if *stock <= 0 => return -1,
        Some(("EVALSHA", _)) => *stock -= 1,
        _ => {}
    }
    *stock
}
