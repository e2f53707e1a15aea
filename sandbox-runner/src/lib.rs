//! The runner: the process in each sandbox. It dials the orchestrator, starts the coding agent and
//! bridges the two; it outlives the orchestrator, and its outbox outlives it.

pub mod agent;
pub mod bounds;
pub mod bridge;
pub mod config;
pub mod git;
pub mod link;
pub mod outbox;
pub mod relay;
pub mod translate;
pub mod watchdog;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use shared::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use agent::launch::Places;
use agent::process;
use bridge::{Bridge, Preparation};
use config::Config;
use link::Link;
use outbox::Outbox;
use relay::Relay;

/// Commands that may wait for the bridge.
const COMMANDS: usize = 256;

/// How long the last reports may take to be acknowledged when the runner was told to end.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long the bridge may take to end the turn and the agent.
const ENDING: Duration = Duration::from_secs(5);

/// Logs to the standard error stream, at a level (`info`) or with a filter of `tracing-subscriber`. The stream's other end may go away with the orchestrator: then
/// the log is lost, and nothing else.
pub fn start_log(level: &str) {
    // Libraries tell of every frame: a bare level is for us, a filter is taken as it is.
    let filter = if level.contains(['=', ',']) {
        level.to_owned()
    } else {
        format!("warn,sandbox_runner={level}")
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .log_internal_errors(false)
        .init();
}

/// Runs the runner until it has to end.
///
/// # Errors
/// When its directory or the loopback address cannot be used.
pub async fn run(config: Config) -> anyhow::Result<()> {
    // Our environment holds the token: a process of the agent's user shall not read it. Where that
    // cannot be forbidden, the token is still good for this session alone.
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    // The terminal and the login session belong to the orchestrator: their end is not ours.
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let state = &config.state;
    std::fs::create_dir_all(state).with_context(|| format!("{} cannot be made", state.display()))?;
    let outbox = Arc::new(Outbox::open(state)?);
    process::end_now(None, outbox.name()).await;
    let recovered = bridge::core::recover(
        &outbox.remembered()?,
        outbox.open_parts()?,
        outbox.open_questions()?,
        Timestamp::now(),
    );
    outbox.append(recovered).await?;

    let client = reqwest::Client::builder()
        .no_proxy()
        .http1_only()
        .connect_timeout(Duration::from_secs(5))
        .tcp_keepalive(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let (calls_in, calls) = mpsc::channel(64);
    let relay = Relay::start(
        &config.orchestrator,
        config.token.clone(),
        client.clone(),
        config.orphan_timeout,
        calls_in,
    )
    .await
    .context("the relay cannot listen on the loopback address")?;
    let places = Places {
        agents: state.join("agents"),
        home: config.home.clone(),
        path: config.path.clone(),
        language: config.language.clone(),
        opencode: config.opencode.clone(),
        provider_mark: config.provider_mark.clone(),
        relay: relay.address.clone(),
        key: relay.key.clone(),
    };
    let preparation = Preparation::new(
        config.workspace.clone(),
        state,
        config.path.clone(),
        config.home.clone(),
    );
    let (ready_in, agent_ready) = watch::channel(false);
    let (commands, commands_out) = mpsc::channel(COMMANDS);
    let stop = CancellationToken::new();
    let bridge = Bridge::run(
        outbox.clone(),
        (relay, calls),
        places,
        preparation,
        ready_in,
        commands_out,
        stop.clone(),
    );
    let bridge = tokio::spawn(bridge);
    let link = Link {
        orchestrator: config.orchestrator,
        token: config.token,
        session: config.session,
        generation: config.generation,
        orphan_timeout: config.orphan_timeout,
        client,
        outbox: outbox.clone(),
        commands,
        agent_ready,
    };
    tracing::info!(session = %config.session, generation = config.generation, "the runner is up");
    let mut link = std::pin::pin!(link.run());
    let farewell = loop {
        tokio::select! {
            farewell = &mut link => break Some(farewell),
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => break None,
        }
    };
    tracing::info!(?farewell, "the runner ends, and its agent with it");
    stop.cancel();
    let lingers = farewell.is_none();
    let last = async {
        let ended = tokio::time::timeout(ENDING, bridge).await;
        if lingers {
            // What does not go out now is kept for the next runner.
            let _ = tokio::time::timeout(FAREWELL, outbox.drained()).await;
        }
        // The bridge has ended the agent, unless it hung on a full disk.
        process::end_now(None, outbox.name()).await;
        ended
    };
    let linked = async {
        if lingers {
            link.await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = last => match ended {
            Ok(ended) => Ok(ended??),
            Err(_) => anyhow::bail!("the bridge did not end in time"),
        },
        () = linked => Ok(()),
    }
}
