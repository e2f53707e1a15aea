//! Performs what the core asks for: first the commit, then the publishing, then the calls to the
//! outside. Owns the runner's link and the queue of calls to the provider; decides nothing.

use std::sync::Arc;

use shared::event::EventBody;
use shared::runner::{RunnerCommand, Setup, close};
use shared::{Event, SessionId, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::actor::{ActorAddress, Message};
use super::context::Context;
use super::core::{Core, Effect, Input};
use super::frame::Frame;
use super::runner_link::{LinkId, LinkOrder};
use super::watchers::Watchers;
use crate::sandbox::{Spec, Token};
use crate::storage::{Committed, Header, Idempotency, SessionCommit, StorageError};

/// Performs the effects of one session.
pub(super) struct Performer {
    session: SessionId,
    epoch: u64,
    /// What was committed last.
    last_seq: u64,
    header: Header,
    link: Option<(LinkId, mpsc::Sender<LinkOrder>)>,
    /// The provider's calls are made one after another, in the order in which they were wanted.
    provider_calls: Option<JoinHandle<()>>,
    context: Arc<Context>,
    address: ActorAddress,
}

impl Performer {
    pub(super) fn new(core: &Core, epoch: u64, context: Arc<Context>, address: ActorAddress) -> Self {
        Self {
            session: core.charter.id,
            epoch,
            last_seq: core.last_seq,
            header: core.header(),
            link: None,
            provider_calls: None,
            context,
            address,
        }
    }

    pub(super) fn is_linked(&self, link: LinkId) -> bool {
        self.link.as_ref().is_some_and(|(id, _)| *id == link)
    }

    pub(super) fn link(&mut self, id: LinkId, orders: mpsc::Sender<LinkOrder>) {
        self.close_link(close::RESTARTING);
        self.link = Some((id, orders));
    }

    pub(super) fn unlink(&mut self) {
        self.link = None;
    }

    pub(super) fn close_link(&mut self, code: u16) {
        if let Some((_, orders)) = self.link.take() {
            // A full queue closes it as well: the sender is dropped here.
            let _ = orders.try_send(LinkOrder::Close(code));
        }
    }

    /// Performs the effects of one step. `turn` is the number of the turn before it.
    pub(super) async fn perform(
        &mut self,
        core: &Core,
        turn: u64,
        effects: Vec<Effect>,
        answer: Option<(Idempotency, String)>,
        watchers: &Watchers,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let known = Known {
            epoch: self.epoch,
            last_seq: self.last_seq,
            turn,
        };
        // A call that came back would keep its task's memory for as long as its handle is here.
        self.provider_calls.take_if(|call| call.is_finished());
        let (commit, outward) = sort(core, &known, effects, answer, now)?;
        self.commit_and_publish(core, commit, watchers).await?;
        for effect in outward {
            self.call_out(core, effect);
        }
        Ok(())
    }

    async fn commit_and_publish(
        &mut self,
        core: &Core,
        commit: SessionCommit,
        watchers: &Watchers,
    ) -> Result<(), StorageError> {
        let nothing_new = commit.events.is_empty()
            && commit.model_calls.is_empty()
            && commit.answer.is_none()
            && commit.header == self.header;
        if nothing_new {
            return Ok(());
        }
        let header = commit.header.clone();
        let stored: Vec<_> = commit
            .events
            .iter()
            .map(|committed| committed.stored.clone())
            .collect();
        self.context.storage.commit_session(commit).await?;
        metrics::counter!("events_committed").increment(stored.len() as u64);
        self.last_seq = core.last_seq;
        let listed = Header {
            last_report: self.header.last_report,
            ..header.clone()
        } != self.header;
        self.header = header;
        if !stored.is_empty() {
            watchers.publish(|| stored.into_iter().map(Frame::event).collect());
        }
        if listed {
            self.context.announce(core.session());
        }
        Ok(())
    }

    /// Does what reaches beyond the disk. Everything that it may tell anybody is durable by now.
    pub(super) fn call_out(&mut self, core: &Core, effect: Effect) {
        match effect {
            Effect::Send(command) => self.send(command),
            Effect::Welcome { ack } => {
                if let Some(setup) = self.setup(core) {
                    self.send(RunnerCommand::Welcome {
                        protocol: shared::runner::PROTOCOL,
                        ack,
                        setup,
                    });
                }
            }
            Effect::Configure => {
                if let Some(setup) = self.setup(core) {
                    self.send(RunnerCommand::Configure { setup });
                }
            }
            Effect::CloseLink(code) => self.close_link(code),
            Effect::StartSandbox { generation } => self.start_sandbox(generation),
            Effect::StopSandbox { generation } => self.stop_sandbox(generation),
            // Durable effects were taken out before.
            Effect::Commit(_) | Effect::KeepPatch(_) | Effect::KeepModelCall(_) => {}
        }
    }

    fn send(&mut self, command: RunnerCommand) {
        let Some((_, orders)) = &self.link else { return };
        if orders.try_send(LinkOrder::Send(Box::new(command))).is_err() {
            // It does not read: it dials again and is told anew what it must know.
            tracing::warn!(session = %self.session, "the runner does not keep up; its link is cut");
            self.close_link(close::RESTARTING);
        }
    }

    fn setup(&self, core: &Core) -> Option<Setup> {
        match self.context.setup(core) {
            Ok(setup) => Some(setup),
            Err(reason) => {
                let generation = core.generation;
                self.address
                    .send(Message::Happened(Box::new(Input::SandboxStartFailed {
                        generation,
                        reason,
                    })));
                None
            }
        }
    }

    fn start_sandbox(&mut self, generation: u64) {
        let (context, session) = (Arc::clone(&self.context), self.session);
        self.call_provider(async move {
            let started = async {
                let token = context.sign(session, generation)?;
                let spec = Spec {
                    session,
                    generation,
                    token: Token::new(token),
                    orchestrator_url: context.orchestrator_url.clone(),
                    environment: context.runner_environment.clone(),
                };
                context
                    .provider
                    .start(spec)
                    .await
                    .map_err(|error| error.to_string())
            };
            match started.await {
                Ok(()) => Input::SandboxStarted { generation },
                Err(reason) => Input::SandboxStartFailed { generation, reason },
            }
        });
    }

    fn stop_sandbox(&mut self, generation: u64) {
        let (context, session) = (Arc::clone(&self.context), self.session);
        self.close_link(close::GONE);
        self.call_provider(async move {
            if let Err(error) = context.provider.stop(session).await {
                tracing::error!(%session, %error, "a sandbox could not be stopped");
            }
            Input::SandboxExited {
                generation,
                detail: "it was stopped".to_owned(),
            }
        });
    }

    fn call_provider(&mut self, call: impl Future<Output = Input> + Send + 'static) {
        let earlier = self.provider_calls.take();
        let address = self.address.clone();
        self.provider_calls = Some(tokio::spawn(async move {
            if let Some(earlier) = earlier {
                // Its outcome was told by itself; here only the order matters.
                let _ = earlier.await;
            }
            let input = call.await;
            address.send(Message::Happened(Box::new(input)));
        }));
    }
}

/// What is durable of a session before a step.
pub(super) struct Known {
    /// The epoch that its actor was opened with.
    pub(super) epoch: u64,
    /// Its newest event.
    pub(super) last_seq: u64,
    /// The number of the turn that ran or had last run.
    pub(super) turn: u64,
}

/// Sorts the effects of a step into what is to be made durable and what comes after that.
pub(super) fn sort(
    core: &Core,
    known: &Known,
    effects: Vec<Effect>,
    answer: Option<(Idempotency, String)>,
    now: Timestamp,
) -> Result<(SessionCommit, Vec<Effect>), StorageError> {
    let mut commit = SessionCommit {
        session: core.charter.id,
        epoch: known.epoch,
        last_seq: known.last_seq,
        events: Vec::new(),
        header: core.header(),
        now,
        patch: None,
        model_calls: Vec::new(),
        answer,
    };
    let mut outward = Vec::new();
    let mut turn = known.turn;
    for effect in effects {
        match effect {
            Effect::Commit(event) => commit.events.push(committed(event, &mut turn)?),
            Effect::KeepPatch(patch) => commit.patch = Some(patch),
            Effect::KeepModelCall(call) => commit.model_calls.push(call),
            other => outward.push(other),
        }
    }
    Ok((commit, outward))
}

/// Serialises an event, and counts the turns on.
fn committed(event: Event, turn: &mut u64) -> Result<Committed, StorageError> {
    if let EventBody::TurnStarted { turn: started } = &event.body {
        *turn = started.number;
    }
    Committed::new(event, *turn)
}
