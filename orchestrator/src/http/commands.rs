//! What a client's socket may ask for: reads a frame, checks it, has the session do it, and makes the
//! reply. Knows nothing of sockets.

use axum::extract::ws::Utf8Bytes;
use serde::Deserialize;
use shared::SessionId;
use shared::socket::{ClientCommand, CommandResult, ServerFrame};

use super::error::{ApiError, ApiResult};
use super::extract::{Caller, guard};
use super::state::AppState;
use super::{kinds, validate};
use crate::session::{Answer, NewPrompt};

/// Bytes of a request id.
const REQUEST_ID_BYTES: usize = 200;

/// What a frame asks for.
#[derive(Debug)]
pub(super) enum Asked {
    /// A command.
    Command(ClientCommand),
    /// It is no command, but the sender can be told by a reply.
    Refused {
        /// The sender's name for it.
        request_id: String,
        /// Why it is none.
        error: ApiError,
    },
    /// It is no command, and nothing in it names it.
    Nonsense,
}

/// Reads a frame.
pub(super) fn read(text: &str) -> Asked {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        request_id: String,
    }
    let (request_id, detail) = match serde_json::from_str::<ClientCommand>(text) {
        Ok(command) => match request_id(&command) {
            Some(id) if id.is_empty() || id.len() > REQUEST_ID_BYTES => (
                id.to_owned(),
                format!("`requestId` must have 1 to {REQUEST_ID_BYTES} bytes."),
            ),
            _ => return Asked::Command(command),
        },
        Err(error) => match serde_json::from_str::<Named>(text) {
            Ok(named) => (named.request_id, format!("The frame is not a command: {error}.")),
            Err(_) => return Asked::Nonsense,
        },
    };
    Asked::Refused {
        request_id,
        error: ApiError::with_detail(&kinds::MALFORMED_FRAME, detail),
    }
}

fn request_id(command: &ClientCommand) -> Option<&str> {
    match command {
        ClientCommand::Prompt { request_id, .. }
        | ClientCommand::CancelPrompt { request_id, .. }
        | ClientCommand::Abort { request_id }
        | ClientCommand::Answer { request_id, .. }
        | ClientCommand::Ping { request_id } => Some(request_id),
        ClientCommand::Typing => None,
    }
}

/// Has the session do what a command asks for; returns the reply, if it has one.
pub(super) async fn perform(
    state: &AppState,
    session: SessionId,
    caller: &Caller,
    command: ClientCommand,
) -> Option<Utf8Bytes> {
    let id = request_id(&command)?.to_owned();
    let result = match attempt(state, session, caller, command).await {
        Ok(result) => result,
        Err(error) => CommandResult::Refused {
            problem: error.problem(Some(&id)),
        },
    };
    reply(id, result)
}

/// The reply that refuses.
pub(super) fn refusal(request_id: String, error: &ApiError) -> Option<Utf8Bytes> {
    let problem = error.problem(Some(&request_id));
    reply(request_id, CommandResult::Refused { problem })
}

fn reply(request_id: String, result: CommandResult) -> Option<Utf8Bytes> {
    serde_json::to_string(&ServerFrame::Reply { request_id, result })
        .ok()
        .map(Utf8Bytes::from)
}

async fn attempt(
    state: &AppState,
    id: SessionId,
    caller: &Caller,
    command: ClientCommand,
) -> ApiResult<CommandResult> {
    let by = || caller.0.person.clone();
    let mut made = None;
    match command {
        ClientCommand::Prompt {
            request_id,
            text,
            mode,
        } => {
            validate::prompt_text(&text)?;
            let key = format!("{id}/{request_id}");
            let request = guard(caller, key, "prompt", &(&text, mode));
            let new = NewPrompt {
                text,
                mode,
                origin: caller.origin(),
                author: by(),
            };
            let answer = state.sessions.open(id).await?.prompt(new, Some(request)).await?;
            let (Answer::Fresh(prompt) | Answer::Replayed(prompt)) = answer;
            made = Some(prompt);
        }
        ClientCommand::CancelPrompt { prompt_id, .. } => {
            state
                .sessions
                .open(id)
                .await?
                .cancel_prompt(prompt_id, by())
                .await?;
        }
        ClientCommand::Abort { .. } => state.sessions.open(id).await?.abort().await?,
        ClientCommand::Answer {
            question_id,
            option_id,
            ..
        } => {
            state
                .sessions
                .open(id)
                .await?
                .answer(question_id, option_id, by())
                .await?;
        }
        ClientCommand::Typing | ClientCommand::Ping { .. } => {}
    }
    Ok(CommandResult::Done { prompt: made })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_commands_or_refused_or_nonsense() {
        assert!(matches!(
            read(r#"{"type":"typing"}"#),
            Asked::Command(ClientCommand::Typing)
        ));
        assert!(matches!(
            read(r#"{"type":"ping","requestId":"1"}"#),
            Asked::Command(_)
        ));
        for named in [
            r#"{"type":"fly","requestId":"1"}"#,
            r#"{"requestId":"1"}"#,
            r#"{"type":"prompt","requestId":"1"}"#,
            r#"{"type":"prompt","requestId":"1","text":7}"#,
            r#"{"type":"cancelPrompt","requestId":"1","promptId":"prm_x"}"#,
        ] {
            let Asked::Refused { request_id, error } = read(named) else {
                panic!("{named}")
            };
            assert_eq!((request_id.as_str(), error.kind().code), ("1", "malformed_frame"));
        }
        for nonsense in [
            "",
            "{",
            "[]",
            "null",
            r#"{"type":"ping"}"#,
            r#"{"type":"ping","requestId":7}"#,
        ] {
            assert!(matches!(read(nonsense), Asked::Nonsense), "{nonsense}");
        }
        let long = format!(
            r#"{{"type":"ping","requestId":"{}"}}"#,
            "x".repeat(REQUEST_ID_BYTES + 1)
        );
        assert!(matches!(read(&long), Asked::Refused { .. }));
    }
}
