//! The link to the orchestrator: dials for as long as the runner lives, says hello, sends reports from
//! the outbox and hands commands to the bridge. It decides nothing about turns.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use reqwest::header;
use shared::limits::RUNNER_FRAME_BYTES;
use shared::runner::{Hello, PROTOCOL, RunnerCommand, RunnerFrame, close};
use shared::{SessionId, TurnId};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use url::Url;

use crate::config::Token;
use crate::outbox::{Outbox, OutboxError, Outgoing};

/// Pauses between two attempts to dial, before jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// How long a handshake, a welcome or the sending of one frame may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the other side is asked whether it is there, and how long it may be silent.
const PING: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);

/// Why the runner has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// A younger sandbox speaks for this session.
    Superseded,
    /// The session is gone.
    Gone,
    /// The orchestrator does not understand this runner.
    Malformed,
    /// The orchestrator asked for it.
    Shutdown,
    /// There was no orchestrator for too long.
    Orphaned,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("the orchestrator cannot be reached: {0}")]
    Dial(reqwest::Error),
    #[error("the orchestrator answered {0} instead of opening the socket")]
    Refused(reqwest::StatusCode),
    #[error("the orchestrator's handshake is not a WebSocket's")]
    Handshake,
    #[error("the connection broke: {0}")]
    Socket(#[from] SocketError),
    #[error("the orchestrator was silent for too long")]
    Silent,
    #[error("the orchestrator closed the connection")]
    Closed,
    #[error("the bridge does not keep up with commands")]
    Busy,
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error("the runner has to end: {0:?}")]
    Farewell(Farewell),
}

/// What the link needs.
pub struct Link {
    /// Where to dial.
    pub orchestrator: Url,
    /// Proves who dials.
    pub token: Token,
    /// Whom the runner serves.
    pub session: SessionId,
    /// The sandbox's generation.
    pub generation: u64,
    /// How long to go on without an orchestrator.
    pub orphan_timeout: Duration,
    /// Dials.
    pub client: reqwest::Client,
    /// What to send.
    pub outbox: Arc<Outbox>,
    /// Where commands go.
    pub commands: mpsc::Sender<RunnerCommand>,
    /// Whether the agent takes prompts.
    pub agent_ready: watch::Receiver<bool>,
}

