//! `make bench`: what Roundhouse does, beside the raw limit of the machine in the same run, and the aims. Traffic is
//! on loopback only; processes and folders that are made here are ended and removed here. See docs/BENCHMARKS.md.

mod bare;
mod bare_server;
mod child;
mod create;
mod events;
mod fanout;
mod machine;
mod memory;
mod replay;
mod speaker;
mod stage;
mod start;
mod table;
mod watchers;
mod work;

use std::io::Write;
use std::time::Instant;

use table::Figure;

/// The measurements, in the order in which they are made.
const FIGURES: [&str; 6] = ["create", "events", "fanout", "memory", "replay", "start"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    machine::open_many_files();
    // Before anything is counted: what counts earlier is lost.
    orchestrator::app::telemetry::measurements()?;
    // Cargo adds `--bench`; other arguments choose what is measured, or a role.
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    match chosen.first().map(String::as_str) {
        Some(watchers::ROLE) => watchers::run().await,
        Some(memory::SESSIONS_ROLE) => memory::of_sessions().await,
        Some(memory::WATCHERS_ROLE) => memory::of_watchers().await,
        _ => measure(&chosen).await,
    }
}

async fn measure(chosen: &[String]) -> anyhow::Result<()> {
    if let Some(unknown) = chosen.iter().find(|name| !FIGURES.contains(&name.as_str())) {
        anyhow::bail!(
            "there is no measurement `{unknown}`: choose among {}",
            FIGURES.join(", ")
        );
    }
    let started = Instant::now();
    let mut figures: Vec<Figure> = Vec::new();
    for name in FIGURES {
        if !chosen.is_empty() && !chosen.iter().any(|choice| choice == name) {
            continue;
        }
        show(&format!("{:>4.0} s  {name} …", started.elapsed().as_secs_f64()));
        figures.extend(match name {
            "create" => create::measure().await?,
            "events" => events::measure().await?,
            "fanout" => fanout::measure().await?,
            "memory" => memory::measure().await?,
            "replay" => replay::measure().await?,
            _ => start::measure().await?,
        });
    }
    say(&format!(
        "\n{}\nMeasured in {:.0} seconds. Ratios are what counts: both sides of each were measured by turns on the same \
         machine.",
        table::table(&figures),
        started.elapsed().as_secs_f64()
    ))
}

/// Writes a line to standard output.
fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// Shows how far it is.
fn show(line: &str) {
    // Nobody may look.
    let _ = writeln!(std::io::stderr(), "{line}");
}
