//! ACP with one agent over its standard streams: handshake, prompts, updates, permission requests.
//! Started by `Agent::start`. What the agent sends is taken untyped, since no two agents keep to the
//! same schema; only what we send is typed.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agent_client_protocol::schema::ProtocolVersion;
use agent_client_protocol::v1::schema::{
    CancelNotification, Implementation, InitializeRequest, LoadSessionRequest, NewSessionRequest,
};
use agent_client_protocol::v1::{ConnectionTo, Responder as RawResponder};
use agent_client_protocol::{Agent as AgentRole, Client, Error, JsonRpcRequest, Lines, UntypedMessage};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::codec::{FramedRead, FramedWrite, LinesCodec, LinesCodecError};

use super::launch::Launch;
use super::{AgentEvent, Order, Responder};
use crate::bounds;

/// How long an agent may take to start.
const START: Duration = Duration::from_secs(120);

/// Bytes of one message; an agent that sends more is ended.
const LINE_BYTES: usize = 64 * 1024 * 1024;

/// Messages of the agent that may be read before they are handled.
const READ_AHEAD: usize = 64;

/// Bytes of its last complaints that are told when it ends.
const COMPLAINT_BYTES: usize = 1_000;

pub(super) struct Session {
    pub(super) launch: Launch,
    pub(super) workspace: PathBuf,
    pub(super) resume: Option<String>,
}

/// Serves the connection until the agent's process ends.
pub(super) async fn serve(
    mut child: Child,
    session: Session,
    orders: mpsc::Receiver<Order>,
    events: mpsc::Sender<AgentEvent>,
) {
    let (Some(input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return;
    };
    let complaints = tokio::spawn(complaints(errors));
    if let Err(error) = converse(input, output, session, orders, &events).await {
        tracing::warn!(%error, "the conversation with the agent broke");
    }
    // An agent that closed its streams is of no use even if its process lives.
    let status = match tokio::time::timeout(Duration::from_secs(2), child.wait()).await {
        Ok(status) => status.map_or_else(|error| error.to_string(), |status| status.to_string()),
        Err(_) => {
            // It is being ended just now, or ends with this.
            let _ = child.kill().await;
            "it closed its connection".to_owned()
        }
    };
    let complaint = tokio::time::timeout(Duration::from_millis(500), complaints).await;
    let complaint = complaint.ok().and_then(Result::ok).unwrap_or_default();
    let how = if complaint.is_empty() {
        status
    } else {
        format!("{status}; it last said: {complaint}")
    };
    // Nobody hears it when it was ended on purpose.
    let _ = events.send(AgentEvent::Exited(how)).await;
}

async fn converse(
    input: ChildStdin,
    output: ChildStdout,
    session: Session,
    orders: mpsc::Receiver<Order>,
    events: &mpsc::Sender<AgentEvent>,
) -> Result<(), Error> {
    let window = Arc::new(Semaphore::new(READ_AHEAD));
    let outgoing = SinkExt::<String>::sink_map_err(FramedWrite::new(input, LinesCodec::new()), broken);
    let reading = window.clone();
    let incoming = FramedRead::new(output, LinesCodec::new_with_max_length(LINE_BYTES)).then(move |line| {
        let window = reading.clone();
        async move {
            let line = line.map_err(broken)?;
            // The library reads ahead without a bound. So a message that a handler will see waits here
            // until the handler has caught up: then the agent waits in its turn.
            if is_for_handlers(&line)
                && let Ok(permit) = window.acquire().await
            {
                permit.forget();
            }
            Ok(line)
        }
    });
    // Before the session is there, an agent repeats its history to us.
    let listening = Arc::new(AtomicBool::new(false));
    let heard = (events.clone(), listening.clone(), window.clone());
    let asked = (events.clone(), window);
    Client
        .v1()
        .name("roundhouse")
        .on_receive_notification(
            async move |message: UntypedMessage, _connection| {
                let (events, listening, window) = &heard;
                window.add_permits(1);
                if message.method == "session/update" && listening.load(Ordering::Relaxed) {
                    let update = message.params.get("update").cloned().unwrap_or_default();
                    let _ = events.send(AgentEvent::Update(update)).await;
                }
                Ok(())
            },
            agent_client_protocol::on_receive_notification!(),
        )
        .on_receive_request(
            async move |message: UntypedMessage, responder: RawResponder<Value>, _connection| {
                let (events, window) = &asked;
                window.add_permits(1);
                if message.method != "session/request_permission" {
                    // Files and terminals are the agent's own here; OpenCode offers a file all the same.
                    return responder.respond_with_error(Error::method_not_found());
                }
                // Only handed on: the answer may take a human hours, and this handler holds the connection.
                let responder = Responder(responder);
                let _ = events
                    .send(AgentEvent::Asks {
                        request: message.params,
                        responder,
                    })
                    .await;
                Ok(())
            },
            agent_client_protocol::on_receive_request!(),
        )
        .connect_with(Lines::new(outgoing, incoming), async move |connection| {
            let started = tokio::time::timeout(START, handshake(&connection, &session)).await;
            let late = || {
                Err(format!(
                    "{} did not answer within {} seconds.",
                    session.launch.name,
                    START.as_secs()
                ))
            };
            match started.unwrap_or_else(|_| late()) {
                Ok((id, ready)) => {
                    listening.store(true, Ordering::Relaxed);
                    let _ = events.send(ready).await;
                    take_orders(&connection, &id, orders, events).await;
                }
                // The end of the process says more than that nobody answers.
                Err(_) if connection.is_incoming_closed() => {}
                Err(reason) => {
                    let _ = events.send(AgentEvent::Failed(reason)).await;
                }
            }
            Ok(())
        })
        .await
}

fn broken(error: LinesCodecError) -> std::io::Error {
    match error {
        LinesCodecError::Io(error) => error,
        LinesCodecError::MaxLineLengthExceeded => {
            std::io::Error::other("a message of the agent is over 64 MiB")
        }
    }
}

/// Whether a handler of ours will see a message: answers and `$/…` are the library's own.
fn is_for_handlers(line: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        method: Option<Cow<'a, str>>,
    }
    serde_json::from_str::<Envelope<'_>>(line)
        .is_ok_and(|envelope| envelope.method.is_some_and(|method| !method.starts_with("$/")))
}