impl Link {
    /// Keeps the link up until the runner has to end, and says why it has to.
    pub async fn run(self) -> Farewell {
        let mut pause = FIRST_PAUSE;
        let mut alone_since = Instant::now();
        loop {
            let mut welcomed = false;
            let ended = self.connection(&mut welcomed).await;
            self.outbox.disconnected();
            match ended {
                Err(LinkError::Farewell(farewell)) => return farewell,
                Err(error) => tracing::info!(%error, "no link to the orchestrator"),
                Ok(()) => tracing::info!("the link to the orchestrator ended"),
            }
            if welcomed {
                pause = FIRST_PAUSE;
                alone_since = Instant::now();
            }
            if alone_since.elapsed() >= self.orphan_timeout {
                return Farewell::Orphaned;
            }
            let jitter = rand::random_range(0.5..1.0);
            tokio::time::sleep(pause.mul_f64(jitter)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connection(&self, welcomed: &mut bool) -> Result<(), LinkError> {
        let socket = timeout(PATIENCE, self.dial())
            .await
            .map_err(|_| LinkError::Silent)??;
        let (mut sink, mut stream) = socket.split();
        send(&mut sink, text(&RunnerFrame::Hello(self.hello()?))).await?;
        let welcome = timeout(PATIENCE, command(&mut stream))
            .await
            .map_err(|_| LinkError::Silent)??;
        let RunnerCommand::Welcome { ack, .. } = &welcome else {
            return Err(LinkError::Handshake);
        };
        *welcomed = true;
        tracing::info!(ack, "linked to the orchestrator");
        self.outbox.acknowledge(*ack)?;
        self.outbox.connected();
        let sent = *ack;
        self.hand_on(welcome)?;
        // Reading and writing do not wait for each other, or two full buffers could hold both sides.
        tokio::select! {
            ended = self.read(&mut stream) => ended,
            ended = self.write(&mut sink, sent) => ended,
        }
    }

    fn hello(&self) -> Result<Hello, OutboxError> {
        let remembered = self.outbox.remembered()?;
        let running: Option<TurnId> = remembered
            .accepted
            .filter(|turn| remembered.finished != Some(*turn));
        Ok(Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            session_id: self.session,
            generation: self.generation,
            outbox: self.outbox.name().to_owned(),
            last_report: self.outbox.last(),
            running,
            finished: remembered.finished,
            agent_ready: *self.agent_ready.borrow(),
        })
    }

    async fn dial(&self) -> Result<WebSocketStream<reqwest::Upgraded>, LinkError> {
        let key = generate_key();
        let mut address = self.orchestrator.clone();
        address.set_path(&format!("{}/runner/ws", address.path().trim_end_matches('/')));
        let answer = self
            .client
            .get(address)
            .bearer_auth(self.token.reveal())
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key)
            .send()
            .await
            .map_err(|error| LinkError::Dial(error.without_url()))?;
        match answer.status().as_u16() {
            101 => {}
            409 => return Err(LinkError::Farewell(Farewell::Superseded)),
            410 => return Err(LinkError::Farewell(Farewell::Gone)),
            _ => return Err(LinkError::Refused(answer.status())),
        }
        let accepted = answer.headers().get(header::SEC_WEBSOCKET_ACCEPT);
        if accepted.is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
        {
            return Err(LinkError::Handshake);
        }
        let upgraded = answer
            .upgrade()
            .await
            .map_err(|error| LinkError::Dial(error.without_url()))?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(RUNNER_FRAME_BYTES))
            .max_frame_size(Some(RUNNER_FRAME_BYTES));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await)
    }

    async fn read(
        &self,
        stream: &mut (impl Stream<Item = Result<Message, SocketError>> + Unpin),
    ) -> Result<(), LinkError> {
        loop {
            match timeout(SILENCE, heard(stream)).await {
                Err(_) => return Err(LinkError::Silent),
                Ok(Err(error)) => return Err(error),
                Ok(Ok(None)) => {}
                Ok(Ok(Some(RunnerCommand::Ack { number }))) => self.outbox.acknowledge(number)?,
                Ok(Ok(Some(RunnerCommand::Shutdown))) => return Err(LinkError::Farewell(Farewell::Shutdown)),
                Ok(Ok(Some(command))) => self.hand_on(command)?,
            }
        }
    }

    fn hand_on(&self, command: RunnerCommand) -> Result<(), LinkError> {
        // Never waits: acknowledgements behind this command are what lets a full outbox, and with it
        // the bridge, go on. After the next hello the orchestrator sends again what matters.
        self.commands.try_send(command).map_err(|_| LinkError::Busy)
    }

    async fn write(
        &self,
        sink: &mut (impl Sink<Message, Error = SocketError> + Unpin),
        mut sent: u64,
    ) -> Result<(), LinkError> {
        let mut ping = tokio::time::interval(PING);
        ping.reset();
        loop {
            let outgoing = self.outbox.next(sent)?;
            let idle = outgoing.is_empty();
            for one in outgoing {
                let frame = match one {
                    Outgoing::Report(number, frame) => {
                        sent = number;
                        Message::text(frame)
                    }
                    Outgoing::Delta(delta) => text(&RunnerFrame::Delta(delta)),
                };
                send(sink, frame).await?;
            }
            if idle {
                tokio::select! {
                    () = self.outbox.written() => {}
                    _ = ping.tick() => send(sink, Message::Ping(bytes::Bytes::new())).await?,
                }
            }
        }
    }
}

async fn send(
    sink: &mut (impl Sink<Message, Error = SocketError> + Unpin),
    message: Message,
) -> Result<(), LinkError> {
    match timeout(PATIENCE, sink.send(message)).await {
        Ok(sent) => Ok(sent?),
        Err(_) => Err(LinkError::Silent),
    }
}

/// The next command.
async fn command(
    stream: &mut (impl Stream<Item = Result<Message, SocketError>> + Unpin),
) -> Result<RunnerCommand, LinkError> {
    loop {
        if let Some(command) = heard(stream).await? {
            return Ok(command);
        }
    }
}

/// The next frame, when it is a command; others only show that somebody is there.
async fn heard(
    stream: &mut (impl Stream<Item = Result<Message, SocketError>> + Unpin),
) -> Result<Option<RunnerCommand>, LinkError> {
    match stream.next().await {
        None => Err(LinkError::Closed),
        Some(Err(error)) => Err(error.into()),
        Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
            Ok(command) => Ok(Some(command)),
            Err(error) => {
                // A younger orchestrator may know commands that we do not.
                tracing::warn!(%error, "the orchestrator sent a command that is not known here");
                Ok(None)
            }
        },
        Some(Ok(Message::Close(frame))) => Err(match frame.map_or(0, |frame| u16::from(frame.code)) {
            close::SUPERSEDED => LinkError::Farewell(Farewell::Superseded),
            close::GONE => LinkError::Farewell(Farewell::Gone),
            close::MALFORMED => LinkError::Farewell(Farewell::Malformed),
            _ => LinkError::Closed,
        }),
        Some(Ok(_)) => Ok(None),
    }
}

fn text(frame: &RunnerFrame) -> Message {
    // Our frames have string keys and finite numbers: there is nothing that JSON could refuse.
    Message::text(serde_json::to_string(frame).unwrap_or_default())
}
