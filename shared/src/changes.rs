//! What a turn left changed in the workspace, as git sees it.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The workspace against the commit that the session began with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// At most 2,000, by path.
    pub files: Vec<ChangedFile>,
    /// Lines added in all files, also in those not listed.
    pub additions: u64,
    /// Lines removed.
    pub deletions: u64,
    /// True when files are missing here or the patch was cut.
    pub truncated: bool,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedFile {
    /// Relative to the workspace.
    pub path: String,
    /// Where it was before, when it moved.
    pub old_path: Option<String>,
    /// What happened to it.
    pub status: FileStatus,
    /// Lines added; 0 for a binary file.
    pub additions: u64,
    /// Lines removed; 0 for a binary file.
    pub deletions: u64,
    /// True when git takes it for binary.
    pub binary: bool,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// Its content changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It moved.
    Renamed,
}

/// `GET /api/sessions/:id/diff`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// The summary.
    pub changes: Changes,
    /// The unified patch, `git diff`'s own format, at most 2 MiB; empty when nothing changed.
    pub patch: String,
    /// When it was taken; null before the first turn ended.
    pub taken_at: Option<Timestamp>,
}