async fn handshake(
    connection: &ConnectionTo<AgentRole>,
    session: &Session,
) -> Result<(String, AgentEvent), String> {
    let launch = &session.launch;
    let refused = |error: Error| format!("{} refused to start: {}", launch.name, said(&error));
    let initialize = InitializeRequest::new(ProtocolVersion::V1)
        .client_info(Implementation::new("roundhouse", env!("CARGO_PKG_VERSION")));
    let answer = ask(connection, initialize).await.map_err(refused)?;
    let loads = answer["agentCapabilities"]["loadSession"] == true;
    let info = &answer["agentInfo"];
    let agent = match (info["name"].as_str(), info["version"].as_str()) {
        (Some(name), Some(version)) => bounds::head(&format!("{name} {version}"), 200).to_owned(),
        _ => launch.name.to_owned(),
    };
    let mut loaded = None;
    if let Some(id) = session.resume.as_ref().filter(|_| loads) {
        match ask(
            connection,
            LoadSessionRequest::new(id.clone(), &session.workspace),
        )
        .await
        {
            Ok(answer) => loaded = Some((id.clone(), answer)),
            Err(error) => tracing::warn!(
                error = said(&error),
                "the agent cannot load its session; it begins anew"
            ),
        }
    }
    let resumed = loaded.is_some();
    let (id, options) = match loaded {
        Some(loaded) => loaded,
        None => {
            let answer = ask(connection, NewSessionRequest::new(&session.workspace))
                .await
                .map_err(refused)?;
            let id = answer["sessionId"].as_str().map(str::to_owned);
            (
                id.ok_or_else(|| format!("{} gave its session no id.", launch.name))?,
                answer,
            )
        }
    };
    settle(connection, launch, &id, &options).await;
    let ready = AgentEvent::Ready {
        agent,
        session: id.clone(),
        resumed,
    };
    Ok((id, ready))
}

