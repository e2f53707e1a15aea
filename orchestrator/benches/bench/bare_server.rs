//! The raw limit of fan-out: axum, one tokio broadcast of frames that are ready, and a task a socket that
//! writes all that is there in one go. It checks nobody, stores nothing and keeps no history.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::SinkExt;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// Frames that a socket may be behind, as many as Roundhouse has.
const RING: usize = 256;

/// A bare server on loopback. It ends when it is dropped.
pub(crate) struct BareServer {
    /// `127.0.0.1:<port>`; sockets are at [`PATH`].
    pub(crate) address: String,
    frames: broadcast::Sender<Utf8Bytes>,
    serving: JoinHandle<()>,
}

/// Where its sockets are.
pub(crate) const PATH: &str = "/ws";

impl BareServer {
    /// Starts it.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let frames = broadcast::channel(RING).0;
        let router = Router::new().route(PATH, get(open)).with_state(frames.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let serving = tokio::spawn(async move {
            // Ends with the task.
            let _ = axum::serve(
                axum::serve::ListenerExt::tap_io(listener, |stream| {
                    let _ = stream.set_nodelay(true);
                }),
                router,
            )
            .await;
        });
        Ok(Self {
            address,
            frames,
            serving,
        })
    }

    /// Sends a frame to all sockets.
    pub(crate) fn publish(&self, frame: String) {
        // Nobody may be there.
        let _ = self.frames.send(frame.into());
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn open(State(frames): State<broadcast::Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade) -> Response {
    let frames = frames.subscribe();
    // The buffers of Roundhouse's sockets: axum's own are for few and large ones.
    upgrade
        .read_buffer_size(1024)
        .write_buffer_size(4 * 1024)
        .on_upgrade(move |socket| Box::pin(serve(socket, frames)))
}

async fn serve(mut socket: WebSocket, mut frames: broadcast::Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let Ok(frame) = frame else { return };
                let mut next = Some(frame);
                while let Some(frame) = next {
                    if socket.feed(Message::Text(frame)).await.is_err() {
                        return;
                    }
                    next = frames.try_recv().ok();
                }
                if socket.flush().await.is_err() {
                    return;
                }
            }
            message = socket.recv() => {
                if !matches!(message, Some(Ok(_))) {
                    return;
                }
            }
        }
    }
}
