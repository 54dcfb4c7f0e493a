//! Keeps the pages of others from a server on this machine that asks nobody who they are.
//!
//! A page may have a browser send requests to this machine, and with a name of its own that leads here it may read the answers. So
//! only requests to names of this machine get through, and none but GET from the page of another. The server itself listens on a
//! loopback address that nobody can guess.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Bytes before the body of a request, at most.
const MOST: u64 = 16 << 10;
/// So long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A free address for the server: elsewhere than on Linux, there is one of loopback only.
pub(super) fn hidden() -> io::Result<SocketAddr> {
    let [one, two, three, _] = rand::random::<u32>().to_be_bytes();
    let address = if cfg!(target_os = "linux") {
        Ipv4Addr::new(127, one, two, three | 1)
    } else {
        Ipv4Addr::LOCALHOST
    };
    TcpListener::bind((address, 0))?.local_addr()
}

/// Lets through to `server` what may. Returns at once.
pub(super) fn start(listener: TcpListener, server: SocketAddr) -> io::Result<()> {
    let port = listener.local_addr()?.port();
    thread::Builder::new().spawn(move || {
        for browser in listener.incoming().flatten() {
            // Where there is no thread, the browser asks again.
            let _ = thread::Builder::new().spawn(move || pass(&browser, port, server));
        }
    })?;
    Ok(())
}

fn pass(mut browser: &TcpStream, port: u16, server: SocketAddr) -> io::Result<()> {
    browser.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(browser.take(MOST)).lines();
    let asked = lines
        .next()
        .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))?;
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_ascii_lowercase()));
    }
    let named = |asked: &'static str| {
        headers
            .iter()
            .filter(move |(name, _)| name == asked)
            .map(|(_, value)| value)
    };
    let is_ours = |host: &str| {
        ["127.0.0.1", "localhost"]
            .iter()
            .any(|name| format!("{name}:{port}") == host)
    };
    let is_from_here = |origin: &String| origin.strip_prefix("http://").is_some_and(is_ours);
    let is_read = asked.starts_with("GET ");
    if !(named("host").count() == 1
        && named("host").all(|host| is_ours(host))
        && (is_read || named("origin").all(is_from_here)))
    {
        let why = format!("only for http://127.0.0.1:{port}, asked by that page\n");
        return write!(
            browser,
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{why}",
            why.len()
        );
    }
    let mut to = TcpStream::connect(server)?;
    // Nothing else of the request is needed, and there is no second one.
    write!(
        to,
        "{asked}\r\nHost: {server}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    io::copy(&mut to, &mut browser)?;
    browser.shutdown(Shutdown::Both)
}
