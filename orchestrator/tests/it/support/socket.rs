//! A WebSocket client: of people, and under the runner's.

use futures_util::{SinkExt, StreamExt};
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::client::Answer;
use super::within;

/// An open socket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(url: &str, path: &str, headers: &HeaderMap) -> Result<Self, Answer> {
        let mut request = format!("{}{path}", url.replace("http", "ws"))
            .into_client_request()
            .unwrap();
        request.headers_mut().extend(headers.clone());
        match within(connect_async(request)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => {
                let (parts, body) = response.into_parts();
                let text = String::from_utf8(body.unwrap_or_default()).unwrap();
                Err(Answer {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    text,
                })
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.send_text(frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: impl Into<String>) {
        within(self.0.send(Message::text(text.into()))).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, bytes: Vec<u8>) {
        within(self.0.send(Message::binary(bytes))).await.unwrap();
    }

    /// The next frame; the error is the close code, 1006 when there was none.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        // Pings come for ever: the whole wait is bounded.
        within(self.next_text())
            .await
            .map(|text| serde_json::from_str(&text).unwrap())
    }

    async fn next_text(&mut self) -> Result<Utf8Bytes, u16> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The next frame of this type.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.expect("the socket closed");
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next event of this type.
    pub(crate) async fn until_event(&mut self, kind: &str) -> Value {
        loop {
            let event = self.until("event").await["event"].take();
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// Sends a command and waits for its reply.
    pub(crate) async fn ask(&mut self, command: &Value) -> Value {
        self.send(command).await;
        let reply = self.until("reply").await;
        assert_eq!(reply["requestId"], command["requestId"]);
        reply
    }

    /// The code that the server closes with.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}
