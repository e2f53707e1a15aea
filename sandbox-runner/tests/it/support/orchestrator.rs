//! A fake orchestrator that speaks the real protocol: it commits reports, acknowledges them, and can be
//! cut off.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path as UrlPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use shared::message::{Part, PartBody};
use shared::runner::{Hello, NumberedReport, PROTOCOL, Report, RunnerCommand, RunnerFrame, Setup};
use shared::socket::Delta;
use shared::turn::StopReason;
use shared::{PartId, SessionId, TurnId};
use tokio::sync::mpsc;

use super::model::{Model, Script};
use super::until;

pub(crate) const TOKEN: &str = "the-sandbox-token";

pub(crate) struct Orchestrator {
    pub(crate) address: String,
    pub(crate) session: SessionId,
    pub(crate) model: Arc<Model>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    reports: Vec<NumberedReport>,
    duplicates: usize,
    gaps: Vec<(u64, u64)>,
    deltas: Vec<Delta>,
    /// The live text of each part, as a client would have it.
    live: BTreeMap<PartId, String>,
    delta_gaps: Vec<Delta>,
    hellos: Vec<Hello>,
    setup: Option<Setup>,
    link: Option<mpsc::UnboundedSender<Option<Message>>>,
    away: bool,
    deaf: bool,
    repository: Option<PathBuf>,
}

impl Shared {
    /// Lays a delta over the text that is there.
    fn lay(&mut self, delta: &Delta) {
        let text = self.live.entry(delta.part_id).or_default();
        let offset = usize::try_from(delta.offset).unwrap();
        if offset > text.len() {
            self.delta_gaps.push(delta.clone());
            return;
        }
        text.truncate(offset);
        text.push_str(&delta.text);
    }
}

#[derive(Clone)]
struct Server {
    shared: Arc<Mutex<Shared>>,
    model: Arc<Model>,
    script: Script,
}

