//! The binary: reads its configuration, starts the log, and runs the runner until it is told to end.

use sandbox_runner::config::Config;

fn main() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    sandbox_runner::start_log(&config.log_level);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(sandbox_runner::run(config))
}
