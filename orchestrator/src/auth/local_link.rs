//! The sign-in link of somebody's own machine: whoever can read the server's console may sign in. A
//! new one is made at each start and is kept in memory alone.

use super::fingerprint::Fingerprint;

/// The secret of the link.
#[derive(Debug)]
pub(super) struct LocalLink(Fingerprint);

impl LocalLink {
    /// A fresh link and its secret, which is shown once, on the console.
    pub(super) fn make() -> (Self, String) {
        let secret = super::random_text();
        (Self(Fingerprint::of(&secret)), secret)
    }

    /// Whether `token` is the link's secret.
    pub(super) fn opens_with(&self, token: &str) -> bool {
        self.0.is_of(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_has_its_own_link() {
        let (link, secret) = LocalLink::make();
        let (_, other) = LocalLink::make();
        assert!(link.opens_with(&secret));
        assert!(!link.opens_with(&other) && !link.opens_with(""));
        assert_eq!(secret.len(), 43);
    }
}
