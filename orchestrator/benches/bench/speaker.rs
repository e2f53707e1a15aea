//! A runner that is played over the real runner's socket: it brings a session of a whole server to a running
//! turn with a part that streams, and then says whatever is to be fanned out.

use anyhow::{Context, bail};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use shared::message::{Message as Said, Part, PartBody, PartState, Role};
use shared::runner::{NumberedReport, Report, RunnerCommand, RunnerFrame};
use shared::socket::{Delta, ServerFrame};
use shared::{MessageId, PartId, SessionId, Timestamp};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::stage::{Server, hello};
use super::watchers::{dial_as, stamp};

/// Follows each stamp, so that frames are as long as a model's are with what is around them.
const TEXT: &str = " and then the text of a few tokens, as models send it";

/// The runner.
pub(crate) struct Speaker {
    /// Its session.
    pub(crate) session: SessionId,
    socket: SplitSink<WebSocketStream<TcpStream>, Message>,
    number: u64,
    part: Part,
}

impl Speaker {
    /// Makes a session, and is its runner from then on.
    pub(crate) async fn link(server: &mut Server, http: &reqwest::Client) -> anyhow::Result<Self> {
        let session = server.create(http, r#"{"prompt":"Speak."}"#).await?;
        let spec = server.starts.recv().await.context("no sandbox was asked for")?;
        let mut socket = dial_as(&server.address, "/runner/ws", spec.token.reveal()).await?;
        socket
            .send(text(&RunnerFrame::Hello(hello(session, spec.generation)))?)
            .await?;
        let turn_id = loop {
            let Some(message) = socket.next().await else {
                bail!("the runner's socket was closed")
            };
            if let Message::Text(text) = message?
                && let RunnerCommand::StartTurn { turn_id, .. } = serde_json::from_str(&text)?
            {
                break turn_id;
            }
        };
        let message = Said {
            id: MessageId::new(),
            turn_id,
            role: Role::Assistant,
            author: None,
            created_at: Timestamp::now(),
        };
        let part = Part {
            id: PartId::new(),
            message_id: message.id,
            turn_id,
            state: PartState::Streaming,
            body: PartBody::Text { text: String::new() },
        };
        let (socket, mut acks) = socket.split();
        // Read, so that the socket does not fill up, and answered, so that it counts as alive.
        tokio::spawn(async move { while acks.next().await.is_some() {} });
        let mut speaker = Self {
            session,
            socket,
            number: 0,
            part: part.clone(),
        };
        speaker.report(Report::MessageCreated { message }).await?;
        speaker.report(Report::PartUpdated { part }).await?;
        speaker.socket.flush().await?;
        Ok(speaker)
    }

    async fn report(&mut self, report: Report) -> anyhow::Result<()> {
        self.number += 1;
        let report = NumberedReport {
            number: self.number,
            at: Timestamp::now(),
            report,
        };
        self.socket.feed(text(&RunnerFrame::Report(report))?).await?;
        Ok(())
    }

    /// Streams this many stamped pieces of text.
    pub(crate) async fn stream(&mut self, count: u64) -> anyhow::Result<()> {
        for _ in 0..count {
            let delta = delta(self.part.id);
            self.socket.feed(text(&RunnerFrame::Delta(delta))?).await?;
        }
        self.socket.flush().await?;
        Ok(())
    }

    /// Reports a stamped change of the part, which becomes an event.
    pub(crate) async fn update(&mut self) -> anyhow::Result<()> {
        let mut part = self.part.clone();
        part.body = PartBody::Text {
            text: format!("{}{TEXT}", stamp()),
        };
        self.report(Report::PartUpdated { part }).await?;
        self.socket.flush().await?;
        Ok(())
    }
}

/// A frame as watchers get it when [`Speaker::stream`] sends one, for the bare server.
pub(crate) fn frame() -> anyhow::Result<String> {
    Ok(serde_json::to_string(&ServerFrame::Delta(delta(PartId::new())))?)
}

fn delta(part_id: PartId) -> Delta {
    Delta {
        part_id,
        offset: 0,
        text: format!("{}{TEXT}", stamp()),
    }
}

fn text(frame: &RunnerFrame) -> anyhow::Result<Message> {
    Ok(Message::Text(serde_json::to_string(frame)?.into()))
}
