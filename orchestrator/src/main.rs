//! `roundhouse`: configure, build, serve, drain. The only place that writes to the console.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use orchestrator::app::{App, telemetry};
use orchestrator::config::{Config, Variables};
use orchestrator::models::scripted::{self, Scenarios};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Background coding agents on your own machines. Without a command, the server is started; it is
/// configured by environment variables, which README.md lists.
#[derive(Parser)]
#[command(name = "roundhouse", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the scripted model alone, for tests and demonstrations.
    ScriptedModel {
        /// The file of scenarios.
        #[arg(long)]
        scenarios: PathBuf,
        /// The address to listen on.
        #[arg(long, default_value = "127.0.0.1:8788")]
        listen: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let done = runtime.block_on(async {
        match arguments.command {
            None => serve().await,
            Some(Command::ScriptedModel { scenarios, listen }) => scripted_model(scenarios, listen).await,
        }
    });
    // What still reads or writes a disk is not waited for: all that was promised is durable.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn serve() -> anyhow::Result<()> {
    let config = Config::from_variables(&Variables::load()?)?;
    telemetry::start_logs(&config.log)?;
    let orphan_timeout = config.sandbox.orphan_timeout;
    let address = (config.host, config.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {}:{}; choose others with HOST and PORT",
            config.host, config.port
        )
    })?;
    let app = App::start(config, listener, stop_signal()?).await?;
    say(&format!("Roundhouse listens on http://{}", app.address()));
    if let Some(link) = app.sign_in_link() {
        say(&format!("\n  Open this link to sign in:\n\n    {link}\n"));
    }
    let minutes = orphan_timeout.as_secs().div_ceil(60);
    match app.ended().await? {
        0 => say("Stopped. No sandbox is left."),
        1 => say(&format!(
            "Stopped. One sandbox lives on, and the agent in it goes on working: start again to find it, \
             or it ends by itself after {minutes} minutes."
        )),
        count => say(&format!(
            "Stopped. {count} sandboxes live on, and the agents in them go on working: start again to find \
             them, or they end by themselves after {minutes} minutes."
        )),
    }
    Ok(())
}

async fn scripted_model(scenarios: PathBuf, listen: String) -> anyhow::Result<()> {
    let scenarios = Scenarios::load(&scenarios)?;
    let listener = TcpListener::bind(&listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    say(&format!(
        "The scripted model listens on http://{}",
        listener.local_addr()?
    ));
    scripted::serve(scenarios, listener, stop_signal()?).await?;
    Ok(())
}

/// Resolves at the first Ctrl-C or SIGTERM. The second one ends the process at once.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut next = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(async move {
        next().await;
        say(
            "Stopping: model calls in flight may end first, agents go on working. Press Ctrl-C again to stop at once.",
        );
        tokio::spawn(async move {
            next().await;
            say("Stopped at once. Agents go on working; start again to find them.");
            std::process::exit(130);
        });
    })
}

/// The console may be closed already: that is no reason to stop.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "roundhouse: {error:#}");
    ExitCode::FAILURE
}
