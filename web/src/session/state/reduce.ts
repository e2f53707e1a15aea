// The reducer: a state and a frame of the server give the next state. Pure and total; an event that
// is already in, or a delta that does not fit, gives the same object back.
import type { Delta, Event, Presence, SessionView, TurnTranscript } from "../../wire/types";
import { activityOf } from "./activity";
import type { Conversation, TurnState } from "./conversation";
import { applyEventBody } from "./events";
import { applyDelta } from "./live-text";

/** The state that a view describes. Turns that were loaded before and join up with it are kept. */
export function applyView(previous: Conversation | null, view: SessionView): Conversation {
  const turns = view.turns.map((turn) => ({
    turn,
    messages: view.messages.filter((message) => message.turnId === turn.id),
    parts: view.parts.filter((part) => part.turnId === turn.id),
    errors: view.errors.filter((error) => error.turnId === turn.id),
  }));
  const here = new Set(view.turns.map((turn) => turn.id));
  const same = previous?.session.id === view.session.id ? previous : null;
  const kept = turnsBefore(same?.turns ?? [], turns[0]);
  return {
    session: view.session,
    turns: [...kept, ...turns],
    errors: view.errors.filter((error) => error.turnId === null || !here.has(error.turnId)),
    earlier: same !== null && kept.length > 0 ? same.earlier : view.earlier,
    queue: view.queue,
    starting: [],
    questions: view.questions,
    settled: same?.settled ?? [],
    changes: view.changes,
    seq: view.seq,
    present: view.present,
  };
}

/** True when events are missing between the state and this one: the connection must be resumed. */
export function isGap(state: Conversation, event: Event): boolean {
  return event.seq > state.seq + 1;
}

export function applyEvent(state: Conversation, event: Event): Conversation {
  if (event.seq !== state.seq + 1) return state;
  const next = applyEventBody(state, event);
  const activity = activityOf(next);
  return {
    ...next,
    seq: event.seq,
    session: { ...next.session, activity, lastSeq: event.seq, updatedAt: event.at },
  };
}

export function applyTextDelta(state: Conversation, delta: Delta): Conversation {
  // The part that streams is nearly always in the last turn, near its end.
  for (let t = state.turns.length - 1; t >= 0; t--) {
    const turn = state.turns[t];
    const index = turn === undefined ? -1 : turn.parts.findLastIndex((part) => part.id === delta.partId);
    const part = turn?.parts[index];
    if (turn === undefined || part === undefined) continue;
    const grown = applyDelta(part, delta);
    if (grown === part) return state;
    const next: TurnState = { ...turn, parts: turn.parts.with(index, grown) };
    return { ...state, turns: state.turns.with(t, next) };
  }
  return state;
}

export function applyPresence(state: Conversation, present: readonly Presence[]): Conversation {
  return { ...state, present };
}

/** Puts an older page of turns (newest first, as the server sends it) before those that are here. */
export function prependEarlier(
  state: Conversation,
  page: readonly TurnTranscript[],
  nextCursor: string | null,
): Conversation {
  const first = state.turns[0]?.turn.number ?? Number.POSITIVE_INFINITY;
  const older = page.filter(({ turn }) => turn.number < first).toReversed();
  return { ...state, turns: [...older, ...state.turns], earlier: nextCursor };
}

function turnsBefore(turns: readonly TurnState[], first: TurnState | undefined): readonly TurnState[] {
  if (first === undefined) return [];
  const older = turns.filter(({ turn }) => turn.number < first.turn.number);
  return older.at(-1)?.turn.number === first.turn.number - 1 ? older : [];
}
