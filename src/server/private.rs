//! A private server: its own folder and Unix socket, no network port, nothing on disk, gone when we are.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    path::{self, Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Binary, ServerError, Target};

/// How long a server may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

const NO_FOLDER: &str = "create a temporary folder";

/// Runs the server and outlives us by an instant. It makes the folder, too, so that there is none without somebody to remove it.
///
/// Its standard input is a pipe whose other end only we hold. When we end, in whatever way, the pipe closes, `read`
/// returns, and the server is killed and its folder removed. Where there is a `setpriv` that can do it (on Linux), the server is killed
/// by the system also when the shell is, so that it does not outlive both of us. (It could not hang on us in that way: such a signal
/// follows the thread that started the server, not the process.)
const WATCHDOG: &str = r#"
folder=$1; shift
umask 077
mkdir "$folder" 2>&1 || exit
exec 3<&0
hold=
setpriv --pdeathsig KILL true 2>/dev/null && hold='setpriv --pdeathsig KILL'
$hold "$@" </dev/null >"$folder/log" 2>&1 3<&- &
server=$!
(read -r _ <&3; kill -9 $server; rm -rf "$folder") >/dev/null 2>&1 &
reader=$!
exec 3<&-
# Who wants to know it may be gone, and the folder is to be removed all the same.
trap '' PIPE
echo $server
exec >/dev/null
wait $server 2>/dev/null
kill $reader 2>/dev/null
rm -rf "$folder"
"#;

/// A running private server. It is killed and its folder removed on drop, and also when this process is killed.
///
/// It listens on a Unix socket in a folder that only this user can enter, so any number of them run side by side.
///
/// ```no_run
/// # fn main() -> Result<(), oversell::server::ServerError> {
/// let server = oversell::server::Server::start()?;
/// println!("{}", server.target().url());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    binary: Binary,
    watchdog: Child,
    /// Closing it ends the server; `None` once that is done.
    lifeline: Option<ChildStdin>,
    pid: u32,
    target: Target,
    /// The watchdog removes it, and so does the drop, whoever comes first.
    folder: PathBuf,
}

impl Server {
    /// Finds or fetches a binary and starts it. Says on standard error when something is fetched.
    ///
    /// # Errors
    /// When there is no binary, or when it does not come up.
    pub fn start() -> Result<Self, ServerError> {
        // A standard error that fails keeps no server from starting.
        let say = |what: &str| drop(writeln!(io::stderr(), "{what}"));
        Self::start_binary(Binary::find(&say)?)
    }

    /// Starts this binary.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_binary(binary: Binary) -> Result<Self, ServerError> {
        // It is made with `mkdir`, which refuses what is there.
        let folder = path::absolute(env::temp_dir())
            .map_err(ServerError::io(NO_FOLDER))?
            .join(format!("oversell-{:016x}", rand::random::<u64>()));
        let socket = folder.join("redis.sock");
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "oversell-watchdog"])
            .arg(&folder)
            .arg(&binary.path)
            .args(["--port", "0", "--unixsocketperm", "700"])
            .args(["--save", "", "--appendonly", "no"])
            .args(["--daemonize", "no", "--logfile", "", "--maxclients", "10000"])
            .arg("--unixsocket")
            .arg(&socket)
            .arg("--dir")
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Its own group: a Ctrl-C in the terminal is for us, and we stop it when what was recorded is safe.
            .process_group(0)
            .spawn()
            .map_err(ServerError::io("start /bin/sh"))?;
        let lifeline = watchdog.stdin.take();
        let mut line = String::new();
        if let Some(output) = watchdog.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(ServerError::io("read the server's process number"))?;
        }
        let pid = line.trim().parse();
        if pid.is_err() && !line.is_empty() {
            return Err(ServerError::io(NO_FOLDER)(io::Error::other(line.trim().to_string())));
        }
        let server = Self {
            pid: pid.unwrap_or(0),
            target: Target::from_socket(&socket),
            binary,
            watchdog,
            lifeline,
            folder,
        };
        server.wait_until_up(&socket)
    }

    fn wait_until_up(mut self, socket: &Path) -> Result<Self, ServerError> {
        let start = Instant::now();
        let log = socket.with_file_name("log");
        let mut last_words = String::new();
        loop {
            if let Ok(text) = fs::read_to_string(&log) {
                last_words = text;
            }
            let gone = self
                .watchdog
                .try_wait()
                .map_err(ServerError::io("look after the server"))?;
            let reason = match std::os::unix::net::UnixStream::connect(socket) {
                Ok(_) => return Ok(self),
                Err(_) if gone.is_some() => "it ended at once".to_string(),
                Err(error) if start.elapsed() > PATIENCE => format!("no answer for {} s: {error}", PATIENCE.as_secs()),
                Err(_) => {
                    thread::sleep(Duration::from_millis(2));
                    continue;
                }
            };
            let lines: Vec<&str> = last_words.lines().collect();
            return Err(ServerError::NotUp {
                binary: self.binary.path.clone(),
                reason,
                log: lines[lines.len().saturating_sub(5)..].join("\n"),
            });
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What was started.
    #[must_use]
    pub fn binary(&self) -> &Binary {
        &self.binary
    }

    /// Its process number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Kills it now, as a crash would: clients see their connections closed. Dropping it does the same.
    pub fn kill(&mut self) {
        drop(self.lifeline.take());
        // The watchdog ends a few milliseconds after its pipe closed; nothing is to be done if it was killed itself.
        let _ = self.watchdog.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
