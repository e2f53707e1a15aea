//! The rules of the house, held by a test: which part may know which, and what files may look like. It reads the
//! repository's sources as text, and a broken rule's message says why there is such a rule.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read fails the test, which is what shall happen"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which of our crates each crate may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("shared", &[]),
    ("gateway", &["shared"]),
    ("sandbox-runner", &["shared"]),
    ("orchestrator", &["shared", "gateway"]),
];

/// Which folders of the orchestrator each of its folders may use. What is missing here may use nothing.
const FOLDERS: &[(&str, &[&str])] = &[
    ("http", &["session", "auth", "models", "sandbox", "storage"]),
    ("session", &["sandbox", "models", "storage"]),
    ("auth", &["storage"]),
    ("models", &["storage"]),
    ("sandbox", &[]),
    ("storage", &[]),
];

/// Where the orchestrator's parts are put together: these may use everything, and nothing may use them.
const ROOTS: &[&str] = &["main", "lib", "app", "config", "agents", "data_dir", "telemetry"];

/// The files that may read the environment, by name.
const ENVIRONMENT: &str = "config.rs";

/// Where the database may be spoken to.
const SQL: &[&str] = &["orchestrator/src/storage/", "sandbox-runner/src/outbox"];

/// Production lines of the longest file.
const LONGEST: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "manager", "service", "services", "types", "misc",
];

#[test]
fn crates_depend_along_the_arrows() {
    let allowed: BTreeMap<_, _> = CRATES.iter().copied().collect();
    let mut broken = Vec::new();
    for krate in members() {
        let Some(may_use) = allowed.get(krate.as_str()) else {
            broken.push(format!("{krate} has no row in CRATES"));
            continue;
        };
        let manifest = fs::read_to_string(repository().join(&krate).join("Cargo.toml")).unwrap();
        for dependency in dependencies(&manifest) {
            if allowed.contains_key(dependency.as_str()) && !may_use.contains(&dependency.as_str()) {
                broken.push(format!("{krate} depends on {dependency}"));
            }
        }
    }
    hold(
        &broken,
        "The parts meet in `shared` alone, so that each can be built, replaced and understood without the others.",
    );
}

#[test]
fn folders_of_the_orchestrator_use_each_other_along_the_arrows() {
    let allowed: BTreeMap<_, _> = FOLDERS.iter().copied().collect();
    let mut broken = Vec::new();
    for file in sources()
        .iter()
        .filter(|file| file.path.starts_with("orchestrator/src/") && !file.is_test)
    {
        let from = file.module.first().map_or("lib", String::as_str);
        if ROOTS.contains(&from) {
            continue;
        }
        let Some(may_use) = allowed.get(from) else {
            broken.push(format!("{}: `{from}` has no row in FOLDERS", file.path));
            continue;
        };
        for to in uses(&file.code(), &file.module) {
            let is_folder = allowed.contains_key(to.as_str()) || ROOTS.contains(&to.as_str());
            if is_folder && to != from && !may_use.contains(&to.as_str()) {
                broken.push(format!("{}: `{from}` uses `{to}`", file.path));
            }
        }
    }
    hold(
        &broken,
        "Rules point inwards: what decides does not know who asks, and what stores does not know what for. \
         Move the code, or pass in what it needs.",
    );
}

#[test]
fn only_config_reads_the_environment() {
    const READS: &[&str] = &[
        "env::var(",
        "env::var_os(",
        "env::vars(",
        "env::vars_os(",
        "dotenvy::",
    ];
    let broken = offenders(|file| {
        let outside = !file.is_test && Path::new(&file.path).file_name() != Some(ENVIRONMENT.as_ref());
        READS
            .iter()
            .find(|read| outside && file.code().contains(**read))
            .map(|read| format!("has `{read}`"))
    });
    hold(
        &broken,
        "What can be configured is in one file, where errors name the variable and tests need no global state. \
         Take what you need as an argument.",
    );
}

#[test]
fn only_storage_speaks_sql() {
    let broken = offenders(|file| {
        let outside = !file.is_test && !SQL.iter().any(|folder| file.path.starts_with(folder));
        let code = file.code();
        let database = ["rusqlite", "refinery"]
            .into_iter()
            .find(|name| mentions(&code, name));
        database.filter(|_| outside).map(|name| format!("uses {name}"))
    });
    hold(
        &broken,
        "One file owns a table, so that its indexes, its transactions and a second database stay possible to reason \
         about. Give storage/ a function that says what you want.",
    );
}

#[test]
fn files_stay_short() {
    let broken = offenders(|file| {
        let lines = file.production_lines();
        (!file.is_test && lines > LONGEST).then(|| format!("{lines} production lines"))
    });
    hold(
        &broken,
        "A file past 500 lines is two ideas that have not been told apart yet. Find the second and give it a name.",
    );
}

