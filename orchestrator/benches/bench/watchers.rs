//! The watchers, in a process of their own: WebSockets that read as fast as they can, count the frames that
//! bear a stamp, and note how long each was on its way.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::child::Child;
use super::stage::KEY;

/// The role under which this program is started for it.
pub(crate) const ROLE: &str = "watchers";

/// Connections that are opened at the same time.
const DIALLING: usize = 16;

/// What the process is told.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// Have `count` more watchers at `address` and `path`: the set of this number.
    Watch {
        set: usize,
        address: String,
        path: String,
        count: usize,
    },
    /// Tell when each watcher of the set has got this many more frames.
    Await { set: usize, frames: u64 },
}

/// What it answers to both.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Milliseconds from stamp to reading, half of the frames took less.
    pub(crate) p50: f64,
    /// And 99 of 100.
    pub(crate) p99: f64,
}

/// The process, as those see it who measure.
pub(crate) struct Crowd(Child);

impl Crowd {
    /// Starts it.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Child::start(ROLE).map(Self)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> anyhow::Result<u32> {
        self.0.id()
    }

    /// Adds watchers to a set, and waits until they watch.
    pub(crate) async fn watch(
        &mut self,
        set: usize,
        address: &str,
        path: &str,
        count: usize,
    ) -> anyhow::Result<()> {
        let order = Order::Watch {
            set,
            address: address.to_owned(),
            path: path.to_owned(),
            count,
        };
        self.0.tell(&order).await?;
        self.0.hear::<Seen>().await.map(|_| ())
    }

    /// Begins to wait for frames: call [`Self::seen`] after they were sent.
    pub(crate) async fn expect(&mut self, set: usize, frames: u64) -> anyhow::Result<()> {
        self.0.tell(&Order::Await { set, frames }).await
    }

    /// Waits until all frames that are expected have come.
    pub(crate) async fn seen(&mut self) -> anyhow::Result<Seen> {
        tokio::time::timeout(Duration::from_secs(60), self.0.hear())
            .await
            .context("watchers did not get all frames within a minute")?
    }
}

/// A stamp for the text of a frame: when it was sent.
pub(crate) fn stamp() -> String {
    format!("@{:020}", nanoseconds())
}

fn nanoseconds() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.ok()
        .and_then(|now| u64::try_from(now.as_nanos()).ok())
        .unwrap_or(0)
}

/// A set of watchers.
#[derive(Default)]
struct Set {
    watchers: u64,
    tally: Arc<Tally>,
}

#[derive(Default)]
struct Tally {
    received: AtomicU64,
    goal: AtomicU64,
    reached: Notify,
    /// A list for each watcher, so that they do not wait for each other.
    delays: Mutex<Vec<Arc<Mutex<Vec<u64>>>>>,
}

/// What the process does: obeys until its input ends.
pub(crate) async fn run() -> anyhow::Result<()> {
    let mut orders = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    let mut output = tokio::io::stdout();
    let mut sets: Vec<Set> = Vec::new();
    while let Some(line) = orders.next_line().await? {
        let seen = match serde_json::from_str(&line)? {
            Order::Watch {
                set,
                address,
                path,
                count,
            } => {
                sets.resize_with(sets.len().max(set + 1), Set::default);
                let set = &mut sets[set];
                set.watchers += count as u64;
                let dialling = futures_util::stream::iter(0..count)
                    .map(|_| dial(&address, &path))
                    .buffer_unordered(DIALLING);
                let mut dialling = std::pin::pin!(dialling);
                while let Some(socket) = dialling.next().await {
                    tokio::spawn(watch(socket?, Arc::clone(&set.tally)));
                }
                set.tally.take_delays()
            }
            Order::Await { set, frames } => {
                let set = sets.get(set).context("there is no such set of watchers")?;
                let goal =
                    set.tally.goal.fetch_add(frames * set.watchers, Ordering::AcqRel) + frames * set.watchers;
                while set.tally.received.load(Ordering::Acquire) < goal {
                    set.tally.reached.notified().await;
                }
                set.tally.take_delays()
            }
        };
        let mut answer = serde_json::to_string(&seen)?;
        answer.push('\n');
        output.write_all(answer.as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

/// Opens a socket with buffers that fit many of them into memory.
pub(crate) async fn dial(address: &str, path: &str) -> anyhow::Result<WebSocketStream<TcpStream>> {
    dial_as(address, path, KEY).await
}

/// The same, with this as the bearer's token.
pub(crate) async fn dial_as(
    address: &str,
    path: &str,
    token: &str,
) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    request.headers_mut().insert(
        header::AUTHORIZATION,
        HeaderValue::from_str(&format!("Bearer {token}"))?,
    );
    let config = WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .write_buffer_size(1024);
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    Ok(socket)
}

async fn watch(mut socket: WebSocketStream<TcpStream>, tally: Arc<Tally>) {
    let delays = Arc::new(Mutex::new(Vec::new()));
    tally
        .delays
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(Arc::clone(&delays));
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let Some(sent) = sent(&text) else { continue };
        delays
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(nanoseconds().saturating_sub(sent));
        let received = tally.received.fetch_add(1, Ordering::AcqRel) + 1;
        if received == tally.goal.load(Ordering::Acquire) {
            tally.reached.notify_one();
        }
    }
}

/// The stamp in a frame, if it bears one.
fn sent(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once('@')?;
    rest.get(..20)?.parse().ok()
}

impl Tally {
    fn take_delays(&self) -> Seen {
        let mut all = Vec::new();
        for delays in &*self.delays.lock().unwrap_or_else(PoisonError::into_inner) {
            all.append(&mut delays.lock().unwrap_or_else(PoisonError::into_inner));
        }
        all.sort_unstable();
        let at = |share: f64| {
            let place = (all.len().saturating_sub(1) as f64 * share).round() as usize;
            all.get(place).map_or(0.0, |delay| *delay as f64 / 1e6)
        };
        Seen {
            p50: at(0.5),
            p99: at(0.99),
        }
    }
}
