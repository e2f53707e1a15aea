//! The embedded provider: a sandbox is a runner process with folders of its own, fenced by bubblewrap where that
//! works. A runner outlives us (our end by Ctrl-C or by `kill -9` does not touch it) and is found again by the
//! record in its folder. This file orders the work of one session after another; the steps are in the files beside.
//!
//! What the fence does not do: a sandbox shares the host's network, and its memory and disk are not limited.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::SessionId;
use tokio::process::{Child, Command};

use self::ending::{blocking, end, sweep};
use self::exit::describe;
use self::fence::Fence;
use self::folders::Folders;
use self::launch::{Common, Launch};
use self::processes::Identity;
use self::programs::Programs;
use self::record::Record;
use super::{Capabilities, Keep, OnExit, Provider, ProviderError, Running, SandboxExit, Spec, Work};

mod ending;
mod exit;
mod fence;
mod folders;
mod launch;
mod processes;
mod programs;
mod record;
mod removal;
#[cfg(test)]
mod tests;

/// How often we look whether a sandbox still lives that an earlier orchestrator started.
const LOOK: Duration = Duration::from_millis(250);

/// What the provider needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The orchestrator's data folder; sandboxes are in `sandboxes/` in it.
    pub data_dir: PathBuf,
    /// The `sandbox-runner` program; see [`runner_beside`].
    pub runner: PathBuf,
    /// The OpenCode program; without it, it is looked up in `search_path`.
    pub opencode: Option<PathBuf>,
    /// The orchestrator's own PATH, to find bubblewrap, Node.js and OpenCode by. Sandboxes get another.
    pub search_path: OsString,
    /// Whether to fence sandboxes off where this machine can.
    pub isolate: bool,
    /// How long a runner waits for an orchestrator before it ends itself.
    pub orphan_timeout: Duration,
    /// What runners log: `info`.
    pub log_level: String,
}

/// Where the runner of this build is: beside the orchestrator's own program.
pub fn runner_beside(orchestrator: &Path) -> PathBuf {
    orchestrator.with_file_name("sandbox-runner")
}

/// Makes sandboxes as processes of this machine.
pub struct ProcessProvider {
    capabilities: Capabilities,
    inner: Arc<Inner>,
}

impl ProcessProvider {
    /// Looks up the programs, finds out whether sandboxes can be fenced here, and makes the folder. Touches no
    /// sandbox: [`Provider::reap`] does.
    pub async fn open(options: Options, on_exit: OnExit) -> Result<Self, ProviderError> {
        let sandboxes = options.data_dir.join("sandboxes");
        folders::private_folder(&sandboxes)?;
        let sandboxes = sandboxes
            .canonicalize()
            .map_err(ProviderError::files("find", &sandboxes))?;
        let programs = Programs::find(&options.runner, options.opencode.as_deref(), &options.search_path)?;
        let fence = match options.isolate {
            true => Fence::raise(&options.search_path).await,
            false => Fence::switched_off(),
        };
        let warning = match &fence {
            Fence::None { warning } => Some(warning.clone()),
            Fence::Bubblewrap { .. } => None,
        };
        let capabilities = Capabilities {
            isolated: fence.stands(),
            warning,
            can_hibernate: true,
        };
        let common = Common {
            fence,
            programs,
            orphan_timeout: options.orphan_timeout,
            log_level: options.log_level,
        };
        let inner = Arc::new(Inner {
            sandboxes,
            common,
            on_exit,
            places: Mutex::default(),
        });
        Ok(Self { capabilities, inner })
    }

    /// Carries work out to its end, also when the caller stops waiting for it: half a start would leave a process
    /// that nobody knows of.
    fn carry_out<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F + Send + 'static) -> Work<'static, T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ProviderError>> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            tokio::spawn(work(inner))
                .await
                .unwrap_or(Err(ProviderError::CutShort))
        })
    }
}

impl Provider for ProcessProvider {
    fn name(&self) -> &'static str {
        "process"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn start(&self, spec: Spec) -> Work<'_, ()> {
        self.carry_out(|inner| async move { inner.start(spec).await })
    }

    fn stop(&self, session: SessionId) -> Work<'_, ()> {
        self.carry_out(move |inner| async move { inner.stop(session).await })
    }

    fn destroy(&self, session: SessionId) -> Work<'_, ()> {
        self.carry_out(move |inner| async move { inner.destroy(session).await })
    }

    fn find(&self, session: SessionId) -> Work<'_, Option<Running>> {
        self.carry_out(move |inner| async move { inner.find(session).await })
    }

    fn reap(&self, keep: Keep) -> Work<'_, Vec<Running>> {
        self.carry_out(move |inner| async move { inner.reap(keep).await })
    }
}

