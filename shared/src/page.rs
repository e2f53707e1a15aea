//! Lists come in pages.

use serde::{Deserialize, Serialize};

/// One page of a list: `?limit=&cursor=` ask for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entries, in the order that the list promises.
    pub items: Vec<T>,
    /// Give this back as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}
