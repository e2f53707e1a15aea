//! Removes a tree that somebody hostile has made: folders without rights, links that lead out, folders so deep that
//! their path is too long for the system and a recursion too long for our stack. `folders` calls it when no process
//! of the sandbox is left to change the tree meanwhile.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where folders are moved to, in the tree's root, so that they are never deep when they are emptied.
const PIT: &str = ".removed";

/// Removes the tree; it may be gone already, or a removal of it may have been cut short.
pub(super) fn remove_tree(root: &Path) -> io::Result<()> {
    let pit = root.join(PIT);
    match fs::create_dir(&pit) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let mut pit = Pit::open(pit)?;
    pit.empty(root)?;
    while let Some(number) = pit.folders.pop() {
        let folder = pit.path.join(number.to_string());
        pit.empty(&folder)?;
        fs::remove_dir(&folder)?;
    }
    fs::remove_dir(&pit.path)?;
    fs::remove_dir(root)
}

struct Pit {
    path: PathBuf,
    /// What waits in it, by number: a tree can have millions of folders, and paths would be larger.
    folders: Vec<u64>,
    next: u64,
}

impl Pit {
    fn open(path: PathBuf) -> io::Result<Self> {
        let left = fs::read_dir(&path)?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let folders: Vec<u64> = left.collect();
        let next = folders.iter().max().map_or(0, |last| last + 1);
        Ok(Self { path, folders, next })
    }

    /// Removes a folder's files and moves its folders here.
    fn empty(&mut self, folder: &Path) -> io::Result<()> {
        give_rights(folder)?;
        for entry in fs::read_dir(folder)? {
            let (entry, path) = entry.map(|entry| (entry.file_type(), entry.path()))?;
            if path == self.path {
                continue;
            }
            // The entry's own type: a link to a folder is removed and not followed.
            if entry?.is_dir() {
                give_rights(&path)?;
                fs::rename(&path, self.path.join(self.next.to_string()))?;
                self.folders.push(self.next);
                self.next += 1;
            } else {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

fn give_rights(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn removes_folders_without_rights_and_follows_no_link() {
        let house = tempfile::tempdir().unwrap();
        let (root, outside) = (house.path().join("root"), house.path().join("outside"));
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("precious"), "").unwrap();
        fs::write(root.join("a/b/file"), "").unwrap();
        symlink(&outside, root.join("a/link")).unwrap();
        for folder in ["a/b", "a"] {
            fs::set_permissions(root.join(folder), Permissions::from_mode(0o000)).unwrap();
        }
        remove_tree(&root).unwrap();
        assert!(!root.exists());
        assert!(outside.join("precious").exists());
        remove_tree(&root).unwrap();
    }

    #[test]
    fn goes_on_where_it_was_cut_short() {
        let house = tempfile::tempdir().unwrap();
        let root = house.path().join("root");
        fs::create_dir_all(root.join(".removed/0/a")).unwrap();
        fs::create_dir_all(root.join("b/c")).unwrap();
        remove_tree(&root).unwrap();
        assert!(!root.exists());
    }

    #[test]
    fn depth_is_no_defence() {
        let house = tempfile::tempdir().unwrap();
        let root = house.path().join("root");
        fs::create_dir(&root).unwrap();
        // Built from the inside out, as no path reaches down there.
        let (below, above) = (house.path().join("below"), house.path().join("above"));
        fs::create_dir(&below).unwrap();
        for _ in 0..20_000 {
            fs::create_dir(&above).unwrap();
            fs::rename(&below, above.join("d")).unwrap();
            fs::rename(&above, &below).unwrap();
        }
        fs::rename(&below, root.join("d")).unwrap();
        remove_tree(&root).unwrap();
        assert!(!root.exists());
    }
}
