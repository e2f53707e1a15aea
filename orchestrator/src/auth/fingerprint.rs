//! Secrets that a caller shows to us, compared without telling by the time taken how much was right.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 of a secret: enough to recognise it, useless to show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Whether `secret` is the one; takes the same time for each.
    pub fn is_of(&self, secret: &str) -> bool {
        self.0.ct_eq(&Self::of(secret).0).into()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fingerprint(…)")
    }
}

/// The key of a program (`AGENT_API_KEY`), of which only the fingerprint is kept.
#[derive(Debug, Clone, Copy)]
pub struct ApiKey(Fingerprint);

impl ApiKey {
    /// The key with this text.
    pub fn new(text: &str) -> Self {
        Self(Fingerprint::of(text))
    }

    /// Whether `text` is this key.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_of(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_is_the_key() {
        let key = ApiKey::new("correct horse");
        assert!(key.matches("correct horse"));
        for wrong in ["", "correct", "correct horse ", "Correct horse"] {
            assert!(!key.matches(wrong), "{wrong}");
        }
    }

    #[test]
    fn keys_do_not_show() {
        assert_eq!(
            format!("{:?}", ApiKey::new("correct horse")),
            "ApiKey(Fingerprint(…))"
        );
    }
}
