//! Who is calling: sign-in by the local link, login tokens, API keys, and the tokens of sandboxes.
//! Asked by `http/` for every request; knows nothing of HTTP itself. An identity provider joins here: it
//! finds or makes a user and then calls [`Auth::log_in`], as the local link does.

mod fingerprint;
mod keys;
mod local_link;
mod origin;
mod sandbox_token;

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use shared::Timestamp;
use shared::session::Person;

pub use fingerprint::{ApiKey, Fingerprint};
pub use keys::{EncryptionKey, KeyError};
pub use origin::{is_loopback, is_ours};
pub use sandbox_token::{SandboxClaims, SandboxTokens, SignError};

use crate::storage::{Storage, StorageError};
use local_link::LocalLink;

/// How long a login lasts after it was last used.
pub const LOGIN_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A login is prolonged when this much of its life is gone: not with a write at every request.
const PROLONG_AFTER: Duration = Duration::from_secs(60 * 60);

/// Who may sign in, and what keys are made from.
#[derive(Debug, Clone)]
pub struct Options {
    /// What keys are derived from; `None` has one made and kept in the data folder.
    pub encryption_key: Option<EncryptionKey>,
    /// The key that programs show, if there is one.
    pub api_key: Option<ApiKey>,
    /// Whether a sign-in link is made at the start.
    pub local_sign_in: bool,
    /// What to call the person who signs in with it.
    pub local_name: String,
}

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub person: Person,
    /// By what.
    pub via: Via,
}

/// What somebody proved who they are by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A browser's cookie: sent by the browser on its own, so the page's origin must be checked too.
    Cookie,
    /// A key or a login token that the program itself put into a header.
    Header,
}

/// Checks who is calling.
pub struct Auth {
    storage: Storage,
    api_key: Option<(ApiKey, Person)>,
    local: Option<(LocalLink, Person)>,
}

impl Auth {
    /// Makes sure that the built-in users exist. Returns the sign-in link's secret, to be shown once on
    /// the console, when there is a link.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(options: &Options, storage: Storage) -> Result<(Self, Option<String>), StorageError> {
        let now = Timestamp::now();
        let api_key = match options.api_key {
            Some(key) => Some((key, storage.built_in_user("api", "API".to_owned(), now).await?)),
            None => None,
        };
        let (local, secret) = if options.local_sign_in {
            let person = storage
                .built_in_user("local", options.local_name.clone(), now)
                .await?;
            let (link, secret) = LocalLink::make();
            (Some((link, person)), Some(secret))
        } else {
            (None, None)
        };
        Ok((
            Self {
                storage,
                api_key,
                local,
            },
            secret,
        ))
    }

    /// Whose secret a program showed in a header: the API key or a login token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_header(&self, secret: &str) -> Result<Option<Identity>, StorageError> {
        if let Some((key, person)) = &self.api_key
            && key.matches(secret)
        {
            return Ok(Some(Identity {
                person: person.clone(),
                via: Via::Header,
            }));
        }
        self.by_login_token(secret, Via::Header).await
    }

    /// Whose login token a browser's cookie holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_cookie(&self, token: &str) -> Result<Option<Identity>, StorageError> {
        self.by_login_token(token, Via::Cookie).await
    }

    /// Signs the local person in with the link's secret; returns a login token when it is the right one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_local_link(&self, secret: &str) -> Result<Option<String>, StorageError> {
        match &self.local {
            Some((link, person)) if link.opens_with(secret) => Ok(Some(self.log_in(person).await?)),
            _ => Ok(None),
        }
    }

    /// Makes a login token for somebody who proved who they are. It is nowhere but in the returned text.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_in(&self, person: &Person) -> Result<String, StorageError> {
        let token = random_text();
        let now = Timestamp::now();
        self.storage.forget_old_login_tokens(now).await?;
        self.storage
            .insert_login_token(Fingerprint::of(&token).0, person.id, now.after(LOGIN_LIFETIME))
            .await?;
        Ok(token)
    }

    /// Ends a login.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_out(&self, token: &str) -> Result<(), StorageError> {
        self.storage.delete_login_token(Fingerprint::of(token).0).await
    }

    async fn by_login_token(&self, token: &str, via: Via) -> Result<Option<Identity>, StorageError> {
        let hash = Fingerprint::of(token).0;
        let now = Timestamp::now();
        let Some((person, expires_at)) = self.storage.find_login_token(hash, now).await? else {
            return Ok(None);
        };
        let renewed = now.after(LOGIN_LIFETIME);
        if renewed.since(expires_at) > PROLONG_AFTER {
            self.storage.extend_login_token(hash, renewed).await?;
        }
        Ok(Some(Identity { person, via }))
    }
}

/// 32 random bytes as URL-safe text of 43 characters.
pub fn random_text() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
