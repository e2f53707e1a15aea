//! The installation's encryption key and the keys derived from it. The key itself never leaves this
//! file: others get a key for one purpose, from which no other can be computed.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hkdf::Hkdf;
use sha2::Sha256;

/// The file under `DATA_DIR` that keeps a key which was made here.
const FILE: &str = "encryption.key";

/// What keys are derived from (`ENCRYPTION_KEY`).
#[derive(Clone)]
pub struct EncryptionKey(Hkdf<Sha256>);

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EncryptionKey(…)")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can be neither read nor made.
    #[error("cannot keep a key in {path}: {source}; make the folder writable, or set ENCRYPTION_KEY")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "{path} holds less than 32 characters: restore it from a backup, or remove it to sign everybody's sandboxes out"
    )]
    TooShort {
        /// The file.
        path: String,
    },
}

impl EncryptionKey {
    /// The key of a configured text of 32 or more characters.
    pub fn from_text(text: &str) -> Self {
        Self(Hkdf::new(None, text.as_bytes()))
    }

    /// The key kept in the data folder; made on the first start, readable by its owner alone.
    ///
    /// # Errors
    /// When the file can be neither read nor made, or is not a key.
    pub fn load_or_make(data_dir: &Path) -> Result<Self, KeyError> {
        let path = data_dir.join(FILE);
        let shown = || path.display().to_string();
        let read = |path: &Path| std::fs::read_to_string(path);
        let text = match read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(data_dir, &path).map_err(|source| KeyError::File {
                    path: shown(),
                    source,
                })?;
                read(&path)
            }
            other => other,
        }
        .map_err(|source| KeyError::File {
            path: shown(),
            source,
        })?;
        if text.trim().len() < 32 {
            return Err(KeyError::TooShort { path: shown() });
        }
        Ok(Self::from_text(text.trim()))
    }

    /// The key for one purpose.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // HKDF fails only past 255 × 32 bytes of output.
        let expanded = self.0.expand(purpose.as_bytes(), &mut key);
        debug_assert!(expanded.is_ok());
        key
    }
}

/// Writes a fresh key beside the file and links it there, so that a crash leaves none or a whole one,
/// and of two processes that start together both read the same.
fn make(data_dir: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    let draft = data_dir.join(format!("{FILE}.{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(super::random_text().as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn purposes_have_keys_of_their_own() {
        let key = EncryptionKey::from_text(&"k".repeat(32));
        assert_eq!(key.derive("a"), key.derive("a"));
        assert_ne!(key.derive("a"), key.derive("b"));
        assert_ne!(
            key.derive("a"),
            EncryptionKey::from_text(&"j".repeat(32)).derive("a")
        );
    }

    #[test]
    fn a_made_key_is_kept_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let first = EncryptionKey::load_or_make(&data).unwrap();
        let again = EncryptionKey::load_or_make(&data).unwrap();
        assert_eq!(first.derive("x"), again.derive("x"));
        let mode = std::fs::metadata(data.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1);
    }

    #[test]
    fn a_broken_file_is_said_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "short").unwrap();
        let error = EncryptionKey::load_or_make(folder.path()).unwrap_err();
        assert!(matches!(error, KeyError::TooShort { .. }));
    }
}
