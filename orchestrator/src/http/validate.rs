//! What a request must be before anything is asked of a session: pure checks of its fields, each
//! mistake with its code, its field and what to change. Called by routes and by the client's socket;
//! decides nothing that depends on the state of a session.

use std::collections::BTreeMap;

use shared::capabilities::AgentChoice;
use shared::limits::{PROMPT_BYTES, TITLE_CHARACTERS};
use shared::session::{CreateSession, Repository, UpdateSession};
use url::Url;

use super::error::{ApiError, Mistake};
use super::kinds;
use crate::auth::is_loopback;

/// Variables that one session may bring.
const ENVIRONMENT_NAMES: usize = 64;

/// Bytes of all their names and values.
const ENVIRONMENT_BYTES: usize = 32 * 1024;

/// Bytes of a repository's address.
const URL_BYTES: usize = 2048;

/// Bytes of a branch's name, as most file systems take.
const BRANCH_BYTES: usize = 244;

/// What can be chosen here.
pub struct Choices<'a> {
    /// The agents.
    pub agents: &'a [AgentChoice],
    /// Whether a model can be reached.
    pub model: &'a dyn Fn(&str) -> bool,
    /// Whether a repository may be on this machine, over plain `http`.
    pub local_repositories: bool,
}

/// Checks a request for a new session.
pub(super) fn create_session(request: &CreateSession, choices: &Choices<'_>) -> Result<(), ApiError> {
    let mut mistakes = Vec::new();
    mistakes.extend(request.title.as_deref().and_then(title));
    if let Some(wanted) = &request.repository {
        mistakes.extend(repository(wanted, choices.local_repositories));
    }
    if let Some(agent) = &request.agent
        && !choices.agents.iter().any(|choice| choice.id == *agent)
    {
        let known: Vec<_> = choices.agents.iter().map(|choice| choice.id.as_str()).collect();
        mistakes.push(Mistake::new(
            &kinds::AGENT_UNKNOWN,
            "agent",
            format!("choose one of {}", known.join(", ")),
        ));
    }
    mistakes.extend(request.model.as_deref().and_then(|name| model(name, choices)));
    mistakes.extend(request.prompt.as_deref().and_then(|text| prompt("prompt", text)));
    if let Some(variables) = &request.environment {
        mistakes.extend(environment(variables));
    }
    all_right(mistakes)
}

/// Checks a change of a session.
pub(super) fn update_session(request: &UpdateSession, choices: &Choices<'_>) -> Result<(), ApiError> {
    let mut mistakes = Vec::new();
    mistakes.extend(request.title.as_deref().and_then(title));
    mistakes.extend(request.model.as_deref().and_then(|name| model(name, choices)));
    all_right(mistakes)
}

/// Checks a prompt's text.
pub(super) fn prompt_text(text: &str) -> Result<(), ApiError> {
    all_right(prompt("text", text).into_iter().collect())
}

fn all_right(mistakes: Vec<Mistake>) -> Result<(), ApiError> {
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(ApiError::of_fields(mistakes))
    }
}

fn title(text: &str) -> Option<Mistake> {
    if text.trim().is_empty() {
        Some(Mistake::new(
            &kinds::TITLE_INVALID,
            "title",
            "write at least one character",
        ))
    } else if text.chars().any(char::is_control) {
        Some(Mistake::new(
            &kinds::TITLE_INVALID,
            "title",
            "write one line without control characters",
        ))
    } else if text.chars().count() > TITLE_CHARACTERS {
        Some(Mistake::new(
            &kinds::TITLE_TOO_LONG,
            "title",
            format!("write at most {TITLE_CHARACTERS} characters"),
        ))
    } else {
        None
    }
}

fn prompt(field: &str, text: &str) -> Option<Mistake> {
    if text.trim().is_empty() {
        Some(Mistake::new(
            &kinds::PROMPT_EMPTY,
            field,
            "write what should be done",
        ))
    } else if text.len() > PROMPT_BYTES {
        let message = format!("write at most {PROMPT_BYTES} bytes; this has {}", text.len());
        Some(Mistake::new(&kinds::PROMPT_TOO_LONG, field, message))
    } else {
        None
    }
}

fn model(name: &str, choices: &Choices<'_>) -> Option<Mistake> {
    let message = "choose a model of /api/capabilities, or `<provider>/<model>` of a provider that has a key";
    (!(choices.model)(name)).then(|| Mistake::new(&kinds::MODEL_UNKNOWN, "model", message))
}