#[test]
fn files_open_by_saying_what_they_are() {
    let broken =
        offenders(|file| (!file.text.starts_with("//!")).then(|| "does not begin with `//!`".to_owned()));
    hold(
        &broken,
        "A newcomer reads the first lines: what the file owns, who calls it, and what it must never do.",
    );
}

#[test]
fn names_say_what_is_inside() {
    let broken = offenders(|file| {
        let path = Path::new(&file.path).with_extension("");
        let mut names = path.iter().filter_map(|name| name.to_str());
        names
            .find(|name| {
                let last = name.rsplit(['_', '-']).next();
                last.is_some_and(|word| EMPTY_NAMES.contains(&word))
            })
            .map(|name| format!("is called `{name}`"))
    });
    hold(
        &broken,
        "Such a name fits everything, so everything ends up there. Name the noun that the file owns.",
    );
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [
        concat!("// TO", "DO"),
        concat!("// FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    let broken = offenders(|file| {
        marks
            .iter()
            .find(|mark| file.text.contains(**mark))
            .map(|mark| format!("has `{mark}`"))
    });
    hold(
        &broken,
        "A note in the code is a promise that nobody tracks. Do it now, or open an issue.",
    );
}

/// A rule that never fires is no rule: what the scans see, and what they do not.
#[test]
fn the_scans_see_code_and_nothing_else() {
    let source = r##"//! x
use crate::{http::Router, storage};
// use crate::commented::Out;
/* crate::blocked::out /* nested */ crate::still::out */
const A: &str = "crate::quoted::out"; const B: &str = r#"crate::raw::"out"#; const C: char = '"';
fn a<'a>(x: &'a str) { super::super::models::call(crate::session::Handle); super::own() }
#[cfg(test)]
#[expect(dead_code)]
mod tests {
    fn a() { let b = '{'; crate::tested::out() }
}
fn b() { crate::auth::check() }
"##;
    let module = ["sandbox".to_owned(), "process".to_owned()];
    let file = Source {
        path: String::new(),
        module: module.to_vec(),
        text: source.into(),
        is_test: false,
    };
    let seen = uses(&file.code(), &module);
    let expected = ["auth", "http", "models", "session", "storage"].map(str::to_owned);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(file.production_lines(), 7);
    assert!(mentions("use rusqlite::Row;", "rusqlite") && !mentions("my_rusqlite_thing", "rusqlite"));
    let manifest = "[package]\nname = \"shared\"\n[dependencies]\nserde.workspace = true\n\
                    [dev-dependencies]\nshared = { path = \"..\" }\n[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n";
    assert_eq!(dependencies(manifest), ["serde", "shared", "nix"]);
}

/// A Rust file of the repository.
struct Source {
    /// From the repository's root.
    path: String,
    /// The module that it is, inside its crate.
    module: Vec<String>,
    text: String,
    /// Whether all of it is a test.
    is_test: bool,
}

impl Source {
    /// The text without comments, literals and tests, which are blanked so that lines stay where they are.
    fn code(&self) -> String {
        let mut code = without_comments_and_literals(&self.text);
        for (start, end) in test_items(&code) {
            let blank: String = code[start..end]
                .chars()
                .map(|letter| if letter == '\n' { '\n' } else { ' ' })
                .collect();
            // Blanks are one byte each, so that later places would shift if letters were longer: they are not,
            // since everything beyond ASCII is in comments and literals.
            code.replace_range(start..end, &blank);
        }
        code
    }

    /// Lines that are not part of a test; comments and blank lines count, since they are read too.
    fn production_lines(&self) -> usize {
        let code = without_comments_and_literals(&self.text);
        let tests: usize = test_items(&code)
            .into_iter()
            .map(|(start, end)| code[start..end].lines().count())
            .sum();
        code.lines().count() - tests
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The workspace's members, as its manifest lists them.
fn members() -> Vec<String> {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let list = manifest
        .split("members = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next())
        .unwrap();
    list.split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The names in all dependency tables of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.trim_matches(['[', ']']).ends_with("dependencies");
        } else if let Some((name, _)) = line.split_once(['=', '.'])
            && inside
        {
            names.push(name.trim().to_owned());
        }
    }
    names
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for krate in members() {
        let root = repository().join(&krate);
        let mut folders: Vec<PathBuf> = ["src", "tests", "benches", "examples"]
            .map(|name| root.join(name))
            .into();
        let mut files = vec![root.join("build.rs")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    files.push(path);
                }
            }
        }
        files.retain(|path| path.exists());
        sources.extend(files.iter().map(|path| source(path, &root)));
    }
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

