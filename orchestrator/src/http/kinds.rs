//! Every error that a client can get, by its stable code: one table, from which the answers, the page
//! at `/docs/errors` and the tests are made. A code once published keeps its meaning.

use axum::http::StatusCode;

/// A kind of error.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The stable name.
    pub code: &'static str,
    /// The HTTP status that it comes with.
    pub status: StatusCode,
    /// What it means and what to do about it, for the reference page.
    pub meaning: &'static str,
}

macro_rules! kinds {
    ($($name:ident $status:ident $code:literal $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub static $name: Kind = Kind { code: $code, status: StatusCode::$status, meaning: $meaning };
        )*

        /// All of them, in the order of this file.
        pub static ALL: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    MALFORMED_JSON BAD_REQUEST "malformed_json"
        "The body is not JSON. The detail says at which line and column.";
    QUERY_INVALID BAD_REQUEST "query_invalid"
        "A parameter after the `?` has a wrong form. The detail names it.";
    HEADER_INVALID BAD_REQUEST "header_invalid"
        "A request header has a wrong form. The detail names it.";
    CURSOR_INVALID BAD_REQUEST "cursor_invalid"
        "The cursor is not one that a list has given. Begin again without one.";
    MALFORMED_FRAME BAD_REQUEST "malformed_frame"
        "A frame on the socket is not a known command in JSON. The detail says where it is wrong.";
    UPGRADE_REQUIRED UPGRADE_REQUIRED "upgrade_required"
        "This path speaks WebSocket only.";
    UNAUTHENTICATED UNAUTHORIZED "unauthenticated"
        "Nobody is signed in, or the key is unknown. Sign in, or send `Authorization: Bearer <key>`.";
    SANDBOX_TOKEN_INVALID UNAUTHORIZED "sandbox_token_invalid"
        "The token of the sandbox is not one of this server's.";
    ORIGIN_MISMATCH FORBIDDEN "origin_mismatch"
        "A page of another origin tried to act for the signed-in person. Programs send a key instead of the cookie.";
    PATH_NOT_FOUND NOT_FOUND "path_not_found"
        "There is nothing at this path. `/docs` lists all there is.";
    SESSION_NOT_FOUND NOT_FOUND "session_not_found"
        "There is no session with this id, or it was deleted.";
    PROMPT_NOT_FOUND NOT_FOUND "prompt_not_found"
        "This session has no prompt with this id.";
    QUESTION_NOT_FOUND NOT_FOUND "question_not_found"
        "No question with this id waits for an answer: it was answered, or its turn ended.";
    METHOD_NOT_ALLOWED METHOD_NOT_ALLOWED "method_not_allowed"
        "The path does not take this method. The `Allow` header says which it takes.";
    SESSION_ARCHIVED CONFLICT "session_archived"
        "The session is in the archive and takes no work. `PATCH` it with `{\"status\":\"open\"}` first.";
    QUEUE_FULL CONFLICT "queue_full"
        "32 prompts wait in this session already. Wait for one to run, or withdraw one.";
    PROMPT_NOT_QUEUED CONFLICT "prompt_not_queued"
        "The prompt does not wait any more, so it cannot be withdrawn. Stop the turn instead.";
    NOTHING_RUNNING CONFLICT "nothing_running"
        "No turn runs, so there is nothing to stop.";
    SESSION_BUSY CONFLICT "session_busy"
        "The session works just now. Stop the turn or wait for its end.";
    CURSOR_AHEAD CONFLICT "cursor_ahead"
        "The cursor is past the newest event. Begin again without a cursor.";
    IDEMPOTENCY_MISMATCH CONFLICT "idempotency_mismatch"
        "This idempotency key came before with another request. Use a fresh key for each request.";
    BODY_TOO_LARGE PAYLOAD_TOO_LARGE "body_too_large"
        "The body has more than 256 KiB.";
    CONTENT_TYPE_UNSUPPORTED UNSUPPORTED_MEDIA_TYPE "content_type_unsupported"
        "The body must be JSON. Send `Content-Type: application/json`.";
    VALIDATION_FAILED UNPROCESSABLE_ENTITY "validation_failed"
        "The body is JSON, but not what this path takes. `errors` names each field.";
    PROMPT_EMPTY UNPROCESSABLE_ENTITY "prompt_empty"
        "The prompt says nothing.";
    PROMPT_TOO_LONG UNPROCESSABLE_ENTITY "prompt_too_long"
        "The prompt has more than 64 KiB. Put long material into a file of the workspace.";
    TITLE_INVALID UNPROCESSABLE_ENTITY "title_invalid"
        "The title says nothing, or has more than one line.";
    TITLE_TOO_LONG UNPROCESSABLE_ENTITY "title_too_long"
        "The title has more than 200 characters.";
    REPOSITORY_URL_INVALID UNPROCESSABLE_ENTITY "repository_url_invalid"
        "The repository's address must be `https://…`, without credentials.";
    BRANCH_INVALID UNPROCESSABLE_ENTITY "branch_invalid"
        "The branch is not a name that git takes.";
    AGENT_UNKNOWN UNPROCESSABLE_ENTITY "agent_unknown"
        "This server knows no such agent. `/api/capabilities` lists those it knows.";
    MODEL_UNKNOWN UNPROCESSABLE_ENTITY "model_unknown"
        "This server cannot reach such a model. `/api/capabilities` lists those it can.";
    ENVIRONMENT_INVALID UNPROCESSABLE_ENTITY "environment_invalid"
        "A variable has a name that is not allowed, or there are too many.";
    OPTION_UNKNOWN UNPROCESSABLE_ENTITY "option_unknown"
        "The question has no such option.";
    INTERNAL INTERNAL_SERVER_ERROR "internal"
        "Something broke on the server. Its log has the details under the request id.";
    SESSION_OVERLOADED SERVICE_UNAVAILABLE "session_overloaded"
        "Too many requests wait for this session. Try again in a moment.";
    UNAVAILABLE SERVICE_UNAVAILABLE "unavailable"
        "The server cannot do this just now. Try again in a moment.";
    DRAINING SERVICE_UNAVAILABLE "draining"
        "The server is about to stop. Try again when it is back.";
    TIMED_OUT GATEWAY_TIMEOUT "timed_out"
        "The server took too long. Send the request again with the same idempotency key.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_names() {
        let codes: HashSet<_> = ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), ALL.len());
        for kind in ALL {
            assert!(
                kind.code
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{}",
                kind.code
            );
            assert!(kind.status.is_client_error() || kind.status.is_server_error());
        }
    }
}