fn repository(wanted: &Repository, local_too: bool) -> Vec<Mistake> {
    let url = repository_url(&wanted.url, local_too)
        .map(|advice| Mistake::new(&kinds::REPOSITORY_URL_INVALID, "repository.url", advice));
    let branch = wanted
        .branch
        .as_deref()
        .and_then(branch_name)
        .map(|advice| Mistake::new(&kinds::BRANCH_INVALID, "repository.branch", advice));
    url.into_iter().chain(branch).collect()
}

/// What is wrong with a repository's address, which becomes an argument of git: nothing that git could
/// take for an option, a file or another program may get through.
fn repository_url(text: &str, local_too: bool) -> Option<&'static str> {
    const FORM: &str = "write an address of the form https://host/owner/repository";
    if text.len() > URL_BYTES {
        return Some("write at most 2048 bytes");
    }
    // The URL parser drops or turns some of these; git would not.
    if text
        .chars()
        .any(|character| character.is_control() || character.is_whitespace() || character == '\\')
    {
        return Some("write it without spaces, backslashes and control characters");
    }
    let Ok(url) = Url::parse(text) else {
        return Some(FORM);
    };
    let local = local_too && url.scheme() == "http" && is_loopback(&url);
    if url.scheme() != "https" && !local {
        return Some("write an https:// address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("write it without a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some("write it without `?` and `#`");
    }
    if url.path().trim_matches('/').is_empty() {
        Some(FORM)
    } else {
        None
    }
}

