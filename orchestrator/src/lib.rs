//! The control plane of Roundhouse.

pub mod agents;
pub mod app;
pub mod auth;
pub mod config;
mod data_dir;
pub mod http;
pub mod models;
pub mod sandbox;
pub mod session;
pub mod storage;
pub mod telemetry;
