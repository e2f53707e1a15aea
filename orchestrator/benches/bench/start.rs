//! Starting: the real program on a folder with 10,000 sessions, from its start as a process to the first answer
//! about one of them; and what 10,000 sleeping sessions add to its memory.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use shared::SessionId;

use super::bare::Database;
use super::machine;
use super::stage::{DATABASE, KEY, Stage};
use super::table::{Aim, Figure, median, milliseconds, percentile};

/// Sessions on the disk.
const SESSIONS: usize = 10_000;
/// Starts that are measured.
const STARTS: usize = 15;
/// A start that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(10);

const PROGRAM: &str = env!("CARGO_BIN_EXE_roundhouse");

/// Measures it.
pub(crate) async fn measure() -> anyhow::Result<Vec<Figure>> {
    let (full, empty) = (machine::folder()?, machine::folder()?);
    let (full_ids, empty_ids) = (
        prepare(full.path(), SESSIONS).await?,
        prepare(empty.path(), 1).await?,
    );
    tokio::task::spawn_blocking(move || {
        let id = full_ids[SESSIONS / 2];
        let (mut ours, mut raw, mut few) = (Vec::new(), Vec::new(), Vec::new());
        let (mut asleep, mut nobody) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let (time, resident) = start(full.path(), id)?;
            ours.push(time);
            asleep.push(resident);
            raw.push(start_bare(full.path(), id)?);
            let (time, resident) = start(empty.path(), empty_ids[0])?;
            few.push(time);
            nobody.push(resident);
        }
        let grown = median(&asleep) - median(&nobody);
        Ok(vec![
            Figure {
                name: "first session served after the start, p50".to_owned(),
                unit: "ms",
                ours: median(&ours),
                raw: Some(median(&raw)),
                ratio: None,
                aim: Aim::Within(50.0),
                note: format!(
                    "{SESSIONS} sessions on disk; slowest of {STARTS} {:.0} ms; with one session {:.0} ms; raw: \
                     `roundhouse --version`, and a bare read of the row",
                    percentile(&mut ours, 1.0),
                    median(&few)
                ),
            },
            Figure {
                name: "memory of a sleeping session".to_owned(),
                unit: "bytes",
                // Less memory with more sessions is nothing, measured with noise.
                ours: (grown / SESSIONS as f64).max(0.0),
                raw: Some(0.0),
                ratio: None,
                aim: Aim::Within(16.0),
                note: format!(
                    "resident {:.1} MB with {SESSIONS} sessions on disk, {:.1} MB with one; what differs is the \
                     database's cache, which is bounded",
                    median(&asleep) / 1e6,
                    median(&nobody) / 1e6
                ),
            },
        ])
    })
    .await?
}

async fn prepare(folder: &Path, count: usize) -> anyhow::Result<Vec<SessionId>> {
    let stage = Stage::open(folder).await?;
    let ids = stage.create_many(count).await?;
    stage.close().await;
    Ok(ids)
}

/// Milliseconds from the start to the first answer, and resident bytes after it.
fn start(folder: &Path, session: SessionId) -> anyhow::Result<(f64, f64)> {
    // Free a moment ago, which is enough on loopback.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut command = Command::new(PROGRAM);
    command
        .env("DATA_DIR", folder)
        .env("PORT", port.to_string())
        .env("HOST", "127.0.0.1")
        .env("AGENT_API_KEY", KEY)
        .env("LOG_LEVEL", "error")
        // No sandbox is started here: any program will do for its runner.
        .env("ROUNDHOUSE_RUNNER", PROGRAM)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let started = Instant::now();
    let running = Running(command.spawn().context("cannot start the program")?);
    while ask(address, session).is_err() {
        anyhow::ensure!(started.elapsed() < LIMIT, "the program does not answer");
        std::thread::sleep(Duration::from_micros(500));
    }
    let time = milliseconds(started.elapsed());
    let resident = machine::resident(running.0.id())?;
    running.end()?;
    Ok((time, resident))
}

/// Milliseconds that a process of the program and a read of the row take by themselves.
fn start_bare(folder: &Path, session: SessionId) -> anyhow::Result<f64> {
    let started = Instant::now();
    let ended = Command::new(PROGRAM)
        .arg("--version")
        .stdout(Stdio::null())
        .status()?;
    anyhow::ensure!(ended.success(), "the program does not tell its version");
    Database::open(&folder.join(DATABASE))?.read_session(session)?;
    Ok(milliseconds(started.elapsed()))
}

/// Asks for the session over a connection of its own.
fn ask(address: SocketAddr, session: SessionId) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /api/sessions/{session} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "no session in the answer");
    Ok(())
}

/// A program that was started here: it is ended whatever happens.
struct Running(Child);

impl Running {
    /// Ends it as an administrator would.
    fn end(mut self) -> anyhow::Result<()> {
        let id = i32::try_from(self.0.id())?;
        let pid = Pid::from_raw(id).context("the process has no id")?;
        kill_process(pid, Signal::TERM)?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
