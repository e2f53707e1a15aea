// The quiet end of a turn: how it ended, how long it took, with which model, what it cost, what it changed.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import { capabilities } from "../../api/capabilities";
import { Counts } from "../../diff/counts";
import { CopyButton } from "../../ui/copy-button";
import { duration } from "../../ui/time";
import { Tooltip } from "../../ui/tooltip";
import type { StopReason, TurnOutcome, Usage } from "../../wire/types";
import { findTurn, useTurn } from "../parts";
import { useConversation } from "../use-session";

const endings: Record<StopReason, string | null> = {
  end_turn: null,
  cancelled: "Stopped",
  error: "Ended with an error",
  limit: "Reached a limit",
};

export function TurnFooter({ turnId }: { turnId: string }) {
  const turn = useTurn(turnId);
  const { data } = useQuery(capabilities);
  const answer = useConversation((state) => {
    const part = findTurn(state, turnId)?.parts.findLast(({ type }) => type === "text");
    return part?.type === "text" ? part.text : "";
  });
  const outcome = turn?.outcome;
  if (turn === undefined || outcome === undefined || outcome === null) return null;
  const ending = endings[outcome.stopReason];
  const model = data?.models.find(({ id }) => id === turn.model)?.name ?? turn.model;
  const items: [string, ReactNode][] = [
    ["time", duration(Date.parse(outcome.completedAt) - Date.parse(turn.startedAt))],
    ["model", model],
    ["tokens", <Tokens key="tokens" usage={outcome.usage} />],
    ["cost", costOf(outcome)],
  ];
  return (
    <footer className="flex min-h-8 flex-wrap items-center gap-x-2 pt-1 pb-4 text-muted text-xs">
      {ending !== null && (
        <span className={outcome.stopReason === "error" ? "text-bad" : "text-ink"}>{ending}</span>
      )}
      {items.map(([name, item], index) => (
        <Fragment key={name}>
          {(index > 0 || ending !== null) && <span aria-hidden>·</span>}
          <span>{item}</span>
        </Fragment>
      ))}
      <Changed turnId={turnId} />
      {answer !== "" && <CopyButton text={answer} label="Copy the answer" className="ml-auto size-7" />}
    </footer>
  );
}

function Tokens({ usage }: { usage: Usage | null }) {
  if (usage === null) return "tokens unknown";
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, modelCalls } = usage;
  const total = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
  const calls = `${modelCalls} model call${modelCalls === 1 ? "" : "s"}`;
  const words = `${inputTokens.toLocaleString()} read, ${outputTokens.toLocaleString()} written, ${cacheReadTokens.toLocaleString()} from the cache, ${cacheWriteTokens.toLocaleString()} to the cache, ${calls}`;
  return (
    <Tooltip label={words} side="top">
      <span>{short(total)} tokens</span>
    </Tooltip>
  );
}

/** In the newest turn: everything that differs in the workspace, with the way there. */
function Changed({ turnId }: { turnId: string }) {
  const newest = useConversation(({ turns }) => turns.at(-1)?.turn.id === turnId);
  const changes = useConversation((state) => state.changes);
  const edited = useConversation((state) => {
    const paths = findTurn(state, turnId)?.parts.flatMap((part) =>
      part.type === "toolCall" ? part.diffs : [],
    );
    return new Set(paths?.map(({ path }) => path)).size;
  });
  const navigate = useNavigate();
  const open = () => void navigate({ to: ".", search: { panel: "changes" } as const, replace: true });
  const whole = newest && changes !== null && changes.files.length > 0;
  if (!whole && edited === 0) return null;
  const files = whole ? changes.files.length : edited;
  return (
    <>
      <span aria-hidden>·</span>
      <button
        type="button"
        onClick={open}
        className="inline-flex items-center gap-1.5 rounded px-1 hover:bg-hover hover:text-ink"
      >
        {files} file{files === 1 ? "" : "s"}
        {whole && <Counts added={changes.additions} removed={changes.deletions} />}
      </button>
    </>
  );
}

function costOf({ cost }: TurnOutcome): string {
  if (cost === null) return "cost unknown";
  if (cost === 0) return "no cost";
  return cost < 0.01 ? `$${cost.toFixed(4)}` : `$${cost.toFixed(2)}`;
}

function short(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  return tokens < 1_000_000 ? `${(tokens / 1_000).toFixed(1)}k` : `${(tokens / 1_000_000).toFixed(1)}M`;
}
