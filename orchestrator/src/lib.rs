//! The control plane of Roundhouse.
pub mod session;
pub mod storage;