/// Puts the session into the plan's mode and model; a loaded one remembers those it had.
async fn settle(connection: &ConnectionTo<AgentRole>, launch: &Launch, id: &str, options: &Value) {
    if let Some(mode) = launch.mode {
        let request = json!({ "sessionId": id, "modeId": mode });
        if let Err(error) = ask_untyped(connection, "session/set_mode", request).await {
            tracing::warn!(error = said(&error), mode, "the agent does not know its mode");
        }
    }
    let current = options["configOptions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|option| option["id"] == "model");
    if let (Some(model), Some(current)) = (&launch.model, current)
        && current["currentValue"] != model.as_str()
    {
        let request = json!({ "sessionId": id, "configId": "model", "value": model });
        if let Err(error) = ask_untyped(connection, "session/set_config_option", request).await {
            tracing::warn!(error = said(&error), model, "the agent does not take its model");
        }
    }
}

async fn take_orders(
    connection: &ConnectionTo<AgentRole>,
    id: &str,
    mut orders: mpsc::Receiver<Order>,
    events: &mpsc::Sender<AgentEvent>,
) {
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            () = connection.incoming_closed() => None,
        };
        match order {
            None => return,
            Some(Order::Prompt(text)) => {
                let prompt = json!({ "sessionId": id, "prompt": [{ "type": "text", "text": text }] });
                tokio::spawn(prompt_end(connection.clone(), prompt, events.clone()));
            }
            Some(Order::Cancel) => {
                if let Err(error) = connection.send_notification(CancelNotification::new(id.to_owned())) {
                    tracing::debug!(%error, "the agent is not there to be stopped");
                }
            }
        }
    }
}

/// Sends a prompt and waits for its answer: untyped, since a stop reason that the schema does not know
/// must not fail a turn.
async fn prompt_end(connection: ConnectionTo<AgentRole>, prompt: Value, events: mpsc::Sender<AgentEvent>) {
    let result = match ask_untyped(&connection, "session/prompt", prompt).await {
        Ok(answer) => Ok(answer["stopReason"].as_str().unwrap_or("end_turn").to_owned()),
        // The end of the process is reported by itself.
        Err(error) if agent_client_protocol::is_incoming_transport_closed(&error) => return,
        Err(_) if connection.is_incoming_closed() => return,
        Err(error) => Err(said(&error)),
    };
    let _ = events.send(AgentEvent::PromptEnded(result)).await;
}

async fn ask<R>(connection: &ConnectionTo<AgentRole>, request: R) -> Result<Value, Error>
where
    R: JsonRpcRequest,
{
    let message = request.to_untyped_message()?;
    connection.send_request(message).block_task().await
}

async fn ask_untyped(
    connection: &ConnectionTo<AgentRole>,
    method: &str,
    request: Value,
) -> Result<Value, Error> {
    connection
        .send_request(UntypedMessage::new(method, request)?)
        .block_task()
        .await
}

/// An error of the agent in its own words.
fn said(error: &Error) -> String {
    let message = error.message.trim_start_matches("Internal error: ");
    let detail = error
        .data
        .as_ref()
        .and_then(|data| data["message"].as_str().or(data["details"].as_str()));
    let text = match detail {
        Some(detail) if !message.contains(detail) => format!("{message}: {detail}"),
        _ => message.to_owned(),
    };
    bounds::head(&text, 2_000).to_owned()
}

/// Reads what the agent complains about, and gives back the last of it.
async fn complaints(mut errors: ChildStderr) -> String {
    let mut last = String::new();
    let mut buffer = vec![0; 4096];
    while let Ok(count) = errors.read(&mut buffer).await
        && count > 0
    {
        let text = String::from_utf8_lossy(&buffer[..count]);
        tracing::debug!(text = text.trim_end(), "the agent complains");
        last.push_str(&text);
        last = bounds::tail(&last, COMPLAINT_BYTES).to_owned();
    }
    last.trim().to_owned()
}
