//! Reads `git diff-tree --raw --numstat -z`. Pure.

use std::collections::BTreeMap;

use shared::changes::{ChangedFile, Changes, FileStatus};

/// The changes that git lists: first a record per file with what happened to it, then one with lines.
pub(super) fn changes(output: &[u8]) -> Changes {
    let text = String::from_utf8_lossy(output);
    let mut fields = text.split('\0');
    let mut files: BTreeMap<String, ChangedFile> = BTreeMap::new();
    let mut changes = Changes::default();
    while let Some(field) = fields.next() {
        if let Some(raw) = field.strip_prefix(':') {
            let Some(first) = fields.next() else { break };
            let (status, renamed) = match raw.rsplit(' ').next().and_then(|status| status.chars().next()) {
                Some('A') => (FileStatus::Added, false),
                Some('D') => (FileStatus::Deleted, false),
                Some('R' | 'C') => (FileStatus::Renamed, true),
                _ => (FileStatus::Modified, false),
            };
            let (path, old_path) = if renamed {
                let Some(new) = fields.next() else { break };
                (new, Some(first.to_owned()))
            } else {
                (first, None)
            };
            let file = ChangedFile {
                path: path.to_owned(),
                old_path,
                status,
                additions: 0,
                deletions: 0,
                binary: false,
            };
            files.insert(path.to_owned(), file);
            continue;
        }
        let mut columns = field.splitn(3, '\t');
        let (Some(additions), Some(deletions), Some(path)) = (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        // A moved file has its two names in the fields that follow.
        let path = if path.is_empty() {
            fields.next().and(fields.next()).unwrap_or_default()
        } else {
            path
        };
        let (added, removed) = (additions.parse().unwrap_or(0), deletions.parse().unwrap_or(0));
        changes.additions += added;
        changes.deletions += removed;
        if let Some(file) = files.get_mut(path) {
            file.additions = added;
            file.deletions = removed;
            file.binary = additions == "-";
        }
    }
    changes.files = files.into_values().collect();
    changes
}
