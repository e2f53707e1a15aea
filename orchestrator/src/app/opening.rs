//! A provider that is still being opened while the server serves already: finding out what a machine
//! can do takes longer than everything else at the start. Whoever needs a sandbox waits for it.

use std::sync::Arc;

use shared::SessionId;
use tokio::sync::SetOnce;

use crate::sandbox::{Capabilities, Keep, Provider, Running, Spec, Work};

/// The provider, once it is open.
pub(super) type Opened = Arc<SetOnce<Arc<dyn Provider>>>;

/// Stands for a provider until it is open, and passes everything on to it then.
pub(super) struct OpeningProvider {
    name: &'static str,
    opened: Opened,
    meanwhile: Capabilities,
}

impl OpeningProvider {
    pub(super) const fn new(name: &'static str, opened: Opened) -> Self {
        let meanwhile = Capabilities {
            isolated: false,
            warning: None,
            can_hibernate: false,
        };
        Self {
            name,
            opened,
            meanwhile,
        }
    }
}

impl Provider for OpeningProvider {
    fn name(&self) -> &'static str {
        self.name
    }

    fn capabilities(&self) -> &Capabilities {
        self.opened
            .get()
            .map_or(&self.meanwhile, |provider| provider.capabilities())
    }

    fn start(&self, spec: Spec) -> Work<'_, ()> {
        Box::pin(async move { self.opened.wait().await.start(spec).await })
    }

    fn stop(&self, session: SessionId) -> Work<'_, ()> {
        Box::pin(async move { self.opened.wait().await.stop(session).await })
    }

    fn destroy(&self, session: SessionId) -> Work<'_, ()> {
        Box::pin(async move { self.opened.wait().await.destroy(session).await })
    }

    fn find(&self, session: SessionId) -> Work<'_, Option<Running>> {
        Box::pin(async move { self.opened.wait().await.find(session).await })
    }

    fn reap(&self, keep: Keep) -> Work<'_, Vec<Running>> {
        Box::pin(async move { self.opened.wait().await.reap(keep).await })
    }
}
