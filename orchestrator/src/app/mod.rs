//! The composition root: builds the parts, ties them together, serves, and ends them in order. Called
//! by `main` and by tests, which own the listener and the signal to stop. It makes no decisions.

pub mod agents;
mod data_dir;
mod opening;
pub mod telemetry;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use shared::capabilities::AgentChoice;
use shared::{SessionId, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;

use crate::auth::{Auth, EncryptionKey, SandboxTokens};
use crate::config::{Config, SandboxOptions};
use crate::http::{self, AppState, Lifecycle, Parts};
use crate::models::Catalog;
use crate::models::pricing::Price;
use crate::models::proxy::Proxy;
use crate::sandbox::process::{self, ProcessProvider};
use crate::sandbox::{OnExit, Provider, ProviderError, Running, SandboxExit};
use crate::session::{self, SessionLedger, Sessions};
use crate::storage::{self, Storage};
use data_dir::DataDir;
use opening::{Opened, OpeningProvider};

/// Connections that read the database at the same time.
const READERS: usize = 4;

/// An actor with nothing to do leaves memory after this.
const REST_AFTER: Duration = Duration::from_secs(60);

/// How often measurements are folded together, and old rows looked for.
const UPKEEP: Duration = Duration::from_secs(5);
const TIDYING: Duration = Duration::from_secs(60 * 60);

/// A server that runs.
pub struct App {
    address: SocketAddr,
    sign_in_link: Option<Url>,
    sessions: Sessions,
    opening: JoinHandle<Result<(), ProviderError>>,
    serving: JoinHandle<()>,
    _data_dir: DataDir,
}

impl App {
    /// Builds everything and begins to serve on `listener`, until `shutdown` resolves.
    ///
    /// # Errors
    /// When a part cannot be built: the data folder, the database, a key, a program of sandboxes.
    pub async fn start(
        config: Config,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let data_dir = DataDir::take(&config.data_dir)?;
        let sandbox = process_options(&config, &data_dir);
        let (on_exit, exits) = exits();
        let opening = async move {
            let provider: Arc<dyn Provider> = Arc::new(ProcessProvider::open(sandbox, on_exit).await?);
            Ok(provider)
        };
        let workshop = Workshop {
            name: "process",
            opening,
            exits,
        };
        Self::assemble(config, data_dir, listener, shutdown, workshop).await
    }

    /// As [`Self::start`], with sandboxes made by somebody else: for tests.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        config: Config,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
        provider: impl FnOnce(OnExit) -> Arc<dyn Provider>,
    ) -> anyhow::Result<Self> {
        let data_dir = DataDir::take(&config.data_dir)?;
        let (on_exit, exits) = exits();
        let provider = provider(on_exit);
        let workshop = Workshop {
            name: provider.name(),
            opening: std::future::ready(Ok(provider)),
            exits,
        };
        Self::assemble(config, data_dir, listener, shutdown, workshop).await
    }

    async fn assemble(
        config: Config,
        data_dir: DataDir,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
        workshop: Workshop<impl Future<Output = Result<Arc<dyn Provider>, ProviderError>> + Send + 'static>,
    ) -> anyhow::Result<Self> {
        let Workshop {
            name,
            opening,
            mut exits,
        } = workshop;
        let address = listener.local_addr().context("the listener has no address")?;
        let key = match config.auth.encryption_key.clone() {
            Some(key) => key,
            None => EncryptionKey::load_or_make(data_dir.path())?,
        };
        let tokens = SandboxTokens::new(key);
        let storage = Storage::open(&storage::Options {
            file: data_dir.path().join("roundhouse.db"),
            readers: READERS,
        })?;
        let catalog = Arc::new(Catalog::new(config.models.clone()).context("AGENT_MODEL")?);
        let opened = Opened::default();
        let provider: Arc<dyn Provider> = Arc::new(OpeningProvider::new(name, Arc::clone(&opened)));
        let sessions =
            start_sessions(&config, address, &storage, &provider, &catalog, tokens.clone()).await?;
        let (auth, secret) = Auth::start(&config.auth, storage.clone()).await?;
        let sign_in_link = secret.map(|secret| link(&config.public_url, &secret));

        let ledger = {
            let tokens = tokens.clone();
            let verify = move |token: &str| {
                tokens
                    .verify(token)
                    .map(|claims| (claims.session, claims.generation))
            };
            Arc::new(SessionLedger::new(sessions.clone(), Box::new(verify)))
        };
        let proxy = Proxy::new(ledger, Arc::clone(&catalog), config.model_patience);
        let lifecycle = Lifecycle::default();
        let measured = telemetry::measurements()?;
        let state = AppState::new(Parts {
            sessions: sessions.clone(),
            auth,
            sandbox_tokens: tokens,
            catalog,
            agents: agents(&config),
            provider: Arc::clone(&opened),
            local_repositories: config.environment == crate::config::Environment::Development,
            public_url: config.public_url.clone(),
            lifecycle: lifecycle.clone(),
            metrics: measured.clone(),
        });

        let upkeep = keep_up(storage.clone(), measured);
        tokio::spawn(until_draining(lifecycle.clone(), upkeep));
        let told = sessions.clone();
        let tell_exits = async move {
            while let Some(exit) = exits.recv().await {
                told.sandbox_exited(exit).await;
            }
        };
        tokio::spawn(until_draining(lifecycle.clone(), tell_exits));
        let opening = tokio::spawn({
            let (sessions, lifecycle) = (sessions.clone(), lifecycle.clone());
            async move {
                let result = tokio::select! {
                    result = open(opening, &opened, &sessions) => result,
                    () = lifecycle.draining() => Ok(()),
                };
                if result.is_err() {
                    lifecycle.drain();
                }
                result
            }
        });

        let serving = tokio::spawn({
            let sessions = sessions.clone();
            let router = http::router(state, proxy.router());
            async move {
                let stop = {
                    let lifecycle = lifecycle.clone();
                    async move {
                        shutdown.await;
                        lifecycle.drain();
                        std::future::pending().await
                    }
                };
                tokio::select! {
                    () = http::serve(listener, router, lifecycle, config.drain_timeout) => {}
                    () = stop => {}
                }
                sessions.stop().await;
            }
        });
        Ok(Self {
            address,
            sign_in_link,
            sessions,
            opening,
            serving,
            _data_dir: data_dir,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the person at the console opens to sign in, if there is such a link. It is a secret.
    pub const fn sign_in_link(&self) -> Option<&Url> {
        self.sign_in_link.as_ref()
    }

    /// Waits until it has ended: nothing of it runs any more in this process. Returns how many sandboxes
    /// live on, to be found again at the next start.
    ///
    /// # Errors
    /// When the provider of sandboxes could not be opened, serving panicked, or the database could not be
    /// asked.
    pub async fn ended(self) -> anyhow::Result<usize> {
        self.serving.await.context("the server broke")?;
        self.opening.await.context("the server broke")??;
        Ok(self.sessions.storage().sessions().awake().await?.len())
    }
}

/// Where sandboxes come from.
struct Workshop<F> {
    /// The provider's name.
    name: &'static str,
    /// The provider, once it is open.
    opening: F,
    /// Sandboxes that ended by themselves.
    exits: mpsc::UnboundedReceiver<SandboxExit>,
}

/// The provider's way to tell of sandboxes that ended: it must not block, and sessions are made after it.
fn exits() -> (OnExit, mpsc::UnboundedReceiver<SandboxExit>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let on_exit = move |exit| {
        // Nobody listens any more when the server goes down; the next one looks for itself.
        let _ = sender.send(exit);
    };
    (Arc::new(on_exit), receiver)
}

fn process_options(config: &Config, data_dir: &DataDir) -> process::Options {
    let SandboxOptions {
        path,
        opencode,
        runner,
        orphan_timeout,
        ..
    } = &config.sandbox;
    process::Options {
        data_dir: data_dir.path().to_owned(),
        runner: runner.clone(),
        opencode: opencode.clone(),
        search_path: path.into(),
        isolate: true,
        orphan_timeout: *orphan_timeout,
        log_level: config.log.level.clone(),
    }
}

async fn start_sessions(
    config: &Config,
    address: SocketAddr,
    storage: &Storage,
    provider: &Arc<dyn Provider>,
    catalog: &Arc<Catalog>,
    tokens: SandboxTokens,
) -> anyhow::Result<Sessions> {
    let prices = storage.prices().await?.into_iter();
    let prices: HashMap<_, _> = prices
        .map(|row| {
            let storage::Price {
                provider,
                model,
                input,
                output,
                cache_read,
                cache_write,
            } = row;
            (
                (provider, model),
                Price {
                    input,
                    output,
                    cache_read,
                    cache_write,
                },
            )
        })
        .collect();
    let sign =
        move |id: SessionId, generation: u64| tokens.sign(id, generation).map_err(|error| error.to_string());
    Sessions::start(session::Options {
        storage: storage.clone(),
        provider: Arc::clone(provider),
        catalog: Arc::clone(catalog),
        prices,
        sign: Box::new(sign),
        orchestrator_url: format!("http://{}", dialled(address)),
        runner_environment: std::collections::BTreeMap::new(),
        custom_agents: config.custom_agents.clone(),
        idle_timeout: config.sandbox.idle_timeout,
        rest_after: REST_AFTER,
    })
    .await
    .context("cannot start the sessions")
}

/// Where a program of this machine reaches us.
fn dialled(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn link(public_url: &Url, secret: &str) -> Url {
    let mut link = public_url.clone();
    link.set_path("/auth/local");
    link.query_pairs_mut().append_pair("token", secret);
    link
}

fn agents(config: &Config) -> Vec<AgentChoice> {
    let SandboxOptions { path, opencode, .. } = &config.sandbox;
    agents::choices(&config.custom_agents, opencode.as_deref(), path.as_ref())
}

async fn until_draining(lifecycle: Lifecycle, work: impl Future<Output = ()>) {
    let work = lifecycle.track(work);
    tokio::select! {
        () = lifecycle.draining() => {}
        () = work => {}
    }
}

/// Opens the provider, ends the sandboxes that nobody knows, and has the sessions of the others look
/// after them. In this order: no new sandbox is started before the unknown ones are gone.
async fn open(
    opening: impl Future<Output = Result<Arc<dyn Provider>, ProviderError>>,
    opened: &Opened,
    sessions: &Sessions,
) -> Result<(), ProviderError> {
    let provider = opening.await?;
    match sessions.storage().sessions().awake().await {
        Ok(known) => {
            let keep = move |running: Running| known.contains(&running.session);
            if let Err(error) = provider.reap(Box::new(keep)).await {
                tracing::error!(%error, "cannot look through the sandboxes that were left behind");
            }
        }
        Err(error) => tracing::error!(%error, "cannot tell which sandboxes may live: none is touched"),
    }
    // Nobody else sets it.
    let _ = opened.set(provider);
    match sessions.recover().await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "sessions with a sandbox are looked after again"),
        Err(error) => tracing::error!(%error, "cannot look after the sessions with a sandbox"),
    }
    Ok(())
}

/// Work that comes round: keeps measurements small, and forgets rows that are past their time.
async fn keep_up(storage: Storage, measured: metrics_exporter_prometheus::PrometheusHandle) {
    let mut upkeep = tokio::time::interval(UPKEEP);
    let mut tidying = tokio::time::interval(TIDYING);
    loop {
        tokio::select! {
            _ = upkeep.tick() => measured.run_upkeep(),
            _ = tidying.tick() => tidy(&storage).await,
        }
    }
}

async fn tidy(storage: &Storage) {
    let now = Timestamp::now();
    let forgotten = match storage.forget_old_answers(now).await {
        Ok(answers) => storage
            .forget_old_login_tokens(now)
            .await
            .map(|tokens| answers + tokens),
        Err(error) => Err(error),
    };
    match forgotten {
        Ok(rows) => tracing::debug!(rows, "forgot what is past its time"),
        Err(error) => tracing::warn!(%error, "cannot forget what is past its time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_dial_an_address_that_exists() {
        let dial = |text: &str| dialled(text.parse().unwrap()).to_string();
        assert_eq!(dial("0.0.0.0:8787"), "127.0.0.1:8787");
        assert_eq!(dial("[::]:8787"), "[::1]:8787");
        assert_eq!(dial("192.0.2.1:80"), "192.0.2.1:80");
    }

    #[test]
    fn the_link_holds_the_secret_in_its_query() {
        let public = Url::parse("http://localhost:8787").unwrap();
        assert_eq!(
            link(&public, "a_b-c").as_str(),
            "http://localhost:8787/auth/local?token=a_b-c"
        );
    }
}
