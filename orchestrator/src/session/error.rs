//! Why a session did not do what it was asked. Each reason has a stable code and says what to do.

use super::core::Refusal;
use crate::storage::StorageError;

/// Why a session did not do what it was asked. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no such session.
    #[error("There is no such session.")]
    NotFound,
    /// It is kept to read.
    #[error("This session is archived. Take it out of the archive to go on with it.")]
    Archived,
    /// Too many prompts wait.
    #[error("32 prompts wait already. Withdraw one, or wait until one has had its turn.")]
    QueueFull,
    /// No such prompt waits or runs here.
    #[error("There is no such prompt in this session's queue.")]
    PromptNotFound,
    /// Its turn has begun.
    #[error("This prompt's turn has begun, so it cannot be withdrawn. Stop the turn instead.")]
    PromptNotQueued,
    /// There is nothing to stop.
    #[error("Nothing runs in this session, so there is nothing to stop.")]
    NothingRunning,
    /// Nobody asks this.
    #[error("This question is not open: it was answered, or its turn ended.")]
    QuestionNotFound,
    /// Not one of the choices.
    #[error("This question has no such option. Choose one of those that it lists.")]
    OptionUnknown,
    /// Work goes on.
    #[error("The session is at work. Stop the turn and withdraw what waits, then try again.")]
    Busy,
    /// The cursor is of another life.
    #[error(
        "The cursor {after} is ahead of this session, whose newest event is {last}. Start again without a cursor."
    )]
    CursorAhead {
        /// What was given.
        after: u64,
        /// What there is.
        last: u64,
    },
    /// The same key for another request.
    #[error("This Idempotency-Key was used for another request within the last 24 hours. Use a fresh one.")]
    IdempotencyMismatch,
    /// Too many requests at once for one session.
    #[error("Too many requests wait for this session. Try again in a moment.")]
    Overloaded,
    /// The database failed; the log knows more.
    #[error(
        "The server could not make this durable, so it was not done. Try again; the server's log says more."
    )]
    Unavailable,
}

impl SessionError {
    /// The stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "session_not_found",
            Self::Archived => "session_archived",
            Self::QueueFull => "queue_full",
            Self::PromptNotFound => "prompt_not_found",
            Self::PromptNotQueued => "prompt_not_queued",
            Self::NothingRunning => "nothing_running",
            Self::QuestionNotFound => "question_not_found",
            Self::OptionUnknown => "option_unknown",
            Self::Busy => "session_busy",
            Self::CursorAhead { .. } => "cursor_ahead",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::Overloaded => "session_overloaded",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<Refusal> for SessionError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Archived => Self::Archived,
            Refusal::QueueFull => Self::QueueFull,
            Refusal::PromptNotFound => Self::PromptNotFound,
            Refusal::PromptNotQueued => Self::PromptNotQueued,
            Refusal::NothingRunning => Self::NothingRunning,
            Refusal::QuestionNotFound => Self::QuestionNotFound,
            Refusal::OptionUnknown => Self::OptionUnknown,
            Refusal::Busy | Refusal::RunnerSuperseded | Refusal::RunnerUnwanted => Self::Busy,
        }
    }
}

impl From<StorageError> for SessionError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::IdempotencyMismatch => Self::IdempotencyMismatch,
            other => {
                tracing::error!(error = %other, "storage failed");
                Self::Unavailable
            }
        }
    }
}
