//! The running agent: its process, its connection, and what it says. The bridge starts and ends it and
//! is the only one who talks to it; rules about turns live in the bridge's core.

pub mod launch;
pub mod process;

mod acp;
mod opencode;

use std::path::PathBuf;

use rustix::process::Pid;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use launch::Launch;

/// What the agent may say before somebody listens; past it, it waits.
const WORDS: usize = 64;

/// What an agent says.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a few dozen wait at most")]
pub enum AgentEvent {
    /// It takes prompts.
    Ready {
        /// Its name and version.
        agent: String,
        /// Its own id of this session.
        session: String,
        /// Whether it remembers earlier turns.
        resumed: bool,
    },
    /// It could not be started; in words.
    Failed(String),
    /// The `update` of a `session/update`.
    Update(Value),
    /// A `session/request_permission`.
    Asks {
        /// Its parameters.
        request: Value,
        /// Takes the answer.
        responder: Responder,
    },
    /// It answered the prompt: with a stop reason, or with an error in words.
    PromptEnded(Result<String, String>),
    /// Its process ended; how, in words.
    Exited(String),
}

/// Takes the answer to a permission request.
#[derive(Debug)]
pub struct Responder(agent_client_protocol::v1::Responder<Value>);

impl Responder {
    /// Chooses an option, or says that the request was cancelled.
    pub fn answer(self, option: Option<String>) {
        let outcome = match option {
            Some(option) => serde_json::json!({ "outcome": "selected", "optionId": option }),
            None => serde_json::json!({ "outcome": "cancelled" }),
        };
        if let Err(error) = self.0.respond(serde_json::json!({ "outcome": outcome })) {
            tracing::debug!(%error, "the agent is not there to hear an answer");
        }
    }
}

enum Order {
    Prompt(String),
    Cancel,
}

/// A started agent.
pub struct Agent {
    orders: mpsc::Sender<Order>,
    /// What it says, in order.
    pub events: mpsc::Receiver<AgentEvent>,
    group: Option<Pid>,
    mark: String,
    task: JoinHandle<()>,
}

impl Agent {
    /// Starts an agent in `workspace`, with its memory of this session if `resume` names it. `mark` goes
    /// to all of its processes.
    ///
    /// # Errors
    /// In words, with what to install when the program is not there.
    pub fn start(
        launch: Launch,
        workspace: PathBuf,
        mark: String,
        resume: Option<String>,
    ) -> Result<Self, String> {
        let child = process::spawn(&launch, &workspace, &mark).map_err(|error| {
            let program = launch.command.first().map_or("", String::as_str);
            if error.kind() == std::io::ErrorKind::NotFound {
                format!(
                    "{} is not installed in this sandbox: `{program}` was not found. {}",
                    launch.name, launch.install
                )
            } else {
                format!("{} (`{program}`) could not be started: {error}", launch.name)
            }
        })?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        let (events_in, events) = mpsc::channel(WORDS);
        let (orders, orders_out) = mpsc::channel(8);
        let task = tokio::spawn(acp::serve(
            child,
            acp::Session {
                launch,
                workspace,
                resume,
            },
            orders_out,
            events_in,
        ));
        Ok(Self {
            orders,
            events,
            group,
            mark,
            task,
        })
    }

    /// Gives the agent a prompt.
    pub async fn prompt(&self, text: String) {
        self.order(Order::Prompt(text)).await;
    }

    /// Asks the agent to stop what it does.
    pub async fn cancel(&self) {
        self.order(Order::Cancel).await;
    }

    async fn order(&self, order: Order) {
        if self.orders.send(order).await.is_err() {
            tracing::debug!("the agent is not there to take an order");
        }
    }

    /// Ends the agent and all that it started.
    pub async fn end(self, gently: bool) {
        if gently {
            process::end_gently(self.group, &self.mark).await;
        } else {
            process::end_now(self.group, &self.mark).await;
        }
        self.task.abort();
    }
}