fn source(path: &Path, krate: &Path) -> Source {
    let inside = path.strip_prefix(krate).unwrap();
    let mut module: Vec<_> = inside
        .with_extension("")
        .iter()
        .skip(1)
        .map(|name| name.to_str().unwrap().to_owned())
        .collect();
    if module.last().is_some_and(|name| name == "mod" || name == "lib") {
        module.pop();
    }
    let in_tests = !inside.starts_with("src") && inside != Path::new("build.rs");
    Source {
        path: path
            .strip_prefix(repository())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned(),
        is_test: in_tests || module.iter().any(|name| name == "tests"),
        module,
        text: fs::read_to_string(path).unwrap(),
    }
}

/// What a rule says about each file that breaks it.
fn offenders(rule: impl Fn(&Source) -> Option<String>) -> Vec<String> {
    let broken = sources()
        .into_iter()
        .filter_map(|file| Some(format!("{} {}", file.path, rule(&file)?)));
    broken.collect::<BTreeSet<_>>().into_iter().collect()
}

fn hold(broken: &[String], reason: &str) {
    assert!(broken.is_empty(), "{reason}\n\n  {}\n", broken.join("\n  "));
}

/// The crate's top-level modules that paths in the code lead to.
fn uses(code: &str, module: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        if !code[..start].ends_with(is_name) {
            found.extend(first_names(&code[start + "crate::".len()..]));
        }
    }
    let to_the_root = "super::".repeat(module.len());
    for (start, _) in code.match_indices(&to_the_root) {
        let before = &code[..start];
        if !module.is_empty() && !before.ends_with("::") && !before.ends_with(is_name) {
            found.extend(first_names(&code[start + to_the_root.len()..]));
        }
    }
    found.remove("super");
    found
}

/// The first names of a path that goes on here, of each path in braces if it branches.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|letter| is_name(*letter))
            .collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut depth = 0;
    let mut names = vec![name(group)];
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&group[place + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Whether the code has this name, as a whole word.
fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(start, _)| {
        !code[..start].ends_with(is_name) && !code[start + word.len()..].starts_with(is_name)
    })
}

/// Where items under `#[cfg(test)]` begin and end. Expects code without comments and literals.
fn test_items(code: &str) -> Vec<(usize, usize)> {
    let mut items = Vec::new();
    let mut from = 0;
    while let Some(start) = code[from..].find("#[cfg(test)]").map(|place| from + place) {
        let mut depth = 0;
        let end = code[start..].char_indices().find_map(|(place, letter)| {
            match letter {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && matches!(letter, '}' | ';');
            ends.then_some(start + place + 1)
        });
        from = end.unwrap_or(code.len());
        items.push((start, from));
    }
    items
}

/// Blanks comments and the insides of literals, and keeps every line where it is.
fn without_comments_and_literals(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut place = 0;
    while place < letters.len() {
        let end = literal_or_comment(&letters, place);
        if end == place {
            code.push(if letters[place].is_ascii() {
                letters[place]
            } else {
                ' '
            });
            place += 1;
            continue;
        }
        code.extend(
            letters[place..end]
                .iter()
                .map(|letter| if *letter == '\n' { '\n' } else { ' ' }),
        );
        place = end;
    }
    code
}

/// Where the comment or literal that begins here ends; `start` itself if none does.
fn literal_or_comment(letters: &[char], start: usize) -> usize {
    let at = |place: usize| letters.get(place).copied().unwrap_or('\0');
    let after_name = start > 0 && is_name(at(start - 1));
    match (at(start), at(start + 1)) {
        ('/', '/') => (start..letters.len())
            .find(|&place| at(place) == '\n')
            .unwrap_or(letters.len()),
        ('/', '*') => {
            let (mut place, mut depth) = (start + 2, 1);
            while place < letters.len() && depth > 0 {
                let step = match (at(place), at(place + 1)) {
                    ('/', '*') => 1,
                    ('*', '/') => -1,
                    _ => 0,
                };
                depth += step;
                place += if step == 0 { 1 } else { 2 };
            }
            place
        }
        ('r', '"' | '#') if !after_name || at(start - 1) == 'b' => {
            let hashes = (start + 1..).take_while(|&place| at(place) == '#').count();
            if at(start + 1 + hashes) != '"' {
                return start;
            }
            let ends =
                |place: usize| at(place) == '"' && (1..=hashes).all(|offset| at(place + offset) == '#');
            let close = (start + hashes + 2..letters.len()).find(|&place| ends(place));
            close.map_or(letters.len(), |place| place + hashes + 1)
        }
        ('"', _) => closed_by('"', letters, start),
        ('\'', '\\') => closed_by('\'', letters, start),
        // Three letters make a literal; a lifetime has no second quote.
        ('\'', _) if at(start + 2) == '\'' => start + 3,
        _ => start,
    }
}

fn closed_by(quote: char, letters: &[char], start: usize) -> usize {
    let mut place = start + 1;
    while place < letters.len() && letters[place] != quote {
        place += if letters[place] == '\\' { 2 } else { 1 };
    }
    (place + 1).min(letters.len())
}
