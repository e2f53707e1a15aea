//! A server of a test's own: on a free port, with a data folder that goes with it. When it is dropped
//! it must end in time and leave nothing behind.

use std::net::SocketAddr;
use std::sync::Arc;

use orchestrator::app::App;
use orchestrator::config::{Config, Variables};
use orchestrator::sandbox::Spec;
use shared::SessionId;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::client::Client;
use super::provider::PaperProvider;
use super::{PATIENCE, within};

/// What programs sign in with.
pub(super) const API_KEY: &str = "a-key-for-tests";

/// The server. Needs a runtime with several threads, as its end is waited for in `drop`.
pub(crate) struct TestServer {
    data: TempDir,
    variables: Vec<(String, String)>,
    provider: Arc<PaperProvider>,
    running: Option<Running>,
}

struct Running {
    app: App,
    stop: oneshot::Sender<()>,
    address: SocketAddr,
    link: Option<String>,
}

impl TestServer {
    /// A server with nothing configured but a key.
    pub(crate) async fn start() -> Self {
        Self::configured(&[]).await
    }

    /// A server with these variables as well.
    pub(crate) async fn configured(variables: &[(&str, &str)]) -> Self {
        let mut server = Self {
            data: tempfile::tempdir().unwrap(),
            variables: variables
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            provider: Arc::new(PaperProvider::new()),
            running: None,
        };
        server.run().await;
        server
    }

    async fn run(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let data = self.data.path().display().to_string();
        let public_url = format!("http://{address}");
        let mut variables = vec![
            ("DATA_DIR".to_owned(), data),
            ("PUBLIC_URL".to_owned(), public_url),
            ("AGENT_API_KEY".to_owned(), API_KEY.to_owned()),
            ("USER".to_owned(), "ada".to_owned()),
            ("DRAIN_TIMEOUT".to_owned(), "5s".to_owned()),
        ];
        variables.extend(self.variables.iter().cloned());
        let config = Config::from_variables(&variables.into_iter().collect::<Variables>()).unwrap();
        let (stop, stopped) = oneshot::channel();
        let provider = Arc::clone(&self.provider);
        let shutdown = async {
            let _ = stopped.await;
        };
        let app = App::start_with(config, listener, shutdown, |_| provider)
            .await
            .unwrap();
        let link = app.sign_in_link().map(ToString::to_string);
        self.running = Some(Running {
            app,
            stop,
            address,
            link,
        });
    }

    /// Stops it as SIGTERM does, and starts it again on the same data.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
    }

    /// Stops it as SIGTERM does.
    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.stop.send(());
            within(running.app.ended()).await.unwrap();
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the server is stopped")
    }

    /// `http://127.0.0.1:<port>`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running().address)
    }

    /// The link that the console shows.
    pub(crate) fn sign_in_link(&self) -> &str {
        self.running().link.as_deref().expect("there is no link")
    }

    /// Somebody whom nobody knows.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(self.url())
    }

    /// A program with the key.
    pub(crate) fn program(&self) -> Client {
        self.stranger()
            .with("authorization", &format!("Bearer {API_KEY}"))
    }

    /// A browser that followed the link.
    pub(crate) async fn browser(&self) -> Client {
        let answer = self
            .stranger()
            .get(&self.sign_in_link()[self.url().len()..])
            .await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        self.stranger()
            .with("cookie", &cookie)
            .with("origin", &self.url())
    }

    /// The session's sandbox, as soon as it is asked for.
    pub(crate) async fn sandbox_of(&self, session: SessionId) -> Spec {
        within(self.provider.sandbox_of(session)).await
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        let _ = running.stop.send(());
        let ended = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(tokio::time::timeout(PATIENCE, running.app.ended()))
        });
        if !std::thread::panicking() {
            ended.expect("the server did not end").expect("the server broke");
        }
    }
}
