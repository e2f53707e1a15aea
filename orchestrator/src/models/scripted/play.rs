//! Plays a reply over HTTP: in the dialect of the request, streamed at the pace of speech or in one piece.

use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use shared::runner::Dialect;

use super::conversation::Conversation;
use super::dialect::{self, Encoder, Identity};
use super::script::{Beat, Reply, tokens};

const BEFORE_CUT: Duration = Duration::from_millis(20);

/// No caller waits longer for an answer that never comes.
const HANG: Duration = Duration::from_secs(3600);

pub(super) async fn respond(
    dialect: Dialect,
    conversation: &Conversation,
    reply: Reply,
    typing: Duration,
) -> Response {
    match reply {
        Reply::Error {
            status,
            message,
            retry_after,
        } => refuse(status, &message, retry_after),
        Reply::Hang => {
            tokio::time::sleep(HANG).await;
            refuse(504, "the scripted model hangs", None)
        }
        Reply::Answer { beats, cut } => {
            let identity = identity(conversation, &beats);
            if conversation.streams {
                event_stream(dialect::encoder(dialect, identity), beats, cut, typing)
            } else if cut {
                broken()
            } else {
                tokio::time::sleep(beats.iter().map(|beat| pause(beat, typing)).sum()).await;
                Json(dialect::whole(dialect, &identity, &beats)).into_response()
            }
        }
    }
}

/// An error in a shape that every vendor's client understands.
pub(super) fn error_body(status: StatusCode, message: &str) -> Value {
    let kind = match status.as_u16() {
        401 | 403 => "authentication_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    json!({"type": "error", "error": {"type": kind, "code": kind, "message": message}})
}

fn refuse(status: u16, message: &str, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = if message.is_empty() {
        "a scripted error"
    } else {
        message
    };
    let mut response = (status, Json(error_body(status, message))).into_response();
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn identity(conversation: &Conversation, beats: &[Beat]) -> Identity {
    let written = beats.iter().map(|beat| match beat {
        Beat::Think(text) | Beat::Say(text) | Beat::SayAfter(_, text) => text.len(),
        Beat::Call(call) => call.name.len() + call.arguments.to_string().len(),
    });
    Identity {
        model: conversation.model.clone(),
        mark: format!("{:016x}", conversation.fingerprint),
        created: SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
        input_tokens: tokens(conversation.characters),
        output_tokens: tokens(written.sum()),
        wants_usage: conversation.wants_usage,
    }
}

fn pause(beat: &Beat, typing: Duration) -> Duration {
    match beat {
        Beat::SayAfter(pause, _) => *pause,
        Beat::Think(_) | Beat::Say(_) | Beat::Call(_) => typing,
    }
}

type Chunk = Result<Bytes, std::io::Error>;

fn event_stream(mut encoder: Box<dyn Encoder>, beats: Vec<Beat>, cut: bool, typing: Duration) -> Response {
    let mut script: Vec<(Duration, Option<Beat>)> = beats
        .into_iter()
        .map(|beat| (pause(&beat, typing), Some(beat)))
        .collect();
    // What was said before a cut shall have left.
    script.push((if cut { typing.max(BEFORE_CUT) } else { typing }, None));
    let opening: Chunk = Ok(Bytes::from(encoder.open()));
    let beats = stream::unfold(
        (script.into_iter(), encoder),
        move |(mut script, mut encoder)| async move {
            let (pause, beat) = script.next()?;
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let chunk = match beat {
                Some(beat) => Ok(Bytes::from(encoder.beat(&beat))),
                None if cut => Err(std::io::Error::other("cut by the scenario")),
                None => Ok(Bytes::from(encoder.close())),
            };
            Some((chunk, (script, encoder)))
        },
    );
    let body = Body::from_stream(futures_util::StreamExt::chain(stream::iter([opening]), beats));
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// An answer in one piece whose connection breaks.
fn broken() -> Response {
    let pieces: [Chunk; 2] = [
        Ok(Bytes::from_static(b"{")),
        Err(std::io::Error::other("cut by the scenario")),
    ];
    let mut response = Response::new(Body::from_stream(stream::iter(pieces)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
