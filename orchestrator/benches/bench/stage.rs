//! Where figures are measured: sessions, or a whole server, on a folder of their own, with a provider that
//! starts nothing and a runner that is played here. No agent runs and nothing leaves the machine.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use orchestrator::app::App;
use orchestrator::config::{Config, Variables};
use orchestrator::models::{self, Catalog};
use orchestrator::sandbox::{Capabilities, Keep, OnExit, Provider, Running, Spec, Work};
use orchestrator::session::{self, Answer, LinkOrder, NewSession, RunnerLink, Sessions};
use orchestrator::storage::{self, Storage};
use shared::prompt::Origin;
use shared::runner::{Hello, PROTOCOL, RunnerCommand};
use shared::session::{Permissions, Person};
use shared::{SessionId, Timestamp, TurnId};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// The key with which clients sign in.
pub(crate) const KEY: &str = "the-key-of-the-benchmarks-0123456789";

/// The file in a data folder that holds the database.
pub(crate) const DATABASE: &str = "roundhouse.db";

/// Starts nothing, and tells what it was asked to start.
struct Stand {
    capabilities: Capabilities,
    started: mpsc::UnboundedSender<Spec>,
}

impl Stand {
    fn new() -> (Self, mpsc::UnboundedReceiver<Spec>) {
        let (started, starts) = mpsc::unbounded_channel();
        let capabilities = Capabilities {
            isolated: true,
            warning: None,
            can_hibernate: true,
        };
        let stand = Self {
            capabilities,
            started,
        };
        (stand, starts)
    }
}

impl Provider for Stand {
    fn name(&self) -> &'static str {
        "stand"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn start(&self, spec: Spec) -> Work<'_, ()> {
        // Who does not play a runner does not listen.
        let _ = self.started.send(spec);
        Box::pin(async { Ok(()) })
    }

    fn stop(&self, _: SessionId) -> Work<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn destroy(&self, _: SessionId) -> Work<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn find(&self, _: SessionId) -> Work<'_, Option<Running>> {
        Box::pin(async { Ok(None) })
    }

    fn reap(&self, _: Keep) -> Work<'_, Vec<Running>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Sessions without a server.
pub(crate) struct Stage {
    /// The directory.
    pub(crate) sessions: Sessions,
    /// Who makes them.
    pub(crate) person: Person,
}

impl Stage {
    /// Sessions on the database in `folder`.
    pub(crate) async fn open(folder: &Path) -> anyhow::Result<Self> {
        let storage = Storage::open(&storage::Options {
            file: folder.join(DATABASE),
            readers: 4,
        })?;
        let person = storage
            .built_in_user("api", "API".to_owned(), Timestamp::now())
            .await?;
        let sessions = Sessions::start(session::Options {
            storage,
            provider: Arc::new(Stand::new().0),
            catalog: Arc::new(Catalog::new(models::Options::default())?),
            prices: HashMap::new(),
            sign: Box::new(|_, _| Ok(String::new())),
            orchestrator_url: "http://127.0.0.1:1".to_owned(),
            runner_environment: BTreeMap::new(),
            custom_agents: BTreeMap::new(),
            idle_timeout: Duration::from_secs(3600),
            rest_after: Duration::from_secs(3600),
        })
        .await?;
        Ok(Self { sessions, person })
    }

    /// Makes a session; with a prompt it wants a sandbox.
    pub(crate) async fn create(&self, prompt: Option<&str>) -> anyhow::Result<SessionId> {
        let new = NewSession {
            title: Some("A session of the benchmarks".to_owned()),
            repository: None,
            agent: "opencode".to_owned(),
            model: "demo/scripted".to_owned(),
            permissions: Permissions::Allow,
            environment: BTreeMap::new(),
            prompt: prompt.map(str::to_owned),
            by: self.person.clone(),
            origin: Origin::Api,
        };
        match self.sessions.create(new, None).await? {
            Answer::Fresh(session) | Answer::Replayed(session) => Ok(session.id),
        }
    }

    /// Makes this many, many at a time.
    pub(crate) async fn create_many(&self, count: usize) -> anyhow::Result<Vec<SessionId>> {
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let group = (0..256.min(count - ids.len())).map(|_| self.create(None));
            ids.extend(futures_util::future::try_join_all(group).await?);
        }
        Ok(ids)
    }

    /// Makes a session whose turn runs, and links its runner.
    pub(crate) async fn work(&self, prompt: &str) -> anyhow::Result<(RunnerLink, TurnId)> {
        let id = self.create(Some(prompt)).await?;
        let handle = self.sessions.open(id).await?;
        let mut link = handle
            .runner_hello(hello(id, 1))
            .await
            .map_err(|code| anyhow::anyhow!("the session refused its runner with {code}"))?;
        loop {
            match link.next_order().await {
                Some(LinkOrder::Send(command)) => {
                    if let RunnerCommand::StartTurn { turn_id, .. } = *command {
                        return Ok((link, turn_id));
                    }
                }
                Some(LinkOrder::Close(code)) => bail!("the session cut its runner off with {code}"),
                None => bail!("the session let its runner go"),
            }
        }
    }

    /// Ends all actors.
    pub(crate) async fn close(self) {
        self.sessions.stop().await;
    }
}

/// What a runner says first, with its agent ready.
pub(crate) fn hello(session: SessionId, generation: u64) -> Hello {
    Hello {
        protocol: PROTOCOL,
        version: "bench".to_owned(),
        session_id: session,
        generation,
        outbox: "bench".to_owned(),
        last_report: 0,
        running: None,
        finished: None,
        agent_ready: true,
    }
}

/// A whole server on loopback, in this process.
pub(crate) struct Server {
    /// `127.0.0.1:<port>`.
    pub(crate) address: String,
    /// What its provider was asked to start.
    pub(crate) starts: mpsc::UnboundedReceiver<Spec>,
    app: App,
    stop: oneshot::Sender<()>,
}

impl Server {
    /// Starts it on the data in `folder`.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.to_str().context("the folder's name is not UTF-8")?;
        let variables = [
            ("DATA_DIR", folder),
            ("AGENT_API_KEY", KEY),
            ("DRAIN_TIMEOUT", "1s"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_variables(&Variables::from_iter(variables))?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (stop, stopped) = oneshot::channel();
        let (stand, starts) = Stand::new();
        let shutdown = async {
            let _ = stopped.await;
        };
        let provide = |_: OnExit| -> Arc<dyn Provider> { Arc::new(stand) };
        let app = App::start_with(config, listener, shutdown, provide).await?;
        Ok(Self {
            address: app.address().to_string(),
            starts,
            app,
            stop,
        })
    }

    /// Makes a session over HTTP.
    pub(crate) async fn create(
        &self,
        http: &reqwest::Client,
        body: &'static str,
    ) -> anyhow::Result<SessionId> {
        let answer = http
            .post(format!("http://{}/api/sessions", self.address))
            .bearer_auth(KEY)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await?
            .error_for_status()?;
        let session: shared::session::Session = serde_json::from_slice(&answer.bytes().await?)?;
        Ok(session.id)
    }

    /// Ends it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let _ = self.stop.send(());
        self.app.ended().await?;
        Ok(())
    }
}
