// The living line: a run of steps folded into one sentence, which opens into the steps below it.
import { ChevronRight } from "lucide-react";
import { cx } from "../../ui/cx";
import { InlineCode } from "../../ui/inline-code";
import { Spinner } from "../../ui/spinner";
import { Elapsed } from "../../ui/time";
import type { Part } from "../../wire/types";
import { findTurn } from "../parts";
import type { Conversation } from "../state/conversation";
import { useConversation, useSnapshot } from "../use-session";
import { useOpened } from "./opened";
import { sameSummary, summarize, type WorkSummary } from "./work-summary";

interface WorkRowProps {
  rowKey: string;
  turnId: string;
  partIds: readonly string[];
}

interface Line extends WorkSummary {
  /** The turn goes on and these are its newest steps. */
  live: boolean;
  asks: boolean;
}

export function WorkRow({ rowKey, turnId, partIds }: WorkRowProps) {
  const [open, toggle] = useOpened(rowKey);
  const line = useConversation((state) => lineOf(state, turnId, partIds), sameLine);
  const stopping = useSnapshot((snapshot) => snapshot.stopping === turnId);
  const now =
    stopping && line.live
      ? "Stopping"
      : line.asks
        ? "Waits for your answer"
        : (line.now ?? (line.live ? "Thinking" : null));
  return (
    <div className="py-1">
      <button
        type="button"
        aria-expanded={open}
        onClick={toggle}
        className="-ml-2 flex min-h-8 max-w-[calc(100%+16px)] items-center gap-2 rounded-md px-2 py-1 text-left text-muted text-sm hover:bg-hover hover:text-ink"
      >
        <span className="flex size-4 shrink-0 items-center justify-center">
          {line.live && !line.asks ? (
            <Spinner />
          ) : (
            <ChevronRight
              size={15}
              className={cx("transition-transform duration-100", open && "rotate-90")}
            />
          )}
        </span>
        <span className="line-clamp-2 min-w-0 [overflow-wrap:anywhere]">
          {now !== null && (
            <span className="text-ink">
              <InlineCode text={now} />
            </span>
          )}
          {now !== null && line.text !== "" && <span aria-hidden> · </span>}
          <InlineCode text={now === null ? line.text || "Steps" : lowered(line.text)} />
          {line.failed > 0 && <span className="text-bad"> · {line.failed} failed</span>}
        </span>
        {line.startedAt !== null && (line.live || line.completedAt !== null) && (
          <span className="shrink-0 text-xs">
            <Elapsed since={line.startedAt} until={line.live ? null : line.completedAt} />
          </span>
        )}
      </button>
    </div>
  );
}

function lineOf(state: Conversation, turnId: string, partIds: readonly string[]): Line {
  const turn = findTurn(state, turnId);
  const all = turn?.parts ?? [];
  const from = all.findIndex(({ id }) => id === partIds[0]);
  const parts = from === -1 ? [] : membersOf(all.slice(from), partIds);
  const live = turn?.turn.outcome === null && all.at(-1)?.id === partIds.at(-1);
  const asks = state.questions.some(({ partId }) => partId !== null && partIds.includes(partId));
  return { ...summarize(parts), live, asks };
}

function membersOf(parts: readonly Part[], ids: readonly string[]): Part[] {
  const wanted = new Set(ids);
  return parts.filter(({ id }) => wanted.has(id));
}

function sameLine(a: Line, b: Line): boolean {
  return a.live === b.live && a.asks === b.asks && sameSummary(a, b);
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
