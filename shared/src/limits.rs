//! The bounds that a client can run into. Past one there is a named error, never a hang.

/// Bytes of a prompt's text (64 KiB).
pub const PROMPT_BYTES: usize = 64 * 1024;

/// Prompts that may wait in one session's queue.
pub const QUEUE_LENGTH: usize = 32;

/// Characters of a session's title.
pub const TITLE_CHARACTERS: usize = 200;

/// Bytes of one frame of a client's socket, and of a JSON request body (256 KiB).
pub const CLIENT_FRAME_BYTES: usize = 256 * 1024;

/// Bytes of one frame of the runner's socket (4 MiB).
pub const RUNNER_FRAME_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that a runner keeps of one tool call's output, or of its input (64 KiB).
pub const TOOL_TEXT_BYTES: usize = 64 * 1024;

/// Bytes of one text or thinking part (1 MiB); what an agent says past it is cut with a note.
pub const PART_TEXT_BYTES: usize = 1024 * 1024;

/// Bytes of the patch kept after a turn (2 MiB).
pub const PATCH_BYTES: usize = 2 * 1024 * 1024;

/// Changed files listed after a turn.
pub const CHANGED_FILES: usize = 2_000;

/// Reports that a runner keeps on disk until they are acknowledged; past it the agent waits.
pub const OUTBOX_REPORTS: usize = 10_000;

/// Entries of one page of a list.
pub const PAGE_LENGTH: usize = 100;