impl Orchestrator {
    pub(crate) async fn start(setup: Setup, script: Script) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared {
            setup: Some(setup),
            ..Shared::default()
        }));
        let model = Arc::new(Model::default());
        let server = Server {
            shared: shared.clone(),
            model: model.clone(),
            script,
        };
        let router = Router::new()
            .route("/runner/ws", get(upgrade))
            .route("/llm/{*path}", any(complete))
            .route("/repository.git/{*path}", get(repository))
            .with_state(server);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            session: SessionId::new(),
            model,
            shared,
        }
    }

    pub(crate) fn send(&self, command: &RunnerCommand) {
        let text = serde_json::to_string(command).unwrap();
        let shared = self.shared.lock().unwrap();
        shared
            .link
            .as_ref()
            .expect("no runner is linked")
            .send(Some(Message::text(text)))
            .unwrap();
    }

    pub(crate) fn start_turn(&self, text: &str) -> TurnId {
        let turn_id = TurnId::new();
        self.send(&RunnerCommand::StartTurn {
            turn_id,
            text: text.into(),
        });
        turn_id
    }

    /// Closes the runner's socket with a code.
    pub(crate) fn close(&self, code: u16) {
        let frame = axum::extract::ws::CloseFrame {
            code,
            reason: "".into(),
        };
        let shared = self.shared.lock().unwrap();
        shared
            .link
            .as_ref()
            .unwrap()
            .send(Some(Message::Close(Some(frame))))
            .unwrap();
    }

    /// Cuts the link and takes no other until `come_back`.
    pub(crate) fn go_away(&self) {
        let mut shared = self.shared.lock().unwrap();
        shared.away = true;
        if let Some(link) = shared.link.take() {
            let _ = link.send(None);
        }
    }

    pub(crate) fn come_back(&self) {
        self.shared.lock().unwrap().away = false;
    }

    /// Takes reports without committing or acknowledging them.
    pub(crate) fn be_deaf(&self, deaf: bool) {
        self.shared.lock().unwrap().deaf = deaf;
    }

    pub(crate) fn configure(&self, change: impl FnOnce(&mut Setup)) {
        let setup = {
            let mut shared = self.shared.lock().unwrap();
            let setup = shared.setup.as_mut().unwrap();
            change(setup);
            setup.clone()
        };
        self.send(&RunnerCommand::Configure { setup });
    }

    /// Makes a repository with a branch `work` in a folder and serves it as plain files.
    pub(crate) fn serve_repository(&self, folder: &Path) {
        let bare = folder.join("repository.git");
        let script = "git init -q -b main source && cd source && git config user.email a@b.c && git config user.name A \
                      && echo main > main.txt && git add . && git commit -qm one && git checkout -qb work \
                      && echo work > from-the-branch.txt && git add . && git commit -qm two && git checkout -q main \
                      && git clone -q --bare . ../repository.git && cd ../repository.git && git update-server-info";
        let made = Command::new("sh")
            .args(["-ec", script])
            .current_dir(folder)
            .status()
            .unwrap();
        assert!(made.success());
        self.shared.lock().unwrap().repository = Some(bare);
    }

    pub(crate) fn reports(&self) -> Vec<Report> {
        self.shared
            .lock()
            .unwrap()
            .reports
            .iter()
            .map(|one| one.report.clone())
            .collect()
    }

    pub(crate) fn hellos(&self) -> Vec<Hello> {
        self.shared.lock().unwrap().hellos.clone()
    }

    pub(crate) fn deltas(&self) -> Vec<Delta> {
        self.shared.lock().unwrap().deltas.clone()
    }

    pub(crate) fn outbox(&self) -> Option<String> {
        self.shared
            .lock()
            .unwrap()
            .hellos
            .last()
            .map(|hello| hello.outbox.clone())
    }

    pub(crate) fn assert_gapless(&self) {
        let shared = self.shared.lock().unwrap();
        assert_eq!(shared.gaps, [], "report numbers are missing");
        assert_eq!(shared.delta_gaps, [], "text is missing");
        let numbers: Vec<u64> = shared.reports.iter().map(|one| one.number).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    }

    /// Waits for a report.
    pub(crate) async fn report<T>(&self, what: &str, find: impl Fn(&Report) -> Option<T>) -> T {
        let mut found = None;
        until(what, || {
            found = self.reports().iter().find_map(&find);
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// Waits for the live text of a part, as a client sees it.
    pub(crate) async fn live(&self, is_it: impl Fn(&str) -> bool) {
        until("the live text", || {
            self.shared.lock().unwrap().live.values().any(|text| is_it(text))
        })
        .await;
    }

    /// Waits until the agent was ready so many times.
    pub(crate) async fn agent_ready(&self, times: usize) {
        until(&format!("the agent's start number {times}"), || {
            let reports = self.reports();
            if let Some(Report::BootFailed { reason }) = reports
                .iter()
                .find(|report| matches!(report, Report::BootFailed { .. }))
            {
                panic!("{reason}");
            }
            reports
                .iter()
                .filter(|report| matches!(report, Report::AgentReady { .. }))
                .count()
                >= times
        })
        .await;
    }

    /// Waits for a turn's end.
    pub(crate) async fn ended(&self, turn: TurnId) -> StopReason {
        self.report("the turn's end", |report| match report {
            Report::TurnEnded { turn_id, stop_reason } if *turn_id == turn => Some(*stop_reason),
            _ => None,
        })
        .await
    }

    /// The last state of each part of a turn, in the order in which they began.
    pub(crate) fn parts(&self, turn: TurnId) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for report in self.reports() {
            if let Report::PartUpdated { part } = report
                && part.turn_id == turn
            {
                match parts.iter_mut().find(|known| known.id == part.id) {
                    Some(known) => *known = part,
                    None => parts.push(part),
                }
            }
        }
        parts
    }

    /// The texts that the agent said in a turn.
    pub(crate) fn texts(&self, turn: TurnId) -> Vec<String> {
        let texts = self.parts(turn).into_iter().filter_map(|part| match part.body {
            PartBody::Text { text } => Some(text),
            _ => None,
        });
        texts.collect()
    }

    /// The codes of a turn's problems.
    pub(crate) fn problems(&self, turn: TurnId) -> Vec<String> {
        let problems = self.reports().into_iter().filter_map(|report| match report {
            Report::Problem {
                turn_id: Some(id),
                code,
                ..
            } if id == turn => Some(code),
            _ => None,
        });
        problems.collect()
    }
}

fn authorized(headers: &HeaderMap) -> bool {
    headers
        .get("authorization")
        .is_some_and(|value| value == &format!("Bearer {TOKEN}"))
}

async fn complete(State(server): State<Server>, headers: HeaderMap, request: Request) -> Response {
    if !authorized(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 26).await.unwrap();
    let call = serde_json::from_slice(&body).unwrap();
    server.model.answer(server.script, &path, &call)
}

async fn repository(State(server): State<Server>, UrlPath(path): UrlPath<String>) -> Response {
    let folder = server.shared.lock().unwrap().repository.clone();
    match folder.and_then(|folder| std::fs::read(folder.join(path)).ok()) {
        Some(bytes) => bytes.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn upgrade(State(server): State<Server>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !authorized(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if server.shared.lock().unwrap().away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    upgrade.on_upgrade(move |socket| serve(socket, server.shared))
}

async fn serve(mut socket: WebSocket, shared: Arc<Mutex<Shared>>) {
    let (sender, mut orders) = mpsc::unbounded_channel();
    loop {
        let received = tokio::select! {
            order = orders.recv() => match order {
                Some(Some(message)) => {
                    if socket.send(message).await.is_err() { return; }
                    continue;
                }
                _ => return,
            },
            received = socket.recv() => received,
        };
        let Some(Ok(message)) = received else { return };
        let Message::Text(text) = message else { continue };
        let answer = {
            let mut shared = shared.lock().unwrap();
            match serde_json::from_str(&text).expect("a runner's frame") {
                RunnerFrame::Hello(hello) => {
                    shared.hellos.push(hello);
                    shared.link = Some(sender.clone());
                    let ack = shared.reports.last().map_or(0, |last| last.number);
                    Some(RunnerCommand::Welcome {
                        protocol: PROTOCOL,
                        ack,
                        setup: shared.setup.clone().unwrap(),
                    })
                }
                RunnerFrame::Delta(delta) => {
                    shared.lay(&delta);
                    shared.deltas.push(delta);
                    None
                }
                RunnerFrame::Report(_) if shared.deaf => None,
                RunnerFrame::Report(report) => {
                    let last = shared.reports.last().map_or(0, |last| last.number);
                    if report.number <= last {
                        shared.duplicates += 1;
                    } else {
                        if report.number != last + 1 {
                            shared.gaps.push((last, report.number));
                        }
                        if let Report::PartUpdated { mut part } = report.report.clone()
                            && let Some(text) = part.body.live_text()
                        {
                            shared.live.insert(part.id, std::mem::take(text));
                        }
                        shared.reports.push(report);
                    }
                    let number = shared.reports.last().map_or(0, |last| last.number);
                    Some(RunnerCommand::Ack { number })
                }
            }
        };
        if let Some(answer) = answer
            && socket
                .send(Message::text(serde_json::to_string(&answer).unwrap()))
                .await
                .is_err()
        {
            return;
        }
    }
}
