//! Replay: a session's log of 100,000 events as server-sent events from the first to the last, against a bare
//! read of the same rows by one statement, written to a socket in the same form. The same reader reads both.

use std::io::{BufWriter, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Instant;

use anyhow::Context;
use shared::SessionId;

use super::bare::Database;
use super::machine;
use super::stage::{DATABASE, KEY, Server};
use super::table::{Aim, Figure, median};

/// Events in the log.
const EVENTS: u64 = 100_000;
/// Times that the two take turns.
const ROUNDS: usize = 5;

/// Measures it.
pub(crate) async fn measure() -> anyhow::Result<Vec<Figure>> {
    let folder = machine::folder()?;
    let file = folder.path().join(DATABASE);
    Server::start(folder.path()).await?.close().await?;
    let session = Database::open(&file)?.write_log(EVENTS)?;
    let server = Server::start(folder.path()).await?;

    let (mut ours, mut raw, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let address = server.address.clone();
        let here = tokio::task::spawn_blocking(move || follow(&address, session)).await??;
        let file = file.clone();
        let there = tokio::task::spawn_blocking(move || {
            let database = Database::open(&file)?;
            read_bare(&database, session)
        })
        .await??;
        ours.push(here);
        raw.push(there);
        ratios.push(here / there);
    }
    server.close().await?;
    Ok(vec![Figure {
        name: format!("replay of {EVENTS} events over SSE"),
        unit: "/s",
        ours: median(&ours),
        raw: Some(median(&raw)),
        ratio: Some(median(&ratios)),
        aim: Aim::AtLeast(0.7),
        note: "from the request to the last event".to_owned(),
    }])
}

/// Events a second from the server.
fn follow(address: &str, session: SessionId) -> anyhow::Result<f64> {
    let mut stream = TcpStream::connect(address)?;
    let started = Instant::now();
    write!(
        stream,
        "GET /api/sessions/{session}/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\n\r\n"
    )?;
    read_to_last(&mut stream)?;
    Ok(EVENTS as f64 / started.elapsed().as_secs_f64())
}

/// Events a second by a bare read.
fn read_bare(database: &Database, session: SessionId) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let started = Instant::now();
    let reader = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address)?;
        read_to_last(&mut stream)
    });
    let (stream, _) = listener.accept()?;
    let mut writer = BufWriter::with_capacity(64 * 1024, stream);
    database.read_log(session, |seq, body| {
        let (_, rest) = body.split_once(r#""type":""#).context("an event has no type")?;
        let kind = rest.split('"').next().unwrap_or_default();
        write!(writer, "id: {seq}\nevent: {kind}\ndata: {body}\n\n")?;
        Ok(())
    })?;
    let stream = writer.into_inner().map_err(|error| error.into_error())?;
    stream.shutdown(Shutdown::Write)?;
    reader.join().map_err(|_| anyhow::anyhow!("the reader broke"))??;
    Ok(EVENTS as f64 / started.elapsed().as_secs_f64())
}

/// Reads until the last event has begun.
fn read_to_last(stream: &mut TcpStream) -> anyhow::Result<()> {
    let last = format!("\nid: {EVENTS}\n");
    let mut buffer = vec![0; 64 * 1024];
    let mut kept = 0;
    loop {
        let read = stream.read(&mut buffer[kept..])?;
        anyhow::ensure!(read > 0, "the stream ended before its last event");
        let filled = kept + read;
        let text = &buffer[..filled];
        // Only what can be the last: a search through everything would measure the search.
        let tail = &text[text.len().saturating_sub(4096)..];
        if tail.windows(last.len()).any(|window| window == last.as_bytes()) {
            return Ok(());
        }
        kept = last.len().min(filled);
        buffer.copy_within(filled - kept..filled, 0);
    }
}
