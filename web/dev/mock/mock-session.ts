// One session of the mock: an event log, the state that follows from it, and who watches. The state is
// made by the app's own reducer, so what is shown is what the events say.
import { activityOf } from "../../src/session/state/activity.ts";
import type { Conversation } from "../../src/session/state/conversation.ts";
import { utf8Length } from "../../src/session/state/live-text.ts";
import { applyEvent, applyTextDelta, applyView } from "../../src/session/state/reduce.ts";
import type {
  Diff,
  Event,
  Part,
  Person,
  Presence,
  Prompt,
  PromptMode,
  ServerFrame,
  Session,
  SessionView,
} from "../../src/wire/types.ts";
import { newId } from "./ids.ts";

type Body<T> = T extends Event ? Omit<T, "seq" | "at"> : never;
export type EventBody = Body<Event>;

export class MockSession {
  state: Conversation;
  readonly log: Event[] = [];
  readonly watchers = new Set<(frame: ServerFrame) => void>();
  diff: Diff = {
    changes: { files: [], additions: 0, deletions: 0, truncated: false },
    patch: "",
    takenAt: null,
  };
  others: Presence[] = [];
  aborted = false;
  /** How many of the newest turns a view holds. */
  viewTurns = 20;
  answered: (() => void) | null = null;

  constructor(
    session: Session,
    private readonly changed: (session: Session) => void,
  ) {
    this.state = applyView(null, {
      session,
      turns: [],
      messages: [],
      parts: [],
      errors: [],
      earlier: null,
      queue: [],
      questions: [],
      changes: null,
      seq: 0,
      present: [],
    });
  }

  get session(): Session {
    return { ...this.state.session, activity: activityOf(this.state) };
  }

  publish(body: EventBody, at = new Date().toISOString()): void {
    const event = { seq: this.state.seq + 1, at, ...body } as Event;
    this.log.push(event);
    this.state = applyEvent(this.state, event);
    this.send({ type: "event", event });
    this.changed(this.session);
  }

  /** Appends text to a part that streams. */
  stream(part: Part, text: string): Part {
    const live = this.livePart(part.id) ?? part;
    const have = live.type === "toolCall" ? live.output : live.type === "plan" ? "" : live.text;
    const delta = { partId: part.id, offset: utf8Length(have), text };
    this.state = applyTextDelta(this.state, delta);
    this.send({ type: "delta", ...delta });
    return this.livePart(part.id) ?? part;
  }

  livePart(id: string): Part | undefined {
    return this.state.turns.at(-1)?.parts.find((part) => part.id === id);
  }

  view(): SessionView {
    const shown = this.state.turns.slice(-this.viewTurns);
    const first = shown[0];
    return {
      session: this.session,
      turns: shown.map(({ turn }) => turn),
      messages: shown.flatMap(({ messages }) => messages),
      parts: shown.flatMap(({ parts }) => parts),
      errors: [...this.state.errors, ...shown.flatMap(({ errors }) => errors)],
      earlier: first !== undefined && first.turn.number > 1 ? String(first.turn.number) : null,
      queue: [...this.state.queue],
      questions: [...this.state.questions],
      changes: this.state.changes,
      seq: this.state.seq,
      present: this.others,
    };
  }

  queue(text: string, mode: PromptMode, author: Person, at = new Date().toISOString()): Prompt {
    const prompt: Prompt = {
      id: newId("prm"),
      text,
      mode,
      status: "queued",
      origin: "web",
      author,
      createdAt: at,
    };
    this.publish({ type: "prompt.queued", prompt }, at);
    return prompt;
  }

  send(frame: ServerFrame): void {
    for (const watcher of this.watchers) watcher(frame);
  }
}
