// What each kind of event changes in the state of a session. Called by `reduce.ts`, which has
// checked the event's number and brings the session's own summary up to date.
import type { Event, Part, Prompt, Question, Session, TimedError } from "../../wire/types";
import type { Conversation, SettledQuestion, TurnState } from "./conversation";

type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;

export function applyEventBody(state: Conversation, event: Event): Conversation {
  switch (event.type) {
    case "session.created":
      return patchSession(state, {
        title: event.title,
        agent: event.agent,
        model: event.model,
        permissions: event.permissions,
        repository: event.repository,
        createdBy: event.createdBy,
      });
    case "session.updated":
      return patchSession(state, {
        ...(event.title === undefined ? {} : { title: event.title }),
        ...(event.model === undefined ? {} : { model: event.model }),
        ...(event.status === undefined ? {} : { status: event.status }),
      });
    case "session.archived":
      return patchSession(state, { status: "archived" });
    case "sandbox.status":
      return patchSession(state, { sandbox: event.sandbox });
    case "prompt.queued":
      return { ...state, queue: enqueue(state.queue, event.prompt) };
    case "prompt.cancelled":
      return { ...state, queue: state.queue.filter((prompt) => prompt.id !== event.promptId) };
    case "turn.started":
      return startTurn(state, event);
    case "turn.completed":
      return completeTurn(state, event);
    case "message.created":
      return changeTurn(state, event.message.turnId, (turn) => ({
        ...turn,
        messages: replaceOrPush(turn.messages, event.message),
      }));
    case "part.updated":
      return updatePart(state, event.part);
    case "question.asked":
      return { ...state, questions: replaceOrPush(state.questions, event.question) };
    case "question.answered":
      return settle(state, event.questionId, (question) => {
        const option = question.options.find(({ id }) => id === event.optionId);
        return { label: option?.label ?? event.optionId, kind: option?.kind ?? null, by: event.by };
      });
    case "question.expired":
      return settle(state, event.questionId, () => null);
    case "git.changed":
      return { ...state, changes: event.changes };
    case "error":
      return addError(state, event);
  }
}

function patchSession(state: Conversation, patch: Partial<Session>): Conversation {
  return { ...state, session: { ...state.session, ...patch } };
}

/** One that steers goes next, behind those that came to steer before it. */
function enqueue(queue: readonly Prompt[], prompt: Prompt): readonly Prompt[] {
  if (prompt.mode === "queue") return [...queue, prompt];
  const behind = queue.findIndex(({ mode }) => mode !== "steer");
  return behind === -1 ? [...queue, prompt] : queue.toSpliced(behind, 0, prompt);
}

function startTurn(state: Conversation, { turn }: EventOf<"turn.started">): Conversation {
  const prompt = state.queue.find(({ id }) => id === turn.promptId);
  return {
    ...state,
    turns: [...state.turns, { turn, messages: [], parts: [], errors: [] }],
    queue: state.queue.filter(({ id }) => id !== turn.promptId),
    starting: prompt === undefined ? state.starting : [prompt],
  };
}

function completeTurn(state: Conversation, event: EventOf<"turn.completed">): Conversation {
  const { turnId, stopReason, usage, cost, completedAt } = event;
  const session = { ...state.session, lastStopReason: stopReason };
  return changeTurn({ ...state, session, starting: [] }, turnId, (turn) => ({
    ...turn,
    turn: { ...turn.turn, outcome: { stopReason, usage, cost, completedAt } },
  }));
}

function updatePart(state: Conversation, part: Part): Conversation {
  const next = changeTurn(state, part.turnId, (turn) => ({
    ...turn,
    parts: replaceOrPush(turn.parts, part),
  }));
  if (state.starting.length === 0) return next;
  const turn = next.turns.find(({ turn }) => turn.id === part.turnId);
  const spoken = turn?.messages.some(({ id, role }) => id === part.messageId && role === "user") ?? false;
  return spoken ? { ...next, starting: [] } : next;
}

function settle(
  state: Conversation,
  questionId: string,
  answerOf: (question: Question) => SettledQuestion["answer"],
): Conversation {
  const question = state.questions.find(({ id }) => id === questionId);
  if (question === undefined) return state;
  return {
    ...state,
    questions: state.questions.filter(({ id }) => id !== questionId),
    settled: [...state.settled, { question, answer: answerOf(question) }],
  };
}

function addError(state: Conversation, event: EventOf<"error">): Conversation {
  const { seq, at, code, message, severity, turnId } = event;
  const error: TimedError = { seq, at, code, message, severity, turnId };
  const known = turnId !== null && state.turns.some(({ turn }) => turn.id === turnId);
  if (!known) return { ...state, errors: [...state.errors, error] };
  return changeTurn(state, turnId, (turn) => ({ ...turn, errors: [...turn.errors, error] }));
}

function changeTurn(
  state: Conversation,
  turnId: string,
  change: (turn: TurnState) => TurnState,
): Conversation {
  const index = state.turns.findLastIndex(({ turn }) => turn.id === turnId);
  const turn = state.turns[index];
  return turn === undefined ? state : { ...state, turns: state.turns.with(index, change(turn)) };
}

function replaceOrPush<T extends { id: string }>(list: readonly T[], item: T): readonly T[] {
  const index = list.findLastIndex(({ id }) => id === item.id);
  return index === -1 ? [...list, item] : list.with(index, item);
}
