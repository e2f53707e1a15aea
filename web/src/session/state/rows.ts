// The conversation as the list of rows that the screen shows, top to bottom. Rows carry ids, not
// content, so that streaming text changes no row and the list is not drawn again for it.
import type { Part, Question } from "../../wire/types";
import { type Conversation, runningTurn, type TurnState } from "./conversation";

export type Row =
  | {
      readonly kind: "prompt";
      readonly key: string;
      readonly turnId: string | null;
      readonly promptId: string;
    }
  | { readonly kind: "text"; readonly key: string; readonly turnId: string; readonly partId: string }
  | { readonly kind: "plan"; readonly key: string; readonly turnId: string; readonly partId: string }
  | {
      readonly kind: "work";
      readonly key: string;
      readonly turnId: string;
      readonly partIds: readonly string[];
    }
  | {
      readonly kind: "step";
      readonly key: string;
      readonly turnId: string;
      readonly partId: string;
      readonly last: boolean;
    }
  | { readonly kind: "question"; readonly key: string; readonly questionId: string }
  | { readonly kind: "error"; readonly key: string; readonly turnId: string | null; readonly seq: number }
  | { readonly kind: "outgoing"; readonly key: string; readonly requestId: string }
  | { readonly kind: "waiting"; readonly key: string }
  | { readonly kind: "footer"; readonly key: string; readonly turnId: string };

/** Rows of turns that did not change, by whether their work is open. */
const cache = new WeakMap<
  TurnState,
  { opened: ReadonlySet<string>; questions: unknown; settled: unknown; rows: Row[] }
>();

/**
 * `opened` holds the keys of the work rows whose steps are shown; `outgoing` the request ids of prompts
 * that the server has not taken yet. While nothing runs, the next prompt stands in the conversation.
 */
export function rowsOf(state: Conversation, opened: ReadonlySet<string>, outgoing: readonly string[]): Row[] {
  const rows: Row[] = [];
  let shownErrors = 0;
  for (const turn of state.turns) {
    const before = state.errors.findIndex(
      ({ at }, index) => index >= shownErrors && at >= turn.turn.startedAt,
    );
    const until = before === -1 ? state.errors.length : before;
    for (; shownErrors < until; shownErrors++) rows.push(...looseError(state, shownErrors));
    rows.push(...rowsOfTurn(state, turn, opened));
  }
  for (; shownErrors < state.errors.length; shownErrors++) rows.push(...looseError(state, shownErrors));
  const next = state.queue[0];
  if (runningTurn(state) === null && next !== undefined) {
    rows.push({ kind: "prompt", key: `prompt:${next.id}`, turnId: null, promptId: next.id });
    rows.push({ kind: "waiting", key: "waiting" });
  }
  const [sending] = outgoing;
  if (isFree(state) && sending !== undefined) {
    rows.push({ kind: "outgoing", key: `outgoing:${sending}`, requestId: sending });
  }
  return rows;
}

/** Whether a prompt that is sent now goes straight to the agent. */
export function isFree(state: Conversation): boolean {
  return runningTurn(state) === null && state.queue.length === 0;
}

/** Whether two lists show the same rows. */
export function sameRows(a: readonly Row[], b: readonly Row[]): boolean {
  return a.length === b.length && a.every((row, index) => sameRow(row, b[index]));
}

/** Thinking and tool calls are work; what the agent says and plans is not. */
function isWork(part: Part): boolean {
  return part.type === "toolCall" || part.type === "thinking";
}

function rowsOfTurn(state: Conversation, turn: TurnState, opened: ReadonlySet<string>): Row[] {
  const known = cache.get(turn);
  const { questions, settled } = state;
  if (known?.opened === opened && known.questions === questions && known.settled === settled)
    return known.rows;
  const rows = buildTurn(state, turn, opened);
  cache.set(turn, { opened, questions, settled, rows });
  return rows;
}

function buildTurn(
  state: Conversation,
  { turn, messages, parts, errors }: TurnState,
  opened: ReadonlySet<string>,
): Row[] {
  const turnId = turn.id;
  const spoken = new Set(messages.filter(({ role }) => role === "user").map(({ id }) => id));
  const rows: Row[] = [{ kind: "prompt", key: `prompt:${turn.promptId}`, turnId, promptId: turn.promptId }];
  const asked = new Set(questionsOf(state, turnId));
  let run: string[] = [];
  const endRun = () => {
    const first = run[0];
    if (first === undefined) return;
    const key = `work:${first}`;
    rows.push({ kind: "work", key, turnId, partIds: run });
    if (opened.has(key)) {
      run.forEach((partId, index) => {
        rows.push({ kind: "step", key: `step:${partId}`, turnId, partId, last: index === run.length - 1 });
      });
    }
    for (const question of asked) {
      if (question.partId === null || !run.includes(question.partId)) continue;
      asked.delete(question);
      rows.push(questionRow(question));
    }
    run = [];
  };
  for (const part of parts) {
    if (spoken.has(part.messageId)) continue;
    if (isWork(part)) {
      if (part.type !== "thinking" || part.text !== "" || part.state === "streaming") run.push(part.id);
      continue;
    }
    if (part.type === "text" && part.text === "") continue;
    endRun();
    const kind = part.type === "plan" ? "plan" : "text";
    rows.push({ kind, key: `part:${part.id}`, turnId, partId: part.id });
  }
  endRun();
  for (const { seq } of errors) rows.push({ kind: "error", key: `error:${seq}`, turnId, seq });
  for (const question of asked) rows.push(questionRow(question));
  if (turn.outcome !== null) rows.push({ kind: "footer", key: `footer:${turnId}`, turnId });
  else if (!isBusyRow(rows.at(-1), parts)) rows.push({ kind: "waiting", key: "waiting" });
  return rows;
}

function questionsOf({ questions, settled }: Conversation, turnId: string): Question[] {
  return [...settled.map(({ question }) => question), ...questions].filter((one) => one.turnId === turnId);
}

function questionRow({ id }: Question): Row {
  return { kind: "question", key: `question:${id}`, questionId: id };
}

/** Whether the last row shows by itself that the turn goes on. */
function isBusyRow(row: Row | undefined, parts: readonly Part[]): boolean {
  if (row?.kind === "work" || row?.kind === "step" || row?.kind === "question") return true;
  return row?.kind === "text" && parts.at(-1)?.id === row.partId && parts.at(-1)?.state === "streaming";
}

function looseError({ errors }: Conversation, index: number): Row[] {
  const error = errors[index];
  return error === undefined
    ? []
    : [{ kind: "error", key: `error:${error.seq}`, turnId: null, seq: error.seq }];
}

function sameRow(a: Row, b: Row | undefined): boolean {
  if (a === b) return true;
  if (b === undefined || a.key !== b.key || a.kind !== b.kind) return false;
  switch (a.kind) {
    case "work":
      return (
        b.kind === "work" && a.partIds.length === b.partIds.length && a.partIds.at(-1) === b.partIds.at(-1)
      );
    case "step":
      return b.kind === "step" && a.last === b.last;
    case "prompt":
      return b.kind === "prompt" && a.turnId === b.turnId;
    default:
      return true;
  }
}
