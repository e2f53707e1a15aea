//! Ids are TypeIDs: a prefix that says what the id names, `_`, and a UUIDv7 as 26 lower-case
//! base32 characters (<https://github.com/jetify-com/typeid/tree/main/spec>, version 0.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Crockford's alphabet in lower case, as the TypeID specification asks.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The characters of an id after its prefix.
pub const SUFFIX_LENGTH: usize = 26;

/// Why a text is not the id that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form {prefix}_ followed by {SUFFIX_LENGTH} base32 characters")]
pub struct InvalidId {
    text: String,
    prefix: &'static str,
}

fn encode(uuid: Uuid) -> String {
    let value = uuid.as_u128();
    (0..SUFFIX_LENGTH)
        .rev()
        .map(|place| char::from(ALPHABET[((value >> (place * 5)) & 31) as usize]))
        .collect()
}

fn decode(suffix: &str) -> Option<Uuid> {
    // 26 characters hold 130 bits: a first character past `7` would not fit in 128.
    if suffix.len() != SUFFIX_LENGTH || suffix.as_bytes()[0] > b'7' {
        return None;
    }
    let mut value: u128 = 0;
    for byte in suffix.bytes() {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(Uuid::from_u128(value))
}

macro_rules! type_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ts_rs::TS, utoipa::ToSchema)]
        #[ts(type = "string")]
        #[schema(value_type = String)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text of such an id begins with, without the `_`.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; later ids sort after earlier ones.
            #[expect(clippy::new_without_default, reason = "a fresh id is not a default value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id of a given UUID: for tests and for ids derived from other facts.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID that the text encodes.
            pub const fn uuid(&self) -> Uuid {
                self.0
            }

            /// The part after the prefix, as it stands in a host name.
            pub fn suffix(&self) -> String {
                encode(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}_{}", Self::PREFIX, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| InvalidId { text: text.chars().take(64).collect(), prefix: Self::PREFIX })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

type_ids! {
    /// A session.
    SessionId = "ses";
    /// A prompt.
    PromptId = "prm";
    /// A turn.
    TurnId = "trn";
    /// A person.
    UserId = "usr";
    /// A message of a conversation.
    MessageId = "msg";
    /// A typed piece of a message.
    PartId = "prt";
    /// A question of the agent to a human.
    QuestionId = "qst";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// From the specification's `valid.json`.
    #[test]
    fn agrees_with_the_specification() {
        let uuid: Uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(
            SessionId::from_uuid(uuid).to_string(),
            "ses_01h455vb4pex5vsknk084sn02q"
        );
        assert_eq!(encode(Uuid::max()), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
        assert_eq!(encode(Uuid::nil()), "00000000000000000000000000");
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in [
            "",
            "ses",
            "ses_",
            "prm_01h455vb4pex5vsknk084sn02q",
            "ses_01H455VB4PEX5VSKNK084SN02Q",
            "ses_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "ses_01h455vb4pex5vsknk084sn02",
            "ses_01h455vb4pex5vsknk084sn02u",
            "ses_é1h455vb4pex5vsknk084sn02",
        ] {
            assert!(text.parse::<SessionId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_id_are_one(value: u128) {
            let id = TurnId::from_uuid(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<TurnId>().unwrap(), id);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<SessionId>();
        }
    }
}