/// What is wrong with a branch's name, by the rules of `git check-ref-format`.
fn branch_name(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > BRANCH_BYTES {
        return Some("write 1 to 244 bytes");
    }
    if name.starts_with('-') {
        return Some("write a name that does not begin with `-`");
    }
    let forbidden = |character: char| {
        character.is_control() || matches!(character, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    let wrong_piece = |piece: &str| piece.is_empty() || piece.starts_with('.') || piece.ends_with(".lock");
    let wrong = name == "@"
        || name.contains("..")
        || name.contains("@{")
        || name.ends_with('.')
        || name.contains(forbidden)
        || name.split('/').any(wrong_piece);
    wrong.then_some("write the name of a branch as `git branch` shows it")
}

fn environment(variables: &BTreeMap<String, String>) -> Vec<Mistake> {
    let mistake = |field: String, message: &str| Mistake::new(&kinds::ENVIRONMENT_INVALID, field, message);
    if variables.len() > ENVIRONMENT_NAMES {
        return vec![mistake("environment".to_owned(), "give at most 64 variables")];
    }
    if variables
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum::<usize>()
        > ENVIRONMENT_BYTES
    {
        return vec![mistake(
            "environment".to_owned(),
            "give at most 32 KiB of names and values",
        )];
    }
    variables
        .iter()
        .filter_map(|(name, value)| {
            let advice = variable(name, value)?;
            // A name can be anything: the answer repeats only so much of it.
            Some(mistake(
                format!("environment.{}", name.chars().take(64).collect::<String>()),
                advice,
            ))
        })
        .collect()
}

fn variable(name: &str, value: &str) -> Option<&'static str> {
    let mut bytes = name.bytes();
    let begins = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if !begins || !bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Some("use letters, digits and `_` in a name, and no digit first");
    }
    if matches!(name, "PATH" | "HOME") || name.starts_with("LD_") || name.starts_with("ROUNDHOUSE_") {
        return Some("this variable belongs to the sandbox: use another name");
    }
    value
        .contains('\0')
        .then_some("write a value without NUL characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(request: &CreateSession) -> Option<&'static str> {
        let agents = [AgentChoice {
            id: "opencode".into(),
            name: "OpenCode".into(),
            available: true,
            hint: None,
        }];
        let choices = Choices {
            agents: &agents,
            model: &|name| name == "demo/scripted",
            local_repositories: true,
        };
        create_session(request, &choices)
            .err()
            .map(|error| error.kind().code)
    }

    fn in_repository(url: &str, branch: Option<&str>) -> CreateSession {
        let repository = Repository {
            url: url.into(),
            branch: branch.map(Into::into),
        };
        CreateSession {
            repository: Some(repository),
            ..CreateSession::default()
        }
    }

    #[test]
    fn nothing_is_needed() {
        assert_eq!(code(&CreateSession::default()), None);
    }

    #[test]
    fn repositories_are_https_addresses() {
        for right in [
            "https://github.com/o/r",
            "https://github.com/o/r.git",
            "https://git.example.org:8443/deep/er/r",
            "http://127.0.0.1:3000/o/r.git",
            "http://localhost/o/r",
        ] {
            assert_eq!(code(&in_repository(right, None)), None, "{right}");
        }
        let long = format!("https://github.com/{}", "o".repeat(2048));
        for wrong in [
            "",
            "github.com/o/r",
            "file:///etc",
            "/etc",
            "ssh://git@github.com/o/r",
            "git@github.com:o/r.git",
            "git://github.com/o/r",
            "ext::sh -c true",
            "--upload-pack=touch /tmp/x",
            "-u",
            "http://github.com/o/r",
            "https://github.com",
            "https://github.com/",
            "https://token@github.com/o/r",
            "https://me:token@github.com/o/r",
            "https://github.com/o/r?token=x",
            "https://github.com/o/r#main",
            "https://github.com/o/r\n--upload-pack=x",
            " https://github.com/o/r",
            "https:\\\\github.com\\o\\r",
            long.as_str(),
        ] {
            assert_eq!(
                code(&in_repository(wrong, None)),
                Some("repository_url_invalid"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn in_production_even_local_repositories_are_https() {
        assert!(repository_url("http://127.0.0.1/o/r", false).is_some());
        assert!(repository_url("https://127.0.0.1/o/r", false).is_none());
    }

    #[test]
    fn branches_are_names_that_git_takes() {
        for right in ["main", "feature/x-1", "release-1.2", "über"] {
            assert_eq!(
                code(&in_repository("https://github.com/o/r", Some(right))),
                None,
                "{right}"
            );
        }
        for wrong in [
            "",
            "-b",
            "--upload-pack=x",
            "a b",
            "a..b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.",
            "@",
            "a@{1}",
            "a\nb",
        ] {
            let request = in_repository("https://github.com/o/r", Some(wrong));
            assert_eq!(code(&request), Some("branch_invalid"), "{wrong}");
        }
    }

    #[test]
    fn texts_have_bounds() {
        let with_title = |title: &str| CreateSession {
            title: Some(title.into()),
            ..CreateSession::default()
        };
        assert_eq!(code(&with_title(&"é".repeat(200))), None);
        assert_eq!(code(&with_title(&"é".repeat(201))), Some("title_too_long"));
        assert_eq!(code(&with_title("  ")), Some("title_invalid"));
        assert_eq!(code(&with_title("two\nlines")), Some("title_invalid"));
        let with_prompt = |text: String| CreateSession {
            prompt: Some(text),
            ..CreateSession::default()
        };
        assert_eq!(code(&with_prompt("x".repeat(PROMPT_BYTES))), None);
        assert_eq!(
            code(&with_prompt("x".repeat(PROMPT_BYTES + 1))),
            Some("prompt_too_long")
        );
        assert_eq!(code(&with_prompt(" \n".into())), Some("prompt_empty"));
    }

    #[test]
    fn agents_and_models_are_known() {
        let agent = CreateSession {
            agent: Some("hal".into()),
            ..CreateSession::default()
        };
        assert_eq!(code(&agent), Some("agent_unknown"));
        let model = CreateSession {
            model: Some("demo/other".into()),
            ..CreateSession::default()
        };
        assert_eq!(code(&model), Some("model_unknown"));
    }

    #[test]
    fn the_environment_cannot_reach_into_the_sandbox() {
        let with = |pairs: Vec<(String, String)>| CreateSession {
            environment: Some(pairs.into_iter().collect()),
            ..CreateSession::default()
        };
        let one = |name: &str, value: &str| with(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(code(&one("RUST_LOG", "debug")), None);
        for name in [
            "",
            "1A",
            "A-B",
            "A=B",
            "Ä",
            "PATH",
            "HOME",
            "LD_PRELOAD",
            "ROUNDHOUSE_TOKEN",
        ] {
            assert_eq!(code(&one(name, "x")), Some("environment_invalid"), "{name}");
        }
        assert_eq!(code(&one("A", "x\0y")), Some("environment_invalid"));
        assert_eq!(
            code(&one("A", &"x".repeat(ENVIRONMENT_BYTES))),
            Some("environment_invalid")
        );
        let many = (0..65)
            .map(|number| (format!("A{number}"), String::new()))
            .collect();
        assert_eq!(code(&with(many)), Some("environment_invalid"));
    }

    #[test]
    fn every_mistake_is_listed() {
        let request = CreateSession {
            title: Some(String::new()),
            agent: Some("hal".into()),
            ..in_repository("file:///etc", Some("-b"))
        };
        assert_eq!(code(&request), Some("validation_failed"));
    }
}
