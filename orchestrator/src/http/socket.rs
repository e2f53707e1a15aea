//! What both WebSockets share: upgrades with small buffers, pings that find dead peers, writes that do
//! not wait for ever, and closing with a code that says why.

use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderValue, header};
use futures_util::SinkExt;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use super::error::{ApiError, ApiResult};
use super::kinds;

/// The message was bigger than the socket takes (RFC 6455).
pub(super) const TOO_BIG: u16 = 1009;
/// The server goes away for a moment.
pub(super) const RESTARTING: u16 = 1012;
/// The frame was not one of ours.
pub(super) const MALFORMED: u16 = 4400;
/// The reader fell too far behind: come back with a cursor.
pub(super) const TOO_SLOW: u16 = 4408;
/// The session was deleted.
pub(super) const GONE: u16 = 4410;

/// How often a peer is asked whether it is there. It is not when it stayed silent for two rounds.
const PING: Duration = Duration::from_secs(20);

/// A peer that takes nothing for so long is not there.
const WRITE_LIMIT: Duration = Duration::from_secs(20);

/// How long to wait for the peer's own goodbye.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// What an idle socket keeps of memory, each way.
const BUFFER: usize = 256;

/// Writes are gathered up to this size.
const WRITE_BUFFER: usize = 4 * 1024;

/// An upgrade for messages of at most `limit` bytes, as a request that is none is refused.
pub(super) fn upgrade(
    wanted: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    limit: usize,
) -> ApiResult<WebSocketUpgrade> {
    let upgrade = wanted.map_err(|_| {
        ApiError::new(&kinds::UPGRADE_REQUIRED)
            .with_header(header::UPGRADE, HeaderValue::from_static("websocket"))
    })?;
    // A message somewhat over the limit is read to its end, so that the goodbye is not lost in a reset.
    let hard_limit = limit + 1024 * 1024;
    Ok(upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(hard_limit)
        .max_frame_size(hard_limit))
}

/// The peer is gone, or takes nothing any more.
#[derive(Debug)]
pub(super) struct PeerGone;

/// Why a socket is to be closed.
#[derive(Debug)]
pub(super) struct Goodbye {
    /// The close code.
    pub code: u16,
    /// A sentence for developers, at most 123 bytes.
    pub reason: &'static str,
}

/// Writes what is given, in one go.
pub(super) async fn write(
    socket: &mut WebSocket,
    messages: impl IntoIterator<Item = Utf8Bytes>,
) -> Result<(), PeerGone> {
    let writing = async {
        for message in messages {
            socket.feed(Message::Text(message)).await?;
        }
        socket.flush().await
    };
    match timeout(WRITE_LIMIT, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(PeerGone),
    }
}

/// Says goodbye and waits a moment for the peer to say it too.
pub(super) async fn close(socket: &mut WebSocket, goodbye: Goodbye) {
    let frame = CloseFrame {
        code: goodbye.code,
        reason: Utf8Bytes::from_static(goodbye.reason),
    };
    let closing = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    let _ = timeout(CLOSE_LIMIT, closing).await;
}

/// The goodbye for a peer whose message could not be read, if there is one to say.
pub(super) fn goodbye_to(error: axum::Error) -> Option<Goodbye> {
    use tokio_tungstenite::tungstenite::Error;
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => Some(Goodbye {
            code: TOO_BIG,
            reason: "the message is too big",
        }),
        Some(Error::Utf8(_)) => Some(Goodbye {
            code: MALFORMED,
            reason: "the text is not UTF-8",
        }),
        _ => None,
    }
}

/// Finds peers that went away without a word.
pub(super) struct Heartbeat {
    ticks: Interval,
    silent: u8,
}

impl Heartbeat {
    /// Begins now.
    pub(super) fn new() -> Self {
        let mut ticks = interval_at(Instant::now() + PING, PING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, silent: 0 }
    }

    /// Resolves when it is time to ask again.
    pub(super) async fn tick(&mut self) {
        self.ticks.tick().await;
    }

    /// The peer was heard.
    pub(super) const fn heard(&mut self) {
        self.silent = 0;
    }

    /// Asks the peer whether it is there, unless it has stayed silent for too long.
    pub(super) async fn ask(&mut self, socket: &mut WebSocket) -> Result<(), PeerGone> {
        if self.silent >= 2 {
            return Err(PeerGone);
        }
        self.silent += 1;
        match timeout(WRITE_LIMIT, socket.send(Message::Ping(bytes::Bytes::new()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(PeerGone),
        }
    }
}
