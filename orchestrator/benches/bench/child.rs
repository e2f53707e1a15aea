//! Processes of this same program that do one part of a measurement, so that memory and processor time are
//! told apart. They are spoken to in lines of JSON over their standard streams, and end with them.

use std::process::Stdio;

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{self, ChildStdin, ChildStdout};

/// A process that was started here. It is killed when this is dropped.
pub(crate) struct Child {
    process: process::Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts this program in another role.
    pub(crate) fn start(role: &str) -> anyhow::Result<Self> {
        let mut process = process::Command::new(std::env::current_exe()?)
            .arg(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start a process for {role}"))?;
        let input = process.stdin.take().context("the process has no input")?;
        let output = process.stdout.take().context("the process has no output")?;
        Ok(Self {
            process,
            input,
            output: BufReader::new(output).lines(),
        })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> anyhow::Result<u32> {
        self.process.id().context("the process has ended")
    }

    /// Tells it something.
    pub(crate) async fn tell(&mut self, what: &impl Serialize) -> anyhow::Result<()> {
        let mut line = serde_json::to_string(what)?;
        line.push('\n');
        self.input.write_all(line.as_bytes()).await?;
        Ok(())
    }

    /// Waits for its next answer.
    pub(crate) async fn hear<T: DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        let line = self.output.next_line().await?;
        let line = line.context("a process of the benchmarks ended early; what it said is above")?;
        Ok(serde_json::from_str(&line)?)
    }
    /// Waits for its only answer, and until it has cleared up behind itself and ended.
    pub(crate) async fn hear_last<T: DeserializeOwned>(mut self) -> anyhow::Result<T> {
        let answer = self.hear().await?;
        self.process.wait().await?;
        Ok(answer)
    }
}
