// The living state of one session in this browser: the socket's frames go through the reducer, what
// people do goes out as commands, and the screen is told at most once a frame. Components read it
// through `use-session.ts`.
import { newRequestId } from "../api/request-id";
import type { ClientCommand, Problem, PromptMode, ServerFrame, TurnTranscript } from "../wire/types";
import { type Command, Outbox, type OutgoingPrompt } from "./outbox";
import { type Connection, SessionSocket, type SocketOptions } from "./socket/session-socket";
import { type Conversation, runningTurn } from "./state/conversation";
import { applyEvent, applyPresence, applyTextDelta, applyView, isGap, prependEarlier } from "./state/reduce";

export interface SessionSnapshot {
  /** Null until the first view came. */
  readonly conversation: Conversation | null;
  readonly connection: Connection;
  readonly outgoing: readonly OutgoingPrompt[];
  /** The turn that somebody here asked to stop. */
  readonly stopping: string | null;
  /** Options that were chosen here and are not confirmed yet, by question. */
  readonly answering: Readonly<Record<string, string>>;
}

export interface StoreOptions {
  newSocket?: SocketOptions["newSocket"];
  /** Runs the callback before the next frame is painted. */
  schedule?(run: () => void): void;
  onProblem?(problem: Problem): void;
  onFailure?(): void;
}

const TYPING_EVERY_MS = 3_000;
/** The request id of the ping that follows a (re)connection: its reply comes after all that was missed. */
const CAUGHT_UP = "caught-up";

export class SessionStore {
  private readonly outbox: Outbox;
  private readonly socket: SessionSocket;
  private readonly listeners = new Set<() => void>();
  private latest: SessionSnapshot;
  private published: SessionSnapshot;
  private scheduled = false;
  private typedAt = 0;

  constructor(
    readonly sessionId: string,
    private readonly options: StoreOptions = {},
  ) {
    this.outbox = new Outbox(`outbox.${sessionId}`);
    this.latest = {
      conversation: null,
      connection: { status: "connecting" },
      outgoing: this.outbox.outgoing(),
      stopping: null,
      answering: {},
    };
    this.published = this.latest;
    this.socket = new SessionSocket({
      url: (after) => socketUrl(sessionId, after),
      lastSeq: () => this.latest.conversation?.seq ?? null,
      onFrame: (frame) => this.receive(frame),
      onConnection: (connection) => this.connectionChanged(connection),
      onFailure: () => options.onFailure?.(),
      ...(options.newSocket === undefined ? {} : { newSocket: options.newSocket }),
    });
  }

  readonly snapshot = (): SessionSnapshot => this.published;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  open(): void {
    this.socket.start();
  }

  close(): void {
    this.socket.stop();
  }

  prompt(text: string, mode: PromptMode): void {
    this.give({ type: "prompt", requestId: newRequestId(), text, mode });
  }

  retryPrompt(requestId: string): void {
    const command = this.outbox.retry(requestId);
    if (command !== undefined) this.socket.send(command);
    this.change({ outgoing: this.outbox.outgoing() });
  }

  /** Takes back a prompt that the server refused, or has not heard of; gives its words back. */
  discardPrompt(requestId: string): string {
    const prompt = this.outbox.discard(requestId);
    this.change({ outgoing: this.outbox.outgoing() });
    return prompt?.text ?? "";
  }

  withdraw(promptId: string): void {
    this.give({ type: "cancelPrompt", requestId: newRequestId(), promptId });
  }

  stop(): void {
    const turn = this.latest.conversation === null ? null : runningTurn(this.latest.conversation);
    if (turn === null || this.latest.stopping === turn.turn.id) return;
    this.change({ stopping: turn.turn.id });
    this.give({ type: "abort", requestId: newRequestId() });
  }

  answer(questionId: string, optionId: string): void {
    if (this.latest.answering[questionId] !== undefined) return;
    this.change({ answering: { ...this.latest.answering, [questionId]: optionId } });
    this.give({ type: "answer", requestId: newRequestId(), questionId, optionId });
  }

  typing(): void {
    const now = Date.now();
    if (now - this.typedAt < TYPING_EVERY_MS) return;
    if (this.socket.send({ type: "typing" })) this.typedAt = now;
  }

  addEarlier(page: readonly TurnTranscript[], nextCursor: string | null): void {
    const { conversation } = this.latest;
    if (conversation !== null) this.change({ conversation: prependEarlier(conversation, page, nextCursor) });
  }

