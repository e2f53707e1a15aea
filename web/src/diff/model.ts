// A change of one file as hunks of numbered lines: what both sources of diffs, a patch of git and an
// agent's before and after, are turned into.

export interface DiffLine {
  readonly kind: "context" | "added" | "removed";
  readonly text: string;
  /** Line numbers, from 1; null on the side where the line is not. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface Hunk {
  /** What git found around it: a function's head. */
  readonly heading: string;
  readonly beforeStart: number;
  readonly afterStart: number;
  readonly lines: readonly DiffLine[];
}

export interface FileChange {
  readonly path: string;
  readonly oldPath: string | null;
  readonly hunks: readonly Hunk[];
  readonly binary: boolean;
}

/** A row of the split view: what stands left and right of each other. */
export interface Pair {
  readonly left: DiffLine | null;
  readonly right: DiffLine | null;
}

/** Puts removed lines beside the added ones that follow them. */
export function pairsOf(lines: readonly DiffLine[]): Pair[] {
  const pairs: Pair[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      pairs.push({ left: removed[i] ?? null, right: added[i] ?? null });
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === "removed") {
      if (added.length > 0) flush();
      removed.push(line);
    } else if (line.kind === "added") {
      added.push(line);
    } else {
      flush();
      pairs.push({ left: line, right: line });
    }
  }
  flush();
  return pairs;
}

/** Builds numbered lines from a hunk's marked ones (" ", "+", "-"). */
export function numberLines(marked: readonly string[], beforeStart: number, afterStart: number): DiffLine[] {
  const lines: DiffLine[] = [];
  let before = beforeStart;
  let after = afterStart;
  for (const line of marked) {
    const text = line.slice(1);
    if (line.startsWith("+")) lines.push({ kind: "added", text, before: null, after: after++ });
    else if (line.startsWith("-")) lines.push({ kind: "removed", text, before: before++, after: null });
    else if (!line.startsWith("\\")) lines.push({ kind: "context", text, before: before++, after: after++ });
  }
  return lines;
}
