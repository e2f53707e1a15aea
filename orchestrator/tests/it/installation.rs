//! A whole installation in processes of its own, as a user runs it: the real server, the real runner,
//! the real OpenCode, and a scripted model behind a provider's address. What it starts it ends.

use std::collections::HashSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use orchestrator::models::scripted::{self, Scenarios};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// The administrator's key of every test installation.
pub(crate) const KEY: &str = "test-key-that-opens-this-installation-only";
/// Bounds every wait of a test: long enough for a cold agent on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// An installation that can be killed and started again.
pub(crate) struct Installation {
    pub(crate) data: tempfile::TempDir,
    pub(crate) http: reqwest::Client,
    address: String,
    model_address: String,
    server: Option<Child>,
    log: Arc<Mutex<Vec<PathBuf>>>,
}

impl Installation {
    /// An installation whose model follows these scenarios, running.
    pub(crate) async fn start(scenarios: &Value) -> Self {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("scenarios.json");
        std::fs::write(&file, scenarios.to_string()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let model_address = format!("http://{}", listener.local_addr().unwrap());
        let scenarios = Scenarios::load(&file).unwrap();
        tokio::spawn(scripted::serve(scenarios, listener, std::future::pending()));
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut installation = Self {
            data,
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
            address: format!("127.0.0.1:{port}"),
            model_address,
            server: None,
            log: Arc::default(),
        };
        installation.boot().await;
        installation
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Starts the server, and waits until it serves.
    pub(crate) async fn boot(&mut self) {
        let runs = self.log.lock().unwrap().len();
        let log = self.data.path().join(format!("server-{runs}.log"));
        let output = std::fs::File::create(&log).unwrap();
        self.log.lock().unwrap().push(log);
        let port = self.address.rsplit(':').next().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_roundhouse"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.data.path())
            .env("PORT", port)
            .env("PUBLIC_URL", self.url(""))
            .env("DATA_DIR", self.data.path().join("data"))
            .env("AGENT_API_KEY", KEY)
            .env("SANDBOX_PROVIDER", "process")
            .env("ROUNDHOUSE_OPENCODE", opencode())
            .env("ANTHROPIC_API_KEY", "key-of-a-provider")
            .env("ANTHROPIC_BASE_URL", &self.model_address)
            .env("DRAIN_TIMEOUT", "20s")
            .env("MODEL_FIRST_BYTE_TIMEOUT", "5s")
            .env("LOG_LEVEL", "info,orchestrator::http=warn")
            .current_dir(self.data.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.server = Some(child);
        let started = Instant::now();
        while self.http.get(self.url("/health")).send().await.is_err() {
            assert!(
                started.elapsed() < PATIENCE,
                "the server does not come up:\n{}",
                self.logs()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the server as the kernel would.
    pub(crate) async fn kill_server(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().await.unwrap();
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) async fn terminate_server(&mut self) {
        let mut server = self.server.take().unwrap();
        signal(server.id().unwrap(), rustix::process::Signal::TERM);
        let ended = tokio::time::timeout(Duration::from_secs(40), server.wait()).await;
        assert!(ended.is_ok(), "the server does not end:\n{}", self.logs());
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.http
            .get(self.url(path))
            .bearer_auth(KEY)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Posts until the server has answered: what a good client does, with one key for all tries.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let key = uuid::Uuid::now_v7().to_string();
        let started = Instant::now();
        loop {
            let request = self
                .http
                .post(self.url(path))
                .bearer_auth(KEY)
                .header("idempotency-key", &key);
            match request.json(body).send().await {
                Ok(response) if response.status().is_success() => {
                    if let Ok(answer) = response.json().await {
                        return answer;
                    }
                }
                Ok(response) if response.status().is_server_error() => {}
                Ok(response) => panic!("{path}: {} {}", response.status(), response.text().await.unwrap()),
                Err(_) => {}
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{path} is not answered:\n{}",
                self.logs()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn create(&self, body: Value) -> String {
        let session = self.post("/api/sessions", &body).await;
        session["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{session}"))
            .to_owned()
    }

    pub(crate) async fn prompt(&self, session: &str, text: &str) -> String {
        let path = format!("/api/sessions/{session}/prompts");
        let prompt = self.post(&path, &json!({"text": text})).await;
        prompt["id"].as_str().unwrap().to_owned()
    }

    /// Waits until the session is as `wanted` says.
    pub(crate) async fn until(&self, session: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let now = self.get(&format!("/api/sessions/{session}")).await;
            if wanted(&now) {
                return now;
            }
            assert!(started.elapsed() < PATIENCE, "not {what}: {now}\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn until_idle(&self, session: &str) {
        self.until(session, "idle", |now| now["activity"] == "idle").await;
    }

    pub(crate) fn sandbox(&self, session: &str) -> PathBuf {
        self.data
            .path()
            .join("data/sandboxes")
            .join(session.trim_start_matches("ses_"))
    }

    pub(crate) fn workspace(&self, session: &str) -> PathBuf {
        self.sandbox(session).join("workspace")
    }

    /// What the servers and runners said, for a test that failed.
    pub(crate) fn logs(&self) -> String {
        let mut files = self.log.lock().unwrap().clone();
        let sandboxes = std::fs::read_dir(self.data.path().join("data/sandboxes"));
        files.extend(
            sandboxes
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path().join("runner.log")),
        );
        let mut text = String::new();
        for file in files {
            let content = std::fs::read_to_string(&file).unwrap_or_default();
            let lines: Vec<&str> = content.lines().collect();
            let tail = &lines[lines.len().saturating_sub(60)..];
            text.push_str(&format!("--- {}\n{}\n", file.display(), tail.join("\n")));
        }
        text
    }

    /// The processes of a session's sandbox whose program's name is this.
    pub(crate) fn processes(&self, session: &str, program: &str) -> Vec<u32> {
        processes()
            .into_iter()
            .filter(|process| process.environ.contains(session) && process.program == program)
            .map(|process| process.pid)
            .collect()
    }

    /// Kills every sandbox of this installation, and says whether any was left.
    fn sweep(&self) {
        let data = self.data.path().to_string_lossy().into_owned();
        let sessions: HashSet<String> = std::fs::read_dir(self.data.path().join("data/sandboxes"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        for process in processes() {
            let ours = process.environ.contains(&data)
                || sessions
                    .iter()
                    .any(|suffix| process.environ.contains(suffix.as_str()));
            if ours && process.pid != std::process::id() {
                signal(process.pid, rustix::process::Signal::KILL);
            }
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        drop(self.server.take());
        self.sweep();
    }
}

struct Process {
    pid: u32,
    program: String,
    environ: String,
}

fn processes() -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let environ = std::fs::read(entry.path().join("environ")).ok()?;
            let command = std::fs::read(entry.path().join("cmdline")).ok()?;
            let program = String::from_utf8_lossy(command.split(|byte| *byte == 0).next()?).into_owned();
            Some(Process {
                pid,
                program: Path::new(&program).file_name()?.to_string_lossy().into_owned(),
                environ: String::from_utf8_lossy(&environ).into_owned(),
            })
        })
        .collect()
}

pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // It may have ended by itself.
    let _ = rustix::process::kill_process(pid, signal);
}

/// The real OpenCode, which `make test` installs.
fn opencode() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/tools/node_modules");
    let packages = ["opencode-linux-x64", "opencode-linux-arm64"];
    let named = std::env::var_os("ROUNDHOUSE_OPENCODE").map(PathBuf::from);
    let mut places = named
        .into_iter()
        .chain(packages.map(|name| installed.join(name).join("bin/opencode")));
    places
        .find(|place| place.exists())
        .expect("OpenCode is not installed: run `make setup` first")
}
