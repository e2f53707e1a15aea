//! What the server tells those who run it: logs on standard error, and measurements. Set up once a
//! process; everybody else uses the `tracing` and `metrics` macros.

use std::io::IsTerminal;
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogOptions};

/// Bounds of histograms, in seconds: what people notice begins at a tenth.
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Begins to log.
///
/// # Errors
/// When the filter is none, or somebody else logs already.
pub fn start_logs(options: &LogOptions) -> anyhow::Result<()> {
    // Migrations speak at every start; what they have to say comes as an error too.
    let filter = EnvFilter::try_new(format!("refinery_core=warn,{}", options.level))
        .context("LOG_LEVEL is not a filter")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match options.format {
        LogFormat::Pretty => builder.compact().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))
}

/// Where measurements are read. There is one in a process, however often this is called.
///
/// # Errors
/// When somebody else measures already.
pub fn measurements() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| anyhow::anyhow!("measurements are read elsewhere"))?;
    metrics::describe_counter!("http_requests_total", "Requests, by method, route and status");
    metrics::describe_histogram!("http_request_duration_seconds", "Time to the head of an answer");
    metrics::describe_gauge!("watchers", "Clients that follow a session, by protocol");
    metrics::describe_gauge!("runners_linked", "Runners that are connected");
    Ok(HANDLE.get_or_init(|| handle).clone())
}
