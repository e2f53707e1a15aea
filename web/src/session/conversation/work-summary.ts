// A run of steps in one line: "Read 4 files · edited 2 files · ran `cargo test`". Pure; the words of the
// living line come from here too.
import type { Part, ToolKind } from "../../wire/types";

type Tool = Extract<Part, { type: "toolCall" }>;

export interface WorkSummary {
  /** Done things, in the order in which they first came. */
  readonly text: string;
  /** What goes on just now; null when nothing does. */
  readonly now: string | null;
  readonly failed: number;
  readonly startedAt: string | null;
  /** Null while it goes on, or when it is not known. */
  readonly completedAt: string | null;
}

export function summarize(parts: readonly Part[]): WorkSummary {
  const tools = parts.filter((part): part is Tool => part.type === "toolCall");
  const ended = tools.filter(({ status }) => status === "completed" || status === "failed");
  const active = parts.findLast(isActive);
  const text = sentence(ended, parts);
  const completed = tools.map((tool) => tool.completedAt).filter((at) => at !== null);
  return {
    text,
    now: active === undefined ? null : nowDoing(active),
    failed: ended.filter(({ status }) => status === "failed").length,
    startedAt: tools[0]?.startedAt ?? null,
    completedAt: active === undefined ? (completed.toSorted().at(-1) ?? null) : null,
  };
}

export function sameSummary(a: WorkSummary, b: WorkSummary): boolean {
  return (
    a.text === b.text &&
    a.now === b.now &&
    a.failed === b.failed &&
    a.startedAt === b.startedAt &&
    a.completedAt === b.completedAt
  );
}

/** "Running `cargo test`", "Reading src/lib.rs". */
function nowDoing(part: Part): string {
  if (part.type !== "toolCall") return "Thinking";
  const what = part.kind === "execute" ? `\`${firstLine(part.title)}\`` : firstLine(part.title);
  return part.kind === "other" || part.kind === "think" ? what || part.name : `${doing[part.kind]} ${what}`;
}

function isActive(part: Part): boolean {
  if (part.state !== "streaming") return false;
  return part.type !== "toolCall" || part.status === "running" || part.status === "pending";
}

const doing: Record<ToolKind, string> = {
  read: "Reading",
  edit: "Editing",
  delete: "Deleting",
  move: "Moving",
  search: "Searching",
  execute: "Running",
  think: "Thinking",
  fetch: "Fetching",
  other: "Using",
};

function sentence(tools: readonly Tool[], parts: readonly Part[]): string {
  const kinds = [...new Set(tools.map(({ kind }) => kind))];
  const phrases = kinds.map((kind) =>
    phrase(
      kind,
      tools.filter((tool) => tool.kind === kind),
    ),
  );
  if (phrases.length === 0) return parts.some(({ type }) => type === "thinking") ? "Thought" : "";
  const [first = "", ...rest] = phrases;
  return [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(" · ");
}

function phrase(kind: ToolKind, tools: readonly Tool[]): string {
  const files = new Set(tools.flatMap((tool) => (tool.locations.length > 0 ? tool.locations : [tool.title])))
    .size;
  const only = tools.length === 1 ? tools[0] : undefined;
  switch (kind) {
    case "read":
      return `read ${count(files, "file")}`;
    case "edit":
      return `edited ${count(files, "file")}`;
    case "delete":
      return `deleted ${count(files, "file")}`;
    case "move":
      return `moved ${count(files, "file")}`;
    case "search":
      return only === undefined ? `searched ${tools.length} times` : "searched";
    case "execute":
      return only === undefined ? `ran ${tools.length} commands` : `ran \`${firstLine(only.title)}\``;
    case "fetch":
      return `fetched ${count(tools.length, "page")}`;
    case "think":
    case "other":
      return only === undefined ? `used ${tools.length} tools` : `used ${only.name}`;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > 72 ? `${line.slice(0, 71)}…` : line;
}
