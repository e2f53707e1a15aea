//! The harness: a runner process and what it is between. On drop it asserts that nothing is left.

pub(crate) mod model;
pub(crate) mod orchestrator;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use shared::runner::{AgentSetup, Dialect, ModelSetup, Setup};
use shared::session::Permissions;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use model::Script;
use orchestrator::{Orchestrator, TOKEN};

/// The bound of everything that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct House {
    pub(crate) orchestrator: Orchestrator,
    pub(crate) folder: TempDir,
    pub(crate) runner: Child,
    pub(crate) orphan_timeout: u64,
}

impl House {
    /// A runner that is linked and whose agent is ready.
    pub(crate) async fn ready(script: Script, change: impl FnOnce(&mut Setup)) -> Self {
        let house = Self::start(script, change).await;
        house.orchestrator.agent_ready(1).await;
        house
    }

    /// A runner that was just started.
    pub(crate) async fn start(script: Script, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = setup();
        change(&mut setup);
        let orchestrator = Orchestrator::start(setup, script).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("workspace")).unwrap();
        let runner = spawn(&orchestrator, folder.path(), 1800);
        Self {
            orchestrator,
            folder,
            runner,
            orphan_timeout: 1800,
        }
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Ends the runner as a crash does.
    pub(crate) async fn kill_runner(&mut self) {
        self.runner.kill().await.unwrap();
    }

    /// Starts a runner where the last one was.
    pub(crate) fn start_again(&mut self) {
        self.runner = spawn(&self.orchestrator, self.folder.path(), self.orphan_timeout);
    }

    /// The agent's processes and all that they started.
    pub(crate) fn agent_processes(&self) -> Vec<Pid> {
        self.orchestrator
            .outbox()
            .map(|mark| sandbox_runner::agent::process::marked_processes(&mark))
            .unwrap_or_default()
    }

    /// The process of the agent itself.
    pub(crate) fn agent(&self) -> Option<Pid> {
        self.agent_processes()
            .into_iter()
            .find(|process| command_line(*process).contains("opencode"))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.runner.id().unwrap()).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// How the runner ended, when it does in time.
    pub(crate) async fn ended(&mut self) -> std::process::ExitStatus {
        tokio::time::timeout(PATIENCE, self.runner.wait())
            .await
            .expect("the runner must end")
            .unwrap()
    }

    /// Ends the runner and makes sure that nothing of its agent is left.
    pub(crate) async fn close(mut self) {
        if self.runner.try_wait().unwrap().is_none() {
            self.signal(Signal::TERM);
        }
        self.ended().await;
        assert_eq!(self.agent_processes(), [], "processes of the agent are left");
        self.orchestrator.assert_gapless();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind either.
        let _ = self.runner.start_kill();
        for process in self.agent_processes() {
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
    }
}

pub(crate) fn setup() -> Setup {
    Setup {
        agent: AgentSetup::Opencode,
        model: ModelSetup {
            provider: "demo".into(),
            model: "scripted".into(),
            dialect: Dialect::OpenaiChat,
            context_window: None,
            output_limit: None,
        },
        permissions: Permissions::Allow,
        repository: None,
        environment: BTreeMap::from([("GREETING".into(), "hello".into())]),
    }
}

fn spawn(orchestrator: &Orchestrator, folder: &Path, orphan_timeout: u64) -> Child {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("runner.log"))
        .unwrap();
    Command::new(env!("CARGO_BIN_EXE_sandbox-runner"))
        .env_clear()
        .env("ROUNDHOUSE_URL", &orchestrator.address)
        .env("ROUNDHOUSE_TOKEN", TOKEN)
        .env("ROUNDHOUSE_SESSION", orchestrator.session.to_string())
        .env("ROUNDHOUSE_GENERATION", "1")
        .env("ROUNDHOUSE_WORKSPACE", folder.join("workspace"))
        .env("ROUNDHOUSE_STATE", folder.join("state"))
        .env("ROUNDHOUSE_ORPHAN_TIMEOUT", orphan_timeout.to_string())
        .env("ROUNDHOUSE_OPENCODE", opencode())
        .env("HOME", folder)
        .env("PATH", std::env::var("PATH").unwrap())
        .env("LOG_LEVEL", "debug")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .process_group(0)
        .spawn()
        .unwrap()
}

/// Where OpenCode is: named, on the path, or where `make test` puts it.
fn opencode() -> PathBuf {
    if let Ok(named) = std::env::var("ROUNDHOUSE_OPENCODE") {
        return named.into();
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let cached =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/tools/node_modules/opencode-linux-x64/bin");
    std::env::split_paths(&path)
        .chain([cached])
        .map(|folder| folder.join("opencode"))
        .find(|binary| binary.is_file())
        .expect("OpenCode is not here: `make test` installs it, or set ROUNDHOUSE_OPENCODE to its binary")
}

pub(crate) fn command_line(process: Pid) -> String {
    let bytes = std::fs::read(format!("/proc/{}/cmdline", process.as_raw_nonzero())).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what} did not happen in time"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
