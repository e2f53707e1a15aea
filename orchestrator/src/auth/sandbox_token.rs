//! The one credential that a sandbox holds: a JWT for one session and one generation of its sandbox.
//! Each session's tokens are signed with a key of their own, so that one leaked key opens one door. A
//! token has no expiry: the generation that it names ends when a younger sandbox takes over, which
//! whoever verifies it must check against the session.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use shared::SessionId;

use super::keys::EncryptionKey;

const AUDIENCE: &str = "runner";

/// What a token says once it is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxClaims {
    /// The session that the sandbox serves.
    pub session: SessionId,
    /// Which of the session's sandboxes it is.
    pub generation: u64,
}

/// Signs and verifies sandbox tokens.
#[derive(Debug, Clone)]
pub struct SandboxTokens {
    key: EncryptionKey,
}

/// The token could not be signed: a bug in our use of the signer.
#[derive(Debug, thiserror::Error)]
#[error("cannot sign a sandbox token: {0}")]
pub struct SignError(#[from] jsonwebtoken::errors::Error);

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: SessionId,
    r#gen: u64,
}

impl SandboxTokens {
    /// Tokens of this installation.
    pub const fn new(key: EncryptionKey) -> Self {
        Self { key }
    }

    /// The token for one sandbox.
    ///
    /// # Errors
    /// When the signer refuses, which its documentation does not foresee for this algorithm.
    pub fn sign(&self, session: SessionId, generation: u64) -> Result<String, SignError> {
        let header = Header {
            kid: Some(session.to_string()),
            ..Header::new(Algorithm::HS256)
        };
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            sub: session,
            r#gen: generation,
        };
        Ok(jsonwebtoken::encode(
            &header,
            &claims,
            &EncodingKey::from_secret(&self.session_key(session)),
        )?)
    }

    /// What a token says, if it is one of ours.
    pub fn verify(&self, token: &str) -> Option<SandboxClaims> {
        let session: SessionId = jsonwebtoken::decode_header(token).ok()?.kid?.parse().ok()?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["aud", "sub"]);
        validation.set_audience(&[AUDIENCE]);
        validation.sub = Some(session.to_string());
        let key = DecodingKey::from_secret(&self.session_key(session));
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .ok()?
            .claims;
        Some(SandboxClaims {
            session: claims.sub,
            generation: claims.r#gen,
        })
    }

    fn session_key(&self, session: SessionId) -> [u8; 32] {
        self.key.derive(&format!("roundhouse/sandbox-token/v1/{session}"))
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

    use super::*;

    fn tokens() -> SandboxTokens {
        SandboxTokens::new(EncryptionKey::from_text(&"k".repeat(32)))
    }

    fn forged(header: &str, claims: &str, key: &[u8]) -> String {
        let text = [header, claims]
            .map(|part| BASE64_URL_SAFE_NO_PAD.encode(part))
            .join(".");
        let signature =
            jsonwebtoken::crypto::sign(text.as_bytes(), &EncodingKey::from_secret(key), Algorithm::HS256)
                .unwrap();
        format!("{text}.{signature}")
    }

    #[test]
    fn a_token_says_what_was_signed() {
        let session = SessionId::new();
        let token = tokens().sign(session, 7).unwrap();
        assert_eq!(
            tokens().verify(&token),
            Some(SandboxClaims {
                session,
                generation: 7
            })
        );
    }

    #[test]
    fn strangers_are_not_believed() {
        let (session, other) = (SessionId::new(), SessionId::new());
        let ours = tokens();
        let others_key = ours.session_key(other);
        let own_key = ours.session_key(session);
        let head = format!(r#"{{"alg":"HS256","kid":"{session}"}}"#);
        let claims = format!(r#"{{"aud":"runner","sub":"{session}","gen":1}}"#);
        assert!(
            ours.verify(&forged(&head, &claims, &own_key)).is_some(),
            "the forger works"
        );
        let cases = [
            (
                "another installation",
                SandboxTokens::new(EncryptionKey::from_text(&"j".repeat(32)))
                    .sign(session, 1)
                    .unwrap(),
            ),
            ("another session's key", forged(&head, &claims, &others_key)),
            (
                "a kid that is not the subject",
                forged(
                    &head,
                    &claims.replace(&session.to_string(), &other.to_string()),
                    &own_key,
                ),
            ),
            ("no kid", forged(r#"{"alg":"HS256"}"#, &claims, &own_key)),
            (
                "another audience",
                forged(&head, &claims.replace("runner", "gateway"), &own_key),
            ),
            (
                "no audience",
                forged(&head, &format!(r#"{{"sub":"{session}","gen":1}}"#), &own_key),
            ),
            (
                "no generation",
                forged(
                    &head,
                    &format!(r#"{{"aud":"runner","sub":"{session}"}}"#),
                    &own_key,
                ),
            ),
            (
                "no algorithm",
                forged(&head.replace("HS256", "none"), &claims, &own_key),
            ),
            (
                "another algorithm",
                forged(&head.replace("HS256", "HS512"), &claims, &own_key),
            ),
            ("no token", String::new()),
            ("no JWT", "a.b.c".to_owned()),
        ];
        for (name, token) in cases {
            assert_eq!(ours.verify(&token), None, "{name}");
        }
        let mut cut = ours.sign(session, 1).unwrap();
        cut.pop();
        assert_eq!(ours.verify(&cut), None, "a cut token");
    }
}
