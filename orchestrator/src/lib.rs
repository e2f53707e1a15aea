//! The control plane of Roundhouse.
pub mod sandbox;
pub mod storage;
