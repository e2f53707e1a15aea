// Reads git's unified patch. Tolerant: a patch may be cut at its end, and an unknown line is skipped.
import { type FileChange, type Hunk, numberLines } from "./model";

interface OpenFile {
  path: string;
  oldPath: string | null;
  binary: boolean;
  hunks: Hunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

export function parsePatch(patch: string): FileChange[] {
  const files: OpenFile[] = [];
  const lines = patch.split("\n");
  let file: OpenFile | null = null;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.startsWith("diff --git ")) {
      file = openFile(line);
      files.push(file);
      continue;
    }
    if (file === null) continue;
    const hunk = HUNK.exec(line);
    if (hunk !== null) {
      const [, beforeStart = "0", beforeCount = "1", afterStart = "0", afterCount = "1", heading = ""] = hunk;
      const marked = takeHunk(lines, at + 1, Number(beforeCount), Number(afterCount));
      at += marked.length;
      file.hunks.push({
        heading,
        beforeStart: Number(beforeStart),
        afterStart: Number(afterStart),
        lines: numberLines(marked, Number(beforeStart), Number(afterStart)),
      });
    } else {
      readHeader(file, line);
    }
  }
  return files;
}

function openFile(line: string): OpenFile {
  // Both names are the same unless the lines that follow say otherwise.
  const rest = line.slice("diff --git ".length);
  const quoted = /^"a\/(.*)" "b\/(.*)"$/.exec(rest);
  const half = rest.slice(Math.floor(rest.length / 2) + 1);
  const path = quoted?.[2] !== undefined ? unquote(`"${quoted[2]}"`) : half.replace(/^b\//, "");
  return { path, oldPath: null, binary: false, hunks: [] };
}

function readHeader(file: OpenFile, line: string): void {
  if (line.startsWith("rename from ")) file.oldPath = unquote(line.slice("rename from ".length));
  else if (line.startsWith("rename to ")) file.path = unquote(line.slice("rename to ".length));
  else if (line.startsWith("Binary files ") || line.startsWith("GIT binary patch")) file.binary = true;
  else if (line.startsWith("--- ")) takeName(file, line.slice(4), "a/");
  else if (line.startsWith("+++ ")) takeName(file, line.slice(4), "b/");
}

function takeName(file: OpenFile, name: string, prefix: string): void {
  const path = unquote(name.replace(/\t$/, ""));
  if (path !== "/dev/null" && path.startsWith(prefix) && file.oldPath === null)
    file.path = path.slice(prefix.length);
}

/** The lines of a hunk, counted by its header, so that a line like "--- a" inside of it is no header. */
function takeHunk(lines: readonly string[], from: number, before: number, after: number): string[] {
  const taken: string[] = [];
  let [left, right] = [before, after];
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.startsWith("\\")) {
      taken.push(line);
      continue;
    }
    if (left <= 0 && right <= 0) break;
    if (line.startsWith("+")) right--;
    else if (line.startsWith("-")) left--;
    else if (line.startsWith(" ") || line === "") {
      left--;
      right--;
    } else break;
    taken.push(line);
  }
  return taken;
}

/** Git writes unusual names in quotes, bytes as octal numbers. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  const inner = name.slice(1, -1);
  const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r" };
  for (const match of inner.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gsu)) {
    const [, octal, escaped, plain] = match;
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...new TextEncoder().encode(plain ?? escapes[escaped ?? ""] ?? escaped ?? ""));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