/// A sandbox whose end we wait for.
#[derive(Debug, Clone)]
struct Watched {
    running: Running,
    process: Identity,
    fenced: bool,
    /// Set when we end it ourselves, so that its end is no news.
    asked_to_end: Arc<AtomicBool>,
}

/// A session's place in the table. Who holds it is the only one to touch the session's sandbox.
type Place = Arc<tokio::sync::Mutex<Option<Watched>>>;

struct Inner {
    sandboxes: PathBuf,
    common: Common,
    on_exit: OnExit,
    places: Mutex<HashMap<SessionId, Place>>,
}

impl Inner {
    async fn start(self: &Arc<Self>, spec: Spec) -> Result<(), ProviderError> {
        let asked = Running {
            session: spec.session,
            generation: spec.generation,
        };
        let turn = self.turn(asked.session);
        let mut watched = turn.place.lock().await;
        if let Some(current) = self.locate(asked.session, &mut watched).await? {
            match current.generation.cmp(&asked.generation) {
                Ordering::Equal => return Ok(()),
                Ordering::Less => self.end(&mut watched).await?,
                Ordering::Greater => {
                    return Err(ProviderError::Superseded {
                        asked: asked.generation,
                        running: current.generation,
                    });
                }
            }
        }
        let (child, launched) = self.launch(spec).await?;
        tracing::info!(session = %asked.session, generation = asked.generation, "sandbox started");
        self.watch(&launched, Some(child));
        *watched = Some(launched);
        Ok(())
    }

    async fn stop(self: &Arc<Self>, session: SessionId) -> Result<(), ProviderError> {
        let turn = self.turn(session);
        let mut watched = turn.place.lock().await;
        self.locate(session, &mut watched).await?;
        self.end(&mut watched).await
    }

    async fn destroy(self: &Arc<Self>, session: SessionId) -> Result<(), ProviderError> {
        let turn = self.turn(session);
        let mut watched = turn.place.lock().await;
        self.locate(session, &mut watched).await?;
        self.end(&mut watched).await?;
        let folders = Folders::of(&self.sandboxes, session);
        blocking(move || folders.remove()).await?
    }

    async fn find(self: &Arc<Self>, session: SessionId) -> Result<Option<Running>, ProviderError> {
        let turn = self.turn(session);
        let mut watched = turn.place.lock().await;
        self.locate(session, &mut watched).await
    }

    async fn reap(self: &Arc<Self>, keep: Keep) -> Result<Vec<Running>, ProviderError> {
        let sandboxes = self.sandboxes.clone();
        let mut found = Vec::new();
        for session in blocking(move || folders::sessions(&sandboxes)).await?? {
            // One that cannot be looked at or ended must not keep us from the others.
            match self.find(session).await {
                Ok(Some(running)) if keep(running) => found.push(running),
                Ok(Some(_)) => {
                    if let Err(error) = self.stop(session).await {
                        tracing::error!(%session, %error, "could not end a sandbox that nobody wants");
                    }
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%session, %error, "could not look for a sandbox"),
            }
        }
        Ok(found)
    }

    /// The session's sandbox, if it lives: one that we watch, or one that an earlier orchestrator recorded, which
    /// is watched from now on. What is left of a dead one is cleared away.
    async fn locate(
        self: &Arc<Self>,
        session: SessionId,
        watched: &mut Option<Watched>,
    ) -> Result<Option<Running>, ProviderError> {
        let root = Folders::of(&self.sandboxes, session).root;
        if let Some(current) = watched.as_ref() {
            if current.process.is_alive() {
                return Ok(Some(current.running));
            }
        } else {
            let Some(record) = Record::read(&root)? else {
                return Ok(None);
            };
            if let Some(process) = record.living() {
                let running = Running {
                    session,
                    generation: record.generation,
                };
                let found = Watched::new(running, process, record.fenced);
                self.watch(&found, None);
                *watched = Some(found);
                return Ok(Some(running));
            }
            if !record.is_of_this_boot() {
                Record::remove(&root)?;
                return Ok(None);
            }
        }
        sweep(session, None, HashSet::new()).await?;
        Record::remove(&root)?;
        *watched = None;
        Ok(None)
    }

    /// Ends the sandbox that is watched, if one is.
    async fn end(&self, watched: &mut Option<Watched>) -> Result<(), ProviderError> {
        let Some(current) = watched.as_ref() else {
            return Ok(());
        };
        let Running { session, generation } = current.running;
        current.asked_to_end.store(true, Relaxed);
        end(session, current.process, current.fenced).await?;
        Record::remove(&Folders::of(&self.sandboxes, session).root)?;
        *watched = None;
        tracing::info!(%session, generation, "sandbox ended");
        Ok(())
    }

