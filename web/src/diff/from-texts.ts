// The change between two texts, as an agent tells it.
import { structuredPatch } from "diff";
import type { FileDiff } from "../wire/types";
import { type FileChange, numberLines } from "./model";

const CONTEXT_LINES = 3;
const TIMEOUT_MS = 250;

export function changeOfTexts({ path, oldText, newText }: FileDiff): FileChange {
  const patch = structuredPatch(path, path, oldText ?? "", newText, undefined, undefined, {
    context: CONTEXT_LINES,
    timeout: TIMEOUT_MS,
  });
  // Two long texts without anything in common take too long to compare: all of it is new, then.
  const hunks = patch?.hunks ?? [
    { oldStart: 0, newStart: 1, lines: newText.split("\n").map((line) => `+${line}`) },
  ];
  return {
    path,
    oldPath: null,
    binary: false,
    hunks: hunks.map(({ oldStart, newStart, lines }) => ({
      heading: "",
      beforeStart: oldStart,
      afterStart: newStart,
      lines: numberLines(lines, oldStart, newStart),
    })),
  };
}

export function countLines({ hunks }: FileChange): { added: number; removed: number } {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  return {
    added: lines.filter(({ kind }) => kind === "added").length,
    removed: lines.filter(({ kind }) => kind === "removed").length,
  };
}