  /** The state as of the last frame, also when the screen was not told yet. */
  now(): SessionSnapshot {
    return this.latest;
  }

  private give(command: Command): void {
    this.outbox.add(command);
    this.socket.send(command);
    this.change({ outgoing: this.outbox.outgoing() });
  }

  private receive(frame: ServerFrame): void {
    const { conversation } = this.latest;
    if (frame.type === "reply") {
      this.replied(frame);
    } else if (frame.type === "view") {
      this.conversationChanged(applyView(conversation, frame));
    } else if (conversation === null || (frame.type === "event" && isGap(conversation, frame.event))) {
      // Deltas and presence before the first view are not missed: the view holds them.
      if (frame.type === "event") this.socket.reconnect();
    } else {
      this.conversationChanged(applyFrame(conversation, frame));
    }
  }

  private conversationChanged(conversation: Conversation): void {
    if (conversation === this.latest.conversation) return;
    this.outbox.forgetKnown((id) => knowsPrompt(conversation, id));
    const running = runningTurn(conversation)?.turn.id ?? null;
    const asked = new Set(conversation.questions.map(({ id }) => id));
    const answering = Object.entries(this.latest.answering).filter(([id]) => asked.has(id));
    this.change({
      conversation,
      outgoing: this.outbox.outgoing(),
      stopping: this.latest.stopping === running ? running : null,
      answering:
        answering.length === Object.keys(this.latest.answering).length
          ? this.latest.answering
          : Object.fromEntries(answering),
    });
  }

  private replied(frame: Extract<ServerFrame, { type: "reply" }>): void {
    if (frame.requestId === CAUGHT_UP) {
      this.caughtUp();
      return;
    }
    const problem = frame.status === "refused" ? frame.problem : null;
    const promptId = frame.status === "done" ? (frame.prompt?.id ?? null) : null;
    const command = this.outbox.answered(frame.requestId, promptId, problem);
    if (this.latest.conversation !== null) {
      const { conversation } = this.latest;
      this.outbox.forgetKnown((id) => knowsPrompt(conversation, id));
    }
    this.change({ outgoing: this.outbox.outgoing() });
    if (problem !== null && command !== undefined) this.refused(command, problem);
  }

  private refused(command: ClientCommand, problem: Problem): void {
    if (command.type === "abort") this.change({ stopping: null });
    if (command.type === "answer") {
      const { [command.questionId]: _, ...answering } = this.latest.answering;
      this.change({ answering });
    }
    // A refused prompt says why beside its words.
    if (command.type !== "prompt") this.options.onProblem?.(problem);
  }

  private connectionChanged(connection: Connection): void {
    if (connection.status === "open") {
      for (const command of this.outbox.unanswered()) if (command.type !== "abort") this.socket.send(command);
      this.socket.send({ type: "ping", requestId: CAUGHT_UP });
    }
    this.change({ connection });
  }

  /** What was missed is in now, so it is known whether the turn that was to stop still runs. */
  private caughtUp(): void {
    for (const command of this.outbox.unanswered()) {
      if (command.type !== "abort") continue;
      if (this.latest.stopping === null) this.outbox.discard(command.requestId);
      else this.socket.send(command);
    }
  }

  private change(patch: Partial<SessionSnapshot>): void {
    this.latest = { ...this.latest, ...patch };
    if (this.scheduled) return;
    this.scheduled = true;
    (this.options.schedule ?? beforeNextPaint)(() => {
      this.scheduled = false;
      this.published = this.latest;
      for (const listener of this.listeners) listener();
    });
  }
}

type LiveFrame = Extract<ServerFrame, { type: "event" | "delta" | "presence" }>;

function applyFrame(conversation: Conversation, frame: LiveFrame): Conversation {
  switch (frame.type) {
    case "event":
      return applyEvent(conversation, frame.event);
    case "delta":
      return applyTextDelta(conversation, frame);
    case "presence":
      return applyPresence(conversation, frame.present);
  }
}

function knowsPrompt({ queue, turns }: Conversation, id: string): boolean {
  return queue.some((prompt) => prompt.id === id) || turns.some(({ turn }) => turn.promptId === id);
}

function socketUrl(sessionId: string, after: number | null): string {
  const url = new URL(`/api/sessions/${sessionId}/ws`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (after !== null) url.searchParams.set("after", String(after));
  return url.href;
}

/** Frames do not come in a hidden tab; there a slow timer does. */
function beforeNextPaint(run: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(run, 250);
  else requestAnimationFrame(run);
}
