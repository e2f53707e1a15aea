// The changes panel as a flat list of rows, so that only those on screen are drawn.
import { languageOfPath } from "../markdown/language";
import type { ChangedFile } from "../wire/types";
import type { DiffLine, FileChange, Hunk, Pair } from "./model";
import { pairsOf } from "./model";

export type Layout = "unified" | "split";

export type PatchRow =
  | { kind: "file"; key: string; file: ChangedFile; open: boolean }
  | { kind: "note"; key: string; text: string }
  | { kind: "hunk"; key: string; hunk: Hunk }
  | { kind: "line"; key: string; hunk: Hunk; line: DiffLine; language: string | undefined }
  | { kind: "pair"; key: string; hunk: Hunk; pair: Pair; language: string | undefined };

export function patchRows(
  files: readonly ChangedFile[],
  changes: readonly FileChange[],
  layout: Layout,
  folded: ReadonlySet<string>,
): PatchRow[] {
  const byPath = new Map(changes.map((change) => [change.path, change]));
  return files.flatMap((file) => {
    const open = !folded.has(file.path);
    const head: PatchRow = { kind: "file", key: file.path, file, open };
    return open ? [head, ...contentRows(file, byPath.get(file.path), layout)] : [head];
  });
}

function contentRows(file: ChangedFile, change: FileChange | undefined, layout: Layout): PatchRow[] {
  const note = (text: string): PatchRow[] => [{ kind: "note", key: `${file.path}:note`, text }];
  if (file.binary || change?.binary === true) return note("A binary file; its content is not shown.");
  if (change === undefined) return note("Its lines are not shown: the patch was too long.");
  if (change.hunks.length === 0)
    return note(file.status === "renamed" ? "Moved without a change." : "Nothing in it to show.");
  const language = languageOfPath(file.path);
  return change.hunks.flatMap((hunk, at) => {
    const key = `${file.path}:${at}`;
    const lines: PatchRow[] =
      layout === "unified"
        ? hunk.lines.map((line, index) => ({ kind: "line", key: `${key}:${index}`, hunk, line, language }))
        : pairsOf(hunk.lines).map((pair, index) => ({
            kind: "pair",
            key: `${key}:${index}`,
            hunk,
            pair,
            language,
          }));
    return [{ kind: "hunk", key, hunk } satisfies PatchRow, ...lines];
  });
}
