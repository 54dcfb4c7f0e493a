//! Servers that answer wrongly, or not at all: every command ends, says what was found, and leaves nothing unsaid.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use oversell::{
    server::Server,
    strategy::{self, AnyConnection, Context, Naive, Purchase},
    stress::CutShort,
};
use redis::AsyncCommands as _;
use tempfile::TempDir;

use crate::{
    cli::kill,
    endless::{limited, told},
};

/// What a server says to everything.
#[derive(Clone, Copy, Debug)]
enum Says {
    Nothing,
    /// This, each time.
    This(&'static str),
    /// This once, and then the other without end.
    Endlessly(&'static str, &'static str),
}

/// A server that passes the first requests of all clients on to a real one, and answers those that follow wrongly.
struct Wrong {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Wrong {
    fn from_the_start(says: Says) -> Self {
        Self::after(0, None, says)
    }

    fn after(right: usize, real: Option<PathBuf>, says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (real, counted) = (real.clone(), Arc::clone(&counted));
                thread::spawn(move || {
                    // It ends when the client has had enough.
                    let _ = serve(client, real.as_deref(), right, says, &counted);
                });
            }
        });
        Self { url, requests }
    }
}

fn serve(
    mut client: TcpStream,
    real: Option<&Path>,
    right: usize,
    says: Says,
    requests: &AtomicUsize,
) -> std::io::Result<()> {
    let mut real = real.map(UnixStream::connect).transpose()?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        // One request at a time: no client sends the next before it has the answer.
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        let number = requests.fetch_add(1, Ordering::SeqCst);
        if let Some(real) = real.as_mut().filter(|_| number < right) {
            real.write_all(&buffer[..read])?;
            let read = real.read(&mut buffer)?;
            client.write_all(&buffer[..read])?;
            continue;
        }
        match says {
            Says::Nothing => {}
            Says::This(answer) => client.write_all(answer.as_bytes())?,
            Says::Endlessly(first, then) => {
                client.write_all(first.as_bytes())?;
                let block = then.repeat(1 << 14);
                loop {
                    client.write_all(block.as_bytes())?;
                }
            }
        }
    }
}

/// What a server may say wrongly, and what is found.
const WRONG: [(Says, &str); 11] = [
    (Says::Nothing, "no answer within 1 s"),
    (Says::This("$9999999999999\r\nabc"), "9999999999999 bytes"),
    (Says::This("*2147483647\r\n"), "2147483647 values"),
    (Says::This("%9223372036854775807\r\n"), "values or more"),
    (Says::This("~100000000\r\n"), "100000000 values"),
    (Says::Endlessly("+", "aaaaaaaa"), "bytes in one line"),
    (Says::Endlessly("*1000000000\r\n", ":1\r\n"), "1000000000 values"),
    (Says::Endlessly("*1000000\r\n", "$99\r\na"), "its reply was not read"),
    (Says::Endlessly("", "*1\r\n"), "lists within lists"),
    (Says::This("HTTP/1.1 400 Bad Request\r\n\r\n"), "begins with `H`"),
    (Says::This(",1.5\r\n"), "no `redis_version`"),
];

/// The program, with as much memory as any of this may need.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    limited(folder, "ulimit -v 4000000;", arguments)
}

#[test]
fn whatever_a_server_says_is_told_and_ends_a_run_and_a_replay() {
    let folder = TempDir::new().unwrap();
    let proof = oversell::prove(Naive).run().unwrap();
    let schedule = proof.schedule.unwrap().save(folder.path()).unwrap();
    let schedule = schedule.to_str().unwrap();
    for (says, found) in WRONG {
        let server = Wrong::from_the_start(says);
        for arguments in [&["run", "lua", "--json"][..], &["replay", schedule]] {
            let start = Instant::now();
            let ends = ["--redis", &server.url, "--timeout", "100ms"];
            let output = command(folder.path(), &[arguments, &ends].concat()).output().unwrap();
            let said = told(&output);
            assert_eq!(output.status.code(), Some(4), "{says:?}: {said}");
            assert!(said.contains(found) && !said.contains("panicked"), "{says:?}: {said}");
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{says:?}: {:?}",
                start.elapsed()
            );
        }
    }
}

#[test]
fn a_server_that_goes_wrong_in_the_middle_is_lost_and_its_keys_are_named() {
    let real = Server::start().unwrap();
    let socket = real.folder().join("redis.sock");
    for (says, found) in [(Says::Nothing, "timed out"), WRONG[1], WRONG[5], WRONG[9]] {
        let folder = TempDir::new().unwrap();
        let server = Wrong::after(300, Some(socket.clone()), says);
        let arguments = ["run", "lua", "--clients=4", "--timeout=200ms", "--redis", &server.url];
        let output = command(folder.path(), &arguments).output().unwrap();
        let said = told(&output);
        assert_eq!(output.status.code(), Some(4), "{says:?}: {said}");
        assert!(said.contains("the server was lost"), "{says:?}: {said}");
        assert!(said.contains(found), "{says:?}: {said}");
        assert!(said.contains("keys that begin with `oversell-"), "{says:?}: {said}");
    }
}

