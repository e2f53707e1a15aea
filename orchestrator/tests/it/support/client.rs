//! An HTTP client that reads like the product.

use futures_util::StreamExt;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use shared::SessionId;

use super::socket::Socket;
use super::within;

/// Somebody who talks to the server.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    pub(crate) fn new(url: String) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            http,
            url,
            headers: HeaderMap::new(),
        }
    }

    /// The same with one more header, or another value of it.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        let name = HeaderName::try_from(name).unwrap();
        other.headers.insert(name, HeaderValue::from_str(value).unwrap());
        other
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.with("content-type", "application/json")
            .send(Method::POST, path, Some(body.to_string()))
            .await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.with("content-type", "application/json")
            .send(Method::PATCH, path, Some(body.to_string()))
            .await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .headers(self.headers.clone());
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = within(request.send()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = within(response.text()).await.unwrap();
        Answer {
            status,
            headers,
            text,
        }
    }

    /// Makes a session.
    pub(crate) async fn session(&self, body: Value) -> SessionId {
        let answer = self.post("/api/sessions", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Gives a prompt.
    pub(crate) async fn prompt(&self, session: SessionId, text: &str) -> Answer {
        self.post(
            &format!("/api/sessions/{session}/prompts"),
            &json!({"text": text}),
        )
        .await
    }

    /// Opens a socket; the error is the answer that refused.
    pub(crate) async fn socket(&self, path: &str) -> Result<Socket, Answer> {
        Socket::open(&self.url, path, &self.headers).await
    }

    /// Opens a stream of server-sent events.
    pub(crate) async fn events(&self, path: &str) -> EventStream {
        let request = self
            .http
            .get(format!("{}{path}", self.url))
            .headers(self.headers.clone());
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        EventStream {
            bytes: Box::pin(response.bytes_stream()),
            buffer: String::new(),
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The error's status and code; checks that it is a whole problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let problem: shared::Problem = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.kind, format!("/docs/errors#{}", problem.code));
        assert!(!problem.title.is_empty() && !problem.detail.is_empty());
        if let Some(id) = self.headers.get("x-request-id") {
            assert_eq!(problem.request_id.as_deref(), Some(id.to_str().unwrap()));
        }
        (self.status, problem.code)
    }
}

/// A stream of server-sent events.
pub(crate) struct EventStream {
    bytes: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    buffer: String,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServerEvent {
    pub id: Option<u64>,
    pub event: String,
    pub data: Value,
}

impl EventStream {
    /// The next event; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<ServerEvent> {
        loop {
            while let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(&format!("{name}: ")))
                };
                if let Some(data) = field("data") {
                    return Some(ServerEvent {
                        id: field("id").map(|id| id.parse().unwrap()),
                        event: field("event").unwrap().to_owned(),
                        data: serde_json::from_str(data).unwrap(),
                    });
                }
            }
            let bytes = within(self.bytes.next()).await?.ok()?;
            self.buffer.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next event of this type.
    pub(crate) async fn until(&mut self, event: &str) -> ServerEvent {
        loop {
            let next = self.next().await.expect("the stream ended");
            if next.event == event {
                return next;
            }
        }
    }
}
