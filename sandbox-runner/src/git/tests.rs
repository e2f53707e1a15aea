//! Git for real, in folders that end with the test.

use std::fs;
use std::path::PathBuf;

use shared::changes::FileStatus;
use tempfile::TempDir;

use super::*;

struct Fixture {
    _folder: TempDir,
    workspace: PathBuf,
    shadow: Shadow,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        fs::create_dir(&workspace).unwrap();
        let path = std::env::var("PATH").unwrap();
        let shadow = Shadow::new(
            workspace.clone(),
            folder.path().join("shadow"),
            path,
            folder.path().to_owned(),
        );
        Self {
            _folder: folder,
            workspace,
            shadow,
        }
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.workspace.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

#[tokio::test]
async fn tells_what_changed_since_the_beginning() {
    let fixture = Fixture::new();
    fixture.write("kept.txt", "a\nb\nc\n");
    fixture.write("gone.txt", "x\n");
    fixture.write("moved.txt", "one\ntwo\nthree\nfour\n");
    fixture.write(".gitignore", "ignored/\n");
    let base = fixture.shadow.take().await.unwrap();
    assert!(fixture.shadow.compare(&base).await.unwrap().0.files.is_empty());

    fixture.write("kept.txt", "a\nB\nc\n");
    fixture.write("new/ünï.txt", "fresh\n");
    fixture.write("ignored/x", "no");
    fixture.write("binary", "\0\u{1}");
    fs::remove_file(fixture.workspace.join("gone.txt")).unwrap();
    fs::rename(
        fixture.workspace.join("moved.txt"),
        fixture.workspace.join("there.txt"),
    )
    .unwrap();
    let (changes, patch, digest) = fixture.shadow.compare(&base).await.unwrap();
    let seen: Vec<_> = changes
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.status, file.additions, file.deletions))
        .collect();
    assert_eq!(
        seen,
        [
            ("binary", FileStatus::Added, 0, 0),
            ("gone.txt", FileStatus::Deleted, 0, 1),
            ("kept.txt", FileStatus::Modified, 1, 1),
            ("new/ünï.txt", FileStatus::Added, 1, 0),
            ("there.txt", FileStatus::Renamed, 0, 0),
        ]
    );
    assert!(changes.files[0].binary);
    assert_eq!(changes.files[4].old_path.as_deref(), Some("moved.txt"));
    assert_eq!(
        (changes.additions, changes.deletions, changes.truncated),
        (2, 2, false)
    );
    assert!(patch.contains("-b\n+B\n"), "{patch}");
    assert!(
        !fixture.workspace.join(".git").exists(),
        "the workspace stays as it was"
    );
    assert_eq!(fixture.shadow.compare(&base).await.unwrap().2, digest);
}

#[tokio::test]
async fn what_the_agent_does_with_git_is_no_change() {
    let fixture = Fixture::new();
    let base = fixture.shadow.take().await.unwrap();
    fixture.write("a.txt", "a\n");
    // An embedded repository without a commit is what git refuses to add.
    for folder in [".", "embedded"] {
        let mut init = git(&std::env::var("PATH").unwrap(), &fixture.workspace);
        init.args(["init", "--quiet"]).arg(fixture.workspace.join(folder));
        run(init, Duration::from_secs(20)).await.unwrap();
    }
    fixture.write("embedded/b.txt", "b\n");
    let (changes, ..) = fixture.shadow.compare(&base).await.unwrap();
    assert!(
        changes.files.iter().any(|file| file.path == "a.txt"),
        "{changes:?}"
    );
    assert!(
        !changes.files.iter().any(|file| file.path.contains(".git")),
        "{changes:?}"
    );
}

#[tokio::test]
async fn a_hostile_repository_runs_nothing() {
    let fixture = Fixture::new();
    let mut init = git(&std::env::var("PATH").unwrap(), &fixture.workspace);
    init.args(["init", "--quiet"]).arg(&fixture.workspace);
    run(init, Duration::from_secs(20)).await.unwrap();
    let trap = fixture.workspace.join("trap.sh");
    fixture.write(
        "trap.sh",
        &format!(
            "#!/bin/sh\ntouch {}\n",
            fixture.workspace.join("sprung").display()
        ),
    );
    std::process::Command::new("chmod")
        .arg("+x")
        .arg(&trap)
        .status()
        .unwrap();
    let trap = trap.display();
    // A repository inside, with a commit, is a submodule to git.
    let inside = format!(
        "git init -q inside && cd inside && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x \
         && git config core.fsmonitor {trap}"
    );
    assert!(
        std::process::Command::new("sh")
            .args(["-ec", &inside])
            .current_dir(&fixture.workspace)
            .status()
            .unwrap()
            .success()
    );
    fixture.write(
        ".git/config",
        &format!(
            "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {trap}\n\thooksPath = {}\n[diff]\n\texternal = \
             {trap}\n[diff \"x\"]\n\ttextconv = {trap}\n\tcommand = {trap}\n[filter \"x\"]\n\tclean = {trap}\n",
            fixture.workspace.display()
        ),
    );
    fixture.write(".gitattributes", "* diff=x filter=x\n");
    fixture.write("file.txt", "a\n");
    let base = fixture.shadow.take().await.unwrap();
    fixture.write("file.txt", "b\n");
    fixture.write("inside/file.txt", "b\n");
    let (changes, ..) = fixture.shadow.compare(&base).await.unwrap();
    assert_eq!(changes.files.len(), 1);
    assert!(!fixture.workspace.join("sprung").exists());
}

#[tokio::test]
async fn a_patch_has_its_bound() {
    let fixture = Fixture::new();
    let base = fixture.shadow.take().await.unwrap();
    fixture.write("large.txt", &"a line of text\n".repeat(300_000));
    let (changes, patch, _) = fixture.shadow.compare(&base).await.unwrap();
    assert!(changes.truncated);
    assert_eq!(changes.additions, 300_000);
    assert!(patch.len() <= shared::limits::PATCH_BYTES && patch.ends_with('\n'));
}

#[test]
fn reads_progress() {
    let step = clone::progress("Receiving objects:  45% (9/20), 1 MiB");
    assert_eq!(step.as_deref(), Some("receiving objects 45%"));
    assert_eq!(clone::progress("Cloning into '/workspace'..."), None);
}

#[tokio::test]
async fn clones_only_over_http() {
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "file:///etc",
        "ext::sh -c true",
        "--upload-pack=touch x",
        "/etc",
        "ssh://host/x",
    ] {
        let repository = shared::session::Repository {
            url: url.into(),
            branch: None,
        };
        let path = std::env::var("PATH").unwrap();
        let result = clone::clone(
            &repository,
            &folder.path().join("w"),
            &path,
            folder.path(),
            |_| {},
        )
        .await;
        assert!(result.is_err(), "{url}");
    }
}
