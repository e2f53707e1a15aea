//! The proxy between a real client and real local servers: a session's view of everything that providers do.

mod failures;
mod hygiene;
mod passing;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use shared::SessionId;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio_util::task::AbortOnDropHandle;

use super::{Patience, Proxy};
use crate::models::{CallReport, Caller, Catalog, Denied, Ledger, Options};

const TOKEN: &str = "sandbox-token";
const KEY: &str = "provider-key-1234";

/// Remembers what it is told.
struct Notebook {
    session: SessionId,
    reports: Mutex<Vec<CallReport>>,
    told: Notify,
}

impl Ledger for Notebook {
    async fn admit(&self, token: &str) -> Result<Caller, Denied> {
        match token {
            TOKEN => Ok(Caller {
                session: self.session,
                turn: None,
            }),
            "retired" => Err(Denied::Retired),
            _ => Err(Denied::UnknownToken),
        }
    }

    fn report(&self, _: &Caller, report: CallReport) {
        self.reports.lock().unwrap().push(report);
        self.told.notify_one();
    }
}

impl Default for Notebook {
    fn default() -> Self {
        Self {
            session: SessionId::new(),
            reports: Mutex::default(),
            told: Notify::new(),
        }
    }
}

impl Notebook {
    fn last(&self) -> CallReport {
        self.reports.lock().unwrap().last().unwrap().clone()
    }

    /// The last report but `Started`, once it is there.
    async fn outcome(&self) -> CallReport {
        within(async {
            loop {
                let told = self.told.notified();
                let last = self.reports.lock().unwrap().last().cloned();
                match last {
                    Some(CallReport::Started { .. }) | None => told.await,
                    Some(report) => return report,
                }
            }
        })
        .await
    }
}

/// A proxy and everything around it. Ends with the test.
struct House {
    address: SocketAddr,
    notebook: Arc<Notebook>,
    client: reqwest::Client,
    _server: AbortOnDropHandle<()>,
}

impl House {
    fn options(prefix: &str, upstream: SocketAddr) -> Options {
        let (key, base) = (format!("{prefix}_API_KEY"), format!("{prefix}_BASE_URL"));
        let options = Options::from_variables(|name| {
            (name == key)
                .then(|| KEY.to_owned())
                .or_else(|| (name == base).then(|| format!("http://{upstream}/base")))
        });
        options.unwrap()
    }

    /// With a provider (by its variables' prefix) at `upstream`.
    async fn with(prefix: &str, upstream: SocketAddr) -> Self {
        Self::of(Self::options(prefix, upstream), Duration::from_secs(8)).await
    }

    /// The same, but it waits for nobody.
    async fn impatient(prefix: &str, upstream: SocketAddr) -> Self {
        Self::of(Self::options(prefix, upstream), Duration::from_millis(300)).await
    }

    async fn of(options: Options, patience: Duration) -> Self {
        let notebook = Arc::<Notebook>::default();
        let patience = Patience {
            first_byte: patience,
            silence: patience,
        };
        let catalog = Arc::new(Catalog::new(options).unwrap());
        let proxy = Proxy::new(Arc::clone(&notebook), catalog, patience);
        let (address, server) = listen(proxy.router()).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            address,
            notebook,
            client,
            _server: server,
        }
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client
            .post(format!("http://{}/llm/{path}", self.address))
            .bearer_auth(TOKEN)
            .body(r#"{"model":"m","stream":true}"#)
    }
}

async fn listen(router: Router) -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, AbortOnDropHandle::new(server))
}

/// A provider that gives the same answer to everything.
async fn provider<F>(answer: F) -> (SocketAddr, AbortOnDropHandle<()>)
where
    F: Fn() -> Response + Clone + Send + Sync + 'static,
{
    listen(Router::new().fallback(move || {
        let answer = answer();
        async move { answer }
    }))
    .await
}

type Piece = Result<Bytes, std::io::Error>;

/// An event stream whose pieces the test sends.
fn event_stream(pieces: mpsc::Receiver<Piece>) -> Response {
    let stream = futures_util::stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream)).into_response()
}

/// An event stream of one text, which ends or breaks a little later, when it has left.
fn events(text: &'static str, breaks: bool) -> Response {
    let (send, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        let _ = send.send(Ok(Bytes::from_static(text.as_bytes()))).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        if breaks {
            let _ = send.send(Err(std::io::Error::other("broken"))).await;
        }
    });
    event_stream(pieces)
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("took too long")
}

async fn problem(response: reqwest::Response) -> (StatusCode, String) {
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body: serde_json::Value = within(response.json()).await.unwrap();
    assert_eq!(body["detail"], body["error"]["message"]);
    assert_eq!(body["status"], status.as_u16());
    (status, body["code"].as_str().unwrap().to_owned())
}