/// Sends Ctrl-C once the server has been asked so often, and waits for the end.
fn interrupted(mut command: Command, server: &Wrong, asked: usize) -> (Output, Duration) {
    let child = command.spawn().unwrap();
    let start = Instant::now();
    while server.requests.load(Ordering::SeqCst) < asked {
        assert!(start.elapsed() < Duration::from_secs(30), "the server is asked");
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    kill(&child, "INT");
    (child.wait_with_output().unwrap(), start.elapsed())
}

#[test]
fn one_interrupt_ends_what_waits_for_a_silent_server() {
    let real = Server::start().unwrap();
    let socket = real.folder().join("redis.sock");
    let folder = TempDir::new().unwrap();
    let proof = oversell::prove(Naive).run().unwrap();
    let schedule = proof.schedule.unwrap().save(folder.path()).unwrap();
    let schedule = schedule.to_str().unwrap();
    // Before anything is put on sale, with the code of the signal; while the clients act.
    let ends = [130];
    let tells = [0, 3, 4];
    let runs: [(&[&str], usize, &[i32], &str); 4] = [
        (&["run", "lua"], 0, &ends, ""),
        (&["run", "lua"], 40, &tells, "keys that begin with `oversell-"),
        (&["replay", schedule], 0, &ends, ""),
        (
            &["replay", schedule],
            8,
            &tells,
            "keys that begin with `oversell:replay:",
        ),
    ];
    for (arguments, right, codes, found) in runs {
        let server = Wrong::after(right, Some(socket.clone()), Says::Nothing);
        let ends = ["--timeout=1h", "--redis", &server.url];
        let command = command(folder.path(), &[arguments, &ends].concat());
        let (output, took) = interrupted(command, &server, right + 1);
        let said = told(&output);
        let code = output.status.code().unwrap();
        assert!(codes.contains(&code), "{arguments:?}: {code} {said}");
        assert!(said.contains(found), "{arguments:?}: {said}");
        // A second, and what a loaded machine adds.
        assert!(took < Duration::from_secs(5), "{arguments:?}: {took:?}");
    }
}

#[test]
fn no_message_holds_a_password() {
    let folder = TempDir::new().unwrap();
    let server = Wrong::from_the_start(Says::This(
        "-ERR unknown command 'AUTH', with args beginning with: 'hunter2'\r\n",
    ));
    let asked = server.url.replace("://", "://:hunter2@");
    for (url, code) in [
        (asked.as_str(), 4),
        ("redis://me:hunter2@127.0.0.1:1", 4),
        ("redis://me:hunter2@127.0.0.1:x", 2),
        ("rediss://me:hunter2@127.0.0.1", 2),
        ("redis://:hunter2", 2),
        ("redis+unix:///nowhere?pass=hunter2&db=x", 2),
    ] {
        for strategy in ["lua", "watch-shared"] {
            let output = command(folder.path(), &["run", strategy, "--redis", url])
                .output()
                .unwrap();
            let said = told(&output);
            assert_eq!(output.status.code(), Some(code), "{url}: {said}");
            assert!(!said.contains("hunter2"), "{url}: {said}");
        }
    }
}

/// Sells whatever there is.
fn generous() -> strategy::Entry {
    let buy = async |con: &mut AnyConnection<'_>, cx: &Context<'_>, _: u64| {
        let () = con.decr(cx.key(), 1).await?;
        Ok(Purchase::bought())
    };
    strategy::from_fn("generous", buy).into()
}

#[tokio::test]
async fn a_round_ends_although_its_item_is_never_sold_out() {
    for rounds in [None, Some(3)] {
        let folder = TempDir::new().unwrap();
        let mut trial = oversell::trial::Stress::of(generous().strategy)
            .clients(4)
            .stock(10)
            .save_to(folder.path());
        if let Some(rounds) = rounds {
            trial = trial.rounds(rounds);
        }
        let report = trial.run().await.unwrap();
        let Some(CutShort::NotSoldOut { item, operations, .. }) = &report.outcome.cut_short else {
            panic!("{:?}", report.outcome.cut_short);
        };
        // Those that were begun, and the last look.
        assert!(*operations <= 10_000 + 1, "{operations}");
        assert_eq!((item.as_str(), report.outcome.rounds), ("sku-1", 1));
    }
}
