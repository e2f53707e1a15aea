//! The control plane of Roundhouse.
pub mod storage;
