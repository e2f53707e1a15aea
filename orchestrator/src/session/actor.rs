//! The actor of a session: ractor's glue around the pure core. It knows no rules; it hands inputs to
//! the core and performs the effects in the order commit, publish, call out. When a commit fails it
//! stops, and whoever needs the session next opens it again from what is durable.

use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use shared::Timestamp;
use shared::prompt::Prompt;
use shared::runner::{Hello, NumberedReport, close};
use shared::session::{Person, Session};
use shared::socket::Delta;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::SessionError;
use super::context::Context;
use super::core::{Core, Effect, Input};
use super::effects::Performer;
use super::frame::Frame;
use super::runner_link::{LinkId, LinkOrder, ORDERS};
use super::subscription::{Joined, PAGE, Seat};
use super::watchers::{WatcherId, Watchers};
use crate::storage::{Idempotency, StorageError};

/// How long presence gathers before it is told: a thousand people who come at once are one frame.
const PRESENCE_PAUSE: Duration = Duration::from_millis(150);

/// What a session's actor is told. Small, since a mailbox keeps room for many: large things are boxed.
pub(super) enum Message {
    /// Somebody asks for something and waits for the answer.
    Command(Box<Command>),
    /// Something happened that nobody waits for.
    Happened(Box<Input>),
    Join {
        after: u64,
        person: Box<Person>,
        reply: oneshot::Sender<Result<Joined, SessionError>>,
    },
    Left {
        watcher: WatcherId,
    },
    Typing {
        watcher: WatcherId,
    },
    Presence,
    Hello {
        hello: Box<Hello>,
        reply: oneshot::Sender<Result<(LinkId, mpsc::Receiver<LinkOrder>), u16>>,
    },
    Reports {
        link: LinkId,
        reports: Vec<NumberedReport>,
        done: oneshot::Sender<()>,
    },
    Delta {
        link: LinkId,
        delta: Box<Delta>,
    },
    LinkLost {
        link: LinkId,
    },
    /// The turn that runs, if the sandbox of this generation is the current one.
    Admit {
        generation: u64,
        reply: oneshot::Sender<Option<Option<shared::TurnId>>>,
    },
    Deadline,
    Rest,
}

/// A command and how to answer it.
pub(super) struct Command {
    pub(super) input: Input,
    /// The prompt among the input, to answer with.
    pub(super) prompt: Option<Prompt>,
    pub(super) idempotency: Option<Idempotency>,
    pub(super) reply: oneshot::Sender<Result<Done, SessionError>>,
}

/// What a command led to.
pub(super) struct Done {
    pub(super) session: Session,
    /// The prompt that it made, or had made before, as it was answered the first time.
    pub(super) prompt: Option<Prompt>,
    pub(super) replayed: bool,
}

/// Where an actor is told things. Never waits; false when the actor is gone.
#[derive(Debug, Clone)]
pub(super) struct ActorAddress(pub(super) ActorRef<Message>);

impl ActorAddress {
    pub(super) fn send(&self, message: Message) -> bool {
        self.0.send_message(message).is_ok()
    }
}

pub(super) struct SessionActor;

/// What an awake session holds.
pub(super) struct Awake {
    core: Core,
    performer: Performer,
    watchers: Watchers,
    presence_due: bool,
    deadline: Option<(Timestamp, JoinHandle<()>)>,
    rest: Option<JoinHandle<()>>,
    last_link: LinkId,
    context: Arc<Context>,
}

/// What an actor begins with.
pub(super) struct Opening {
    pub(super) core: Core,
    pub(super) epoch: u64,
    pub(super) context: Arc<Context>,
    /// What is to be told to the core before anything else.
    pub(super) first: Vec<Input>,
    /// What is left to do of the step that made the core: its events are committed already.
    pub(super) effects: Vec<Effect>,
}

impl Actor for SessionActor {
    type Msg = Message;
    type State = Awake;
    type Arguments = Opening;

