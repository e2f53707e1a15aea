// The state that one browser keeps of one session: what the view gave, brought up to date by events
// and deltas. Plain data, never mutated; `reduce.ts` is the only place that makes new versions of it.
import type {
  Changes,
  Message,
  OptionKind,
  Part,
  Person,
  Presence,
  Prompt,
  Question,
  Session,
  TimedError,
  Turn,
} from "../../wire/types";

export interface TurnState {
  readonly turn: Turn;
  readonly messages: readonly Message[];
  readonly parts: readonly Part[];
  readonly errors: readonly TimedError[];
}

/** A question that ended while this browser watched; the server's view does not keep these. */
export interface SettledQuestion {
  readonly question: Question;
  /** Null when it expired. */
  readonly answer: { readonly label: string; readonly kind: OptionKind | null; readonly by: Person } | null;
}

export interface Conversation {
  readonly session: Session;
  /** Oldest first, without gaps between them. */
  readonly turns: readonly TurnState[];
  /** Errors that belong to no turn that is here. */
  readonly errors: readonly TimedError[];
  /** Cursor of the turns before the first one here; null when nothing came before. */
  readonly earlier: string | null;
  readonly queue: readonly Prompt[];
  /** Prompts that left the queue for a turn whose user message has not come yet. */
  readonly starting: readonly Prompt[];
  readonly questions: readonly Question[];
  readonly settled: readonly SettledQuestion[];
  readonly changes: Changes | null;
  /** The number of the newest event that is in here. */
  readonly seq: number;
  readonly present: readonly Presence[];
}

/** The turn that runs, if one does. */
export function runningTurn(state: Conversation): TurnState | null {
  const last = state.turns.at(-1);
  return last !== undefined && last.turn.outcome === null ? last : null;
}
