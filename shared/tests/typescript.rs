//! The web's wire types are generated from this crate, and stale ones fail here.
//! `make types` (which sets `UPDATE_TYPES=1`) writes them anew.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use shared::capabilities::Capabilities;
use shared::changes::Diff;
use shared::page::Page;
use shared::problem::Problem;
use shared::prompt::CreatePrompt;
use shared::question::AnswerQuestion;
use shared::session::{CreateSession, UpdateSession};
use shared::socket::{ClientCommand, ServerFrame, TurnTranscript};
use ts_rs::{Config, TS, TypeVisitor};

struct Declarations {
    config: Config,
    seen: BTreeSet<TypeId>,
    by_name: BTreeMap<String, String>,
}

impl Declarations {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
        // Only what was derived has a path; numbers, lists and the like are written in place.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}\n", T::decl(&self.config));
            self.by_name.insert(T::ident(&self.config), declaration);
        }
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

#[test]
fn typescript_is_current() {
    let mut declarations = Declarations {
        config: Config::new().with_large_int("number"),
        seen: BTreeSet::new(),
        by_name: BTreeMap::new(),
    };
    declarations.add::<AnswerQuestion>();
    declarations.add::<Capabilities>();
    declarations.add::<ClientCommand>();
    declarations.add::<CreatePrompt>();
    declarations.add::<CreateSession>();
    declarations.add::<Diff>();
    declarations.add::<Page<TurnTranscript>>();
    declarations.add::<Problem>();
    declarations.add::<ServerFrame>();
    declarations.add::<UpdateSession>();

    let mut text = String::from("// Generated from the Rust crate `shared` by `make types`. Do not edit.\n");
    for declaration in declarations.by_name.values() {
        let _ = write!(text, "\n{declaration}");
    }

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src/wire/types.ts");
    if std::env::var_os("UPDATE_TYPES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "web/src/wire/types.ts is stale: run `make types`"
    );
}