    async fn pre_start(
        &self,
        myself: ActorRef<Message>,
        opening: Opening,
    ) -> Result<Awake, ActorProcessingErr> {
        let Opening {
            core,
            epoch,
            context,
            first,
            effects,
        } = opening;
        for input in first {
            myself.send_message(Message::Happened(Box::new(input)))?;
        }
        myself.send_message(Message::Deadline)?;
        let mut performer = Performer::new(&core, epoch, Arc::clone(&context), ActorAddress(myself));
        for effect in effects {
            performer.call_out(&core, effect);
        }
        Ok(Awake {
            performer,
            core,
            watchers: Watchers::default(),
            presence_due: false,
            deadline: None,
            rest: None,
            last_link: 0,
            context,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        awake: &mut Awake,
    ) -> Result<(), ActorProcessingErr> {
        // Boxed: what a step needs while it waits is kilobytes, and an actor that waits for a message would
        // otherwise keep room for it.
        Box::pin(awake.take(&myself, message)).await
    }

    async fn post_stop(&self, _: ActorRef<Message>, awake: &mut Awake) -> Result<(), ActorProcessingErr> {
        if let Some((_, alarm)) = awake.deadline.take() {
            alarm.abort();
        }
        if let Some(alarm) = awake.rest.take() {
            alarm.abort();
        }
        awake.performer.close_link(close::RESTARTING);
        Ok(())
    }
}

impl Awake {
    async fn take(&mut self, myself: &ActorRef<Message>, message: Message) -> Result<(), ActorProcessingErr> {
        let now = Timestamp::now();
        match message {
            Message::Command(command) => self.command(*command, now).await?,
            Message::Happened(input) => self.happened(*input, now).await?,
            Message::Join { after, person, reply } => self.join(myself, after, *person, reply).await,
            Message::Left { watcher } => {
                self.watchers.leave(watcher);
                self.presence_soon(myself, PRESENCE_PAUSE);
            }
            Message::Typing { watcher } => {
                if self.watchers.typed(watcher, now) {
                    self.presence_soon(myself, PRESENCE_PAUSE);
                }
            }
            Message::Presence => self.tell_presence(myself, now)?,
            Message::Hello { hello, reply } => self.hello(*hello, reply, now).await?,
            Message::Reports { link, reports, done } => {
                if self.performer.is_linked(link) {
                    self.happened(Input::Reports(reports), now).await?;
                    // A socket that went away in the meantime asks again when it is back.
                    let _ = done.send(());
                }
            }
            Message::Delta { link, delta } => {
                if self.performer.is_linked(link) && self.core.delta(&delta) {
                    self.watchers
                        .publish(|| Frame::delta(&delta).into_iter().collect());
                }
            }
            Message::LinkLost { link } => {
                if self.performer.is_linked(link) {
                    self.performer.unlink();
                    self.happened(Input::LinkLost, now).await?;
                }
            }
            Message::Admit { generation, reply } => {
                let turn = self.core.turn.as_ref().map(|running| running.turn.id);
                let _ = reply.send((generation == self.core.generation).then_some(turn));
            }
            Message::Deadline => self.happened(Input::Tick, now).await?,
            Message::Rest => {
                if self.may_rest() {
                    self.context.forget(self.core.charter.id, myself);
                    myself.stop(Some("nothing to do".to_owned()));
                }
            }
        }
        self.set_alarms(myself, now);
        Ok(())
    }

    /// Tells the core, and performs what it wants. An error means that nothing durable can be done:
    /// the actor ends.
    async fn happened(&mut self, input: Input, now: Timestamp) -> Result<(), StorageError> {
        let before = self.core.turn_number();
        match self.core.apply(input, now) {
            Ok(effects) => {
                self.performer
                    .perform(&self.core, before, effects, None, &self.watchers, now)
                    .await
            }
            Err(refusal) => {
                tracing::debug!(session = %self.core.charter.id, ?refusal, "refused");
                Ok(())
            }
        }
    }

    async fn command(&mut self, command: Command, now: Timestamp) -> Result<(), StorageError> {
        let Command {
            input,
            prompt,
            idempotency,
            reply,
        } = command;
        if let Some(request) = &idempotency {
            match self.context.storage.replay(request).await {
                Ok(None) => {}
                Ok(Some(body)) => {
                    let _ = reply.send(match serde_json::from_str(&body) {
                        Ok(prompt) => Ok(Done {
                            session: self.core.session(),
                            prompt: Some(prompt),
                            replayed: true,
                        }),
                        Err(error) => Err(StorageError::from(error).into()),
                    });
                    return Ok(());
                }
                Err(error) => {
                    let _ = reply.send(Err(error.into()));
                    return Ok(());
                }
            }
        }
        let before = self.core.turn_number();
        let effects = match self.core.apply(input, now) {
            Ok(effects) => effects,
            Err(refusal) => {
                let _ = reply.send(Err(refusal.into()));
                return Ok(());
            }
        };
        let answer = match (&prompt, idempotency) {
            (Some(prompt), Some(request)) => Some((request, serde_json::to_string(prompt)?)),
            _ => None,
        };
        let performed = self
            .performer
            .perform(&self.core, before, effects, answer, &self.watchers, now)
            .await;
        match performed {
            Ok(()) => {
                let _ = reply.send(Ok(Done {
                    session: self.core.session(),
                    prompt,
                    replayed: false,
                }));
                Ok(())
            }
            Err(error) => {
                let _ = reply.send(Err(SessionError::Unavailable));
                Err(error)
            }
        }
    }

    async fn join(
        &mut self,
        myself: &ActorRef<Message>,
        after: u64,
        person: Person,
        reply: oneshot::Sender<Result<Joined, SessionError>>,
    ) {
        let last = self.core.last_seq;
        let answer = if after > last {
            Err(SessionError::CursorAhead { after, last })
        } else {
            self.seat(myself, after, person).await
        };
        // An answer that nobody waits for any more gives its seat back when it is dropped.
        let _ = reply.send(answer);
    }

    async fn seat(
        &mut self,
        myself: &ActorRef<Message>,
        after: u64,
        person: Person,
    ) -> Result<Joined, SessionError> {
        let events = if after == self.core.last_seq {
            Vec::new()
        } else {
            let stretch = self
                .context
                .storage
                .events()
                .after(self.core.charter.id, after, PAGE)
                .await?;
            if stretch.more {
                return Ok(Joined::Behind);
            }
            stretch.events
        };
        let mut missed: Vec<Frame> = events.into_iter().map(Frame::event).collect();
        for delta in self.core.live_texts() {
            missed.extend(Frame::delta(&delta));
        }
        let (watcher, receiver) = self.watchers.join(person);
        self.presence_soon(myself, PRESENCE_PAUSE);
        let seat = Seat {
            address: ActorAddress(myself.clone()),
            watcher,
        };
        Ok(Joined::Live {
            seat,
            receiver,
            missed,
        })
    }

    fn presence_soon(&mut self, myself: &ActorRef<Message>, pause: Duration) {
        if !self.presence_due && !self.watchers.is_empty() {
            self.presence_due = true;
            myself.send_after(pause, || Message::Presence);
        }
    }

    fn tell_presence(&mut self, myself: &ActorRef<Message>, now: Timestamp) -> Result<(), serde_json::Error> {
        self.presence_due = false;
        let frame = Frame::presence(&self.watchers.presence(now))?;
        self.watchers.publish(|| vec![frame]);
        if self.watchers.anyone_types(now) {
            self.presence_soon(myself, Duration::from_secs(1));
        }
        Ok(())
    }

    async fn hello(
        &mut self,
        hello: Hello,
        reply: oneshot::Sender<Result<(LinkId, mpsc::Receiver<LinkOrder>), u16>>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let before = self.core.turn_number();
        let effects = match self.core.apply(Input::Hello(hello), now) {
            Ok(effects) => effects,
            Err(refusal) => {
                let code = match refusal {
                    super::core::Refusal::RunnerSuperseded => close::SUPERSEDED,
                    _ => close::GONE,
                };
                let _ = reply.send(Err(code));
                return Ok(());
            }
        };
        self.last_link += 1;
        let (orders, receiver) = mpsc::channel(ORDERS);
        // Whoever was linked before is the same runner, whose cut connection nobody noticed yet.
        self.performer.link(self.last_link, orders);
        let _ = reply.send(Ok((self.last_link, receiver)));
        self.performer
            .perform(&self.core, before, effects, None, &self.watchers, now)
            .await
    }

    fn may_rest(&self) -> bool {
        self.core.may_rest() && self.watchers.is_empty()
    }

    fn set_alarms(&mut self, myself: &ActorRef<Message>, now: Timestamp) {
        let wanted = self.core.next_deadline();
        if self.deadline.as_ref().map(|(when, _)| *when) != wanted {
            if let Some((_, alarm)) = self.deadline.take() {
                alarm.abort();
            }
            self.deadline = wanted.map(|when| {
                let pause = when.since(now) + Duration::from_millis(1);
                (when, alarm(myself, pause, || Message::Deadline))
            });
        }
        if let Some(alarm) = self.rest.take() {
            alarm.abort();
        }
        if self.may_rest() {
            self.rest = Some(alarm(myself, self.context.rest_after, || Message::Rest));
        }
    }
}

fn alarm(
    myself: &ActorRef<Message>,
    pause: Duration,
    message: impl Fn() -> Message + Send + 'static,
) -> JoinHandle<()> {
    let address = ActorAddress(myself.clone());
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        address.send(message());
    })
}
