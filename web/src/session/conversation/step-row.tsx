// One step of the work: what it was and how it went; opens into its input, output and diffs.
import {
  Brain,
  FilePen,
  FileText,
  FileX,
  FolderInput,
  Globe,
  Search,
  SquareTerminal,
  Wrench,
} from "lucide-react";
import { cx } from "../../ui/cx";
import { Spinner } from "../../ui/spinner";
import { Elapsed } from "../../ui/time";
import type { Part, ToolKind } from "../../wire/types";
import { usePart } from "../parts";
import { useOpened } from "./opened";
import { StepContent } from "./step-content";

const icons = {
  read: FileText,
  edit: FilePen,
  delete: FileX,
  move: FolderInput,
  search: Search,
  execute: SquareTerminal,
  think: Brain,
  fetch: Globe,
  other: Wrench,
} satisfies Record<ToolKind, unknown>;

interface StepRowProps {
  rowKey: string;
  turnId: string;
  partId: string;
  last: boolean;
}

export function StepRow({ rowKey, turnId, partId, last }: StepRowProps) {
  const part = usePart(turnId, partId);
  const [open, toggle] = useOpened(rowKey);
  if (part === undefined) return null;
  const Icon = part.type === "toolCall" ? icons[part.kind] : Brain;
  return (
    <div className={cx("ml-[7px] border-l pl-3", last && "pb-2")}>
      <button
        type="button"
        aria-expanded={open}
        onClick={toggle}
        className="flex min-h-8 w-full items-center gap-2.5 rounded-md px-2 text-left text-sm outline-offset-[-2px] hover:bg-hover"
      >
        <Icon size={14} className="shrink-0 text-muted" />
        <span className={cx("min-w-0 flex-1 truncate", isMono(part) && "font-mono text-[12.5px]")}>
          {titleOf(part)}
        </span>
        <StepState part={part} />
      </button>
      {open && (
        <div className="pt-1 pr-1 pb-3 pl-2">
          <StepContent part={part} />
        </div>
      )}
    </div>
  );
}

function StepState({ part }: { part: Part }) {
  if (part.type !== "toolCall") return part.state === "streaming" ? <Spinner size={12} /> : null;
  const running = part.state === "streaming" && (part.status === "running" || part.status === "pending");
  return (
    <span className="flex shrink-0 items-center gap-2 text-muted text-xs">
      {part.status === "failed" && (
        <span className="text-bad">
          {part.exitCode === null ? "failed" : `failed, exit ${part.exitCode}`}
        </span>
      )}
      {part.state === "interrupted" && part.status !== "failed" && <span>interrupted</span>}
      {(running || part.completedAt !== null) && <Elapsed since={part.startedAt} until={part.completedAt} />}
      {running && <Spinner size={12} />}
    </span>
  );
}

function titleOf(part: Part): string {
  if (part.type === "toolCall") return part.title || part.name;
  if (part.type !== "thinking") return "";
  return (
    part.text
      .replace(/[*_`#]/g, "")
      .trim()
      .split("\n", 1)[0] || "Thinking"
  );
}

function isMono(part: Part): boolean {
  return part.type === "toolCall" && part.kind !== "think" && part.kind !== "other" && part.kind !== "fetch";
}
