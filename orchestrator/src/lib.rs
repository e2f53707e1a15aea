//! The control plane of Roundhouse.

pub mod models;
pub mod sandbox;
pub mod session;
pub mod storage;