    /// Prepares the folders and launches the runner. Recorded before and after: should we die in between, the next
    /// orchestrator knows that there may be something to clear away.
    async fn launch(self: &Arc<Self>, spec: Spec) -> Result<(Child, Watched), ProviderError> {
        let running = Running {
            session: spec.session,
            generation: spec.generation,
        };
        let fenced = self.common.fence.stands();
        let inner = Arc::clone(self);
        blocking(move || {
            let folders = Folders::of(&inner.sandboxes, running.session);
            folders.make()?;
            inner.common.write_accounts(&folders)?;
            let log = folders.open_log()?;
            let mut record = Record::new(running.generation, fenced);
            record.write(&folders.root)?;
            let mut child = spawn(inner.common.launch(&spec, &folders), &folders, log)?;
            let recorded = Identity::launched(child.id()).and_then(|process| {
                record.process = Some(process);
                record.write(&folders.root)?;
                Ok(process)
            });
            match recorded {
                Ok(process) => Ok((child, Watched::new(running, process, fenced))),
                Err(error) => {
                    // It is swept by its marker when it is next looked for, if this does not reach all of it.
                    let _ = child.start_kill();
                    Err(error)
                }
            }
        })
        .await?
    }

    /// Waits for the end of a sandbox in the background.
    fn watch(self: &Arc<Self>, watched: &Watched, child: Option<Child>) {
        let inner = Arc::downgrade(self);
        let watched = watched.clone();
        tokio::spawn(async move {
            let status = match child {
                Some(mut child) => child.wait().await.ok(),
                // Not our child: its status goes to whoever reaps it.
                None => {
                    watched.process.ended(LOOK).await;
                    None
                }
            };
            if let Some(inner) = inner.upgrade() {
                inner.ended(&watched, status).await;
            }
        });
    }

    /// A sandbox's first process ended: clears away what it left, and tells unless we ended it.
    async fn ended(self: &Arc<Self>, gone: &Watched, status: Option<ExitStatus>) {
        let Running { session, generation } = gone.running;
        let folders = Folders::of(&self.sandboxes, session);
        {
            let turn = self.turn(session);
            let mut watched = turn.place.lock().await;
            if watched
                .as_ref()
                .is_some_and(|current| current.process == gone.process)
            {
                let swept = sweep(session, Some(generation), HashSet::new()).await;
                if let Err(error) = swept.and_then(|()| Record::remove(&folders.root)) {
                    tracing::error!(%session, %error, "could not clear away a sandbox that ended");
                }
                *watched = None;
            }
        }
        if gone.asked_to_end.load(Relaxed) {
            return;
        }
        let last_line = blocking(move || folders.last_log_line()).await.ok().flatten();
        let detail = describe(status, gone.fenced, last_line.as_deref());
        tracing::warn!(%session, generation, detail, "sandbox ended by itself");
        (self.on_exit)(SandboxExit {
            session,
            generation,
            detail,
        });
    }

    /// A seat in the session's queue; the place leaves the table with the last one who has nothing to watch.
    fn turn(&self, session: SessionId) -> Turn<'_> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        Turn {
            inner: self,
            session,
            place: Arc::clone(places.entry(session).or_default()),
        }
    }
}

struct Turn<'a> {
    inner: &'a Inner,
    session: SessionId,
    place: Place,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Places are only handed out under this lock, so that the count cannot rise meanwhile.
        let mut places = self.inner.places.lock().unwrap_or_else(PoisonError::into_inner);
        let alone = Arc::strong_count(&self.place) == 2;
        if alone && self.place.try_lock().is_ok_and(|watched| watched.is_none()) {
            places.remove(&self.session);
        }
    }
}

impl Watched {
    fn new(running: Running, process: Identity, fenced: bool) -> Self {
        Self {
            running,
            process,
            fenced,
            asked_to_end: Arc::default(),
        }
    }
}

/// Runs the command, tied to us by nothing but that we shall hear of its end.
fn spawn(launch: Launch, folders: &Folders, log: File) -> Result<Child, ProviderError> {
    let errors = log.try_clone().map_err(ProviderError::Launch)?;
    let child = Command::new(launch.program)
        .args(launch.arguments)
        .env_clear()
        .envs(launch.environment)
        .current_dir(&folders.workspace)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        // Its own group, so that Ctrl-C in our terminal is not for it.
        .process_group(0)
        .kill_on_drop(false)
        .spawn();
    child.map_err(|error| match Record::remove(&folders.root) {
        Ok(()) => ProviderError::Launch(error),
        Err(error) => error,
    })
}
