//! `GET /runner/ws`: the runner's link. The token says whose sandbox dials; the session decides what
//! becomes of it. Reports are handed over in batches and read no faster than they are committed.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use futures_util::{FutureExt, StreamExt};
use shared::limits::RUNNER_FRAME_BYTES;
use shared::runner::{Hello, NumberedReport, PROTOCOL, RunnerCommand, RunnerFrame, close};
use tokio::time::timeout;
use tracing::Instrument;

use crate::auth::SandboxClaims;
use crate::http::error::{ApiError, ApiResult};
use crate::http::kinds;
use crate::http::lifecycle::Lifecycle;
use crate::http::socket::{self, Goodbye, Heartbeat, PeerGone};
use crate::http::state::AppState;
use crate::session::{LinkOrder, RunnerLink};

/// How long a runner may take to say hello.
const HELLO_LIMIT: Duration = Duration::from_secs(10);

/// Reports that are handed over at a time, by number and by bytes.
const BATCH_REPORTS: usize = 64;
const BATCH_BYTES: usize = 1024 * 1024;

/// Deltas that may be on their way to the session before it has to have kept up.
const DELTAS_AHEAD: usize = 256;

/// The routes of this file: not part of the published API.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/runner/ws", get(dial))
}

async fn dial(
    State(state): State<AppState>,
    headers: HeaderMap,
    wanted: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> ApiResult<Response> {
    let refused = || ApiError::new(&kinds::SANDBOX_TOKEN_INVALID);
    let claims = token(&headers)
        .and_then(|token| state.sandbox_tokens.verify(token))
        .ok_or_else(refused)?;
    let upgrade = socket::upgrade(wanted, RUNNER_FRAME_BYTES)?;
    if state.lifecycle.is_draining() {
        return Err(ApiError::new(&kinds::DRAINING));
    }
    let open = state.lifecycle.token();
    let span = tracing::info_span!(
        parent: None,
        "runner", session = %claims.session, generation = claims.generation);
    Ok(upgrade.on_upgrade(move |mut socket| {
        Box::pin(
            async move {
                let lifecycle = state.lifecycle.clone();
                let end = match greet(&state, claims, &mut socket).await {
                    Ok(link) => {
                        Conversation {
                            link,
                            lifecycle,
                            heartbeat: Heartbeat::new(),
                            ahead: 0,
                        }
                        .hold(&mut socket)
                        .await
                    }
                    Err(end) => end,
                };
                if let End::Say(goodbye) = end {
                    tracing::info!(
                        code = goodbye.code,
                        reason = goodbye.reason,
                        "closing the runner's link"
                    );
                    socket::close(&mut socket, goodbye).await;
                }
                drop(open);
            }
            .instrument(span),
        )
    }))
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// How a link ended.
enum End {
    /// We say goodbye.
    Say(Goodbye),
    /// There is nobody to say it to.
    Gone,
}

impl From<PeerGone> for End {
    fn from(PeerGone: PeerGone) -> Self {
        Self::Gone
    }
}

const fn say(code: u16, reason: &'static str) -> End {
    End::Say(Goodbye { code, reason })
}

const fn malformed(reason: &'static str) -> End {
    say(close::MALFORMED, reason)
}

/// Hears the runner's hello and has its session take it in.
async fn greet(state: &AppState, claims: SandboxClaims, socket: &mut WebSocket) -> Result<RunnerLink, End> {
    let hello = timeout(HELLO_LIMIT, hello(socket))
        .await
        .unwrap_or_else(|_| Err(malformed("no hello within 10 seconds")))?;
    if hello.session_id != claims.session || hello.generation != claims.generation {
        return Err(malformed("the hello and the token differ"));
    }
    if hello.protocol < PROTOCOL {
        return Err(malformed("this runner speaks an older protocol"));
    }
    let session = match state.sessions.open(claims.session).await {
        Ok(session) => session,
        Err(crate::session::SessionError::NotFound) => {
            return Err(say(close::GONE, "the session is gone"));
        }
        Err(_) => return Err(say(close::RESTARTING, "the session cannot be opened just now")),
    };
    session
        .runner_hello(hello)
        .await
        .map_err(|code| say(code, reason(code)))
}

async fn hello(socket: &mut WebSocket) -> Result<Hello, End> {
    loop {
        match frame(socket.recv().await)? {
            Some((RunnerFrame::Hello(hello), _)) => return Ok(hello),
            Some(_) => return Err(malformed("the first frame must be a hello")),
            None => {}
        }
    }
}

const fn reason(code: u16) -> &'static str {
    match code {
        close::SUPERSEDED => "a younger sandbox speaks for this session",
        close::GONE => "the session is gone or archived",
        close::RESTARTING => "dial again",
        _ => "the session has let this link go",
    }
}

/// Reads a frame and its size; nothing for those that only show that the peer lives.
fn frame(received: Option<Result<Message, axum::Error>>) -> Result<Option<(RunnerFrame, usize)>, End> {
    let text = match received {
        Some(Ok(Message::Text(text))) => text,
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(None),
        Some(Ok(Message::Binary(_))) => return Err(malformed("frames are text")),
        Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
        Some(Err(error)) => return Err(socket::goodbye_to(error).map_or(End::Gone, End::Say)),
    };
    if text.len() > RUNNER_FRAME_BYTES {
        return Err(say(socket::TOO_BIG, "a frame has at most 4 MiB"));
    }
    match serde_json::from_str(&text) {
        Ok(frame) => Ok(Some((frame, text.len()))),
        Err(error) => {
            // Where it is wrong, but nothing of what it says: that is the agent's.
            tracing::warn!(
                line = error.line(),
                column = error.column(),
                "a runner's frame cannot be read"
            );
            Err(malformed("the frame is not one of this protocol"))
        }
    }
}

struct Conversation {
    link: RunnerLink,
    lifecycle: Lifecycle,
    heartbeat: Heartbeat,
    /// Deltas since the session was last known to have kept up.
    ahead: usize,
}

impl Conversation {
    async fn hold(mut self, socket: &mut WebSocket) -> End {
        metrics::gauge!("runners_linked").increment(1);
        tracing::info!("a runner is linked");
        let end = loop {
            let step = tokio::select! {
                order = self.link.next_order() => obey(socket, order).await,
                received = socket.recv() => self.receive(socket, received).await,
                () = self.heartbeat.tick() => self.heartbeat.ask(socket).await.map_err(End::from),
                () = self.lifecycle.draining() => Err(say(close::RESTARTING, "the server restarts")),
            };
            if let Err(end) = step {
                break end;
            }
        };
        metrics::gauge!("runners_linked").decrement(1);
        tracing::info!("a runner's link ended");
        end
    }

    /// Takes a frame, and with it the reports that are there already.
    async fn receive(
        &mut self,
        socket: &mut WebSocket,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<(), End> {
        self.heartbeat.heard();
        let mut batch = Batch::default();
        let mut next = Some(received);
        while let Some(received) = next {
            if let Err(end) = self.take(&mut batch, frame(received)).await {
                // What came before it is good.
                self.hand_over(&mut batch).await?;
                return Err(end);
            }
            if batch.is_full() || self.ahead >= DELTAS_AHEAD {
                break;
            }
            next = socket.next().now_or_never();
        }
        if self.ahead >= DELTAS_AHEAD {
            batch.barrier = true;
        }
        self.hand_over(&mut batch).await
    }

    async fn take(
        &mut self,
        batch: &mut Batch,
        frame: Result<Option<(RunnerFrame, usize)>, End>,
    ) -> Result<(), End> {
        match frame? {
            Some((RunnerFrame::Report(report), size)) => batch.add(report, size),
            Some((RunnerFrame::Delta(delta), _)) => {
                // Order matters: a part opens with a report.
                self.hand_over(batch).await?;
                self.ahead += 1;
                if !self.link.delta(delta) {
                    return Err(say(close::RESTARTING, "the session restarts"));
                }
            }
            Some((RunnerFrame::Hello(_), _)) => return Err(malformed("a second hello")),
            None => {}
        }
        Ok(())
    }

    async fn hand_over(&mut self, batch: &mut Batch) -> Result<(), End> {
        if batch.reports.is_empty() && !batch.barrier {
            return Ok(());
        }
        let Batch { reports, .. } = std::mem::take(batch);
        self.ahead = 0;
        if self.link.report(reports).await {
            Ok(())
        } else {
            Err(say(close::RESTARTING, "the session restarts"))
        }
    }
}

async fn obey(socket: &mut WebSocket, order: Option<LinkOrder>) -> Result<(), End> {
    let command = match order {
        Some(LinkOrder::Send(command)) => command,
        Some(LinkOrder::Close(code)) => return Err(say(code, reason(code))),
        None => return Err(say(close::RESTARTING, "the session restarts")),
    };
    Ok(socket::write(socket, [text(&command)?]).await?)
}

fn text(command: &RunnerCommand) -> Result<Utf8Bytes, End> {
    serde_json::to_string(command)
        .map(Utf8Bytes::from)
        .map_err(|error| {
            tracing::error!(%error, "a command cannot be written");
            say(close::RESTARTING, "the session restarts")
        })
}

/// Reports that are handed over together.
#[derive(Default)]
struct Batch {
    reports: Vec<NumberedReport>,
    bytes: usize,
    /// Handed over even when it is empty, to wait until the session has kept up.
    barrier: bool,
}

impl Batch {
    fn add(&mut self, report: NumberedReport, size: usize) {
        self.reports.push(report);
        self.bytes += size;
    }

    const fn is_full(&self) -> bool {
        self.reports.len() >= BATCH_REPORTS || self.bytes >= BATCH_BYTES
    }
}
