//! The control plane of Roundhouse.

pub mod app;
pub mod auth;
pub mod config;
pub mod http;
pub mod models;
pub mod sandbox;
pub mod session;
pub mod storage;
