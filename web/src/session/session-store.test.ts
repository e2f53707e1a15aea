// The store and its socket against a scripted server: resume, resend, gaps, stop, and what a reload keeps.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClientCommand, Problem, ServerFrame } from "../wire/types";
import { SessionStore } from "./session-store";
import { events, prompt, turn, view } from "./state/fixtures";

class FakeSocket {
  static all: FakeSocket[] = [];
  readyState: number = WebSocket.CONNECTING;
  sent: ClientCommand[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = WebSocket.CLOSED;
  }
  open() {
    this.readyState = WebSocket.OPEN;
    this.onopen?.();
  }
  say(frame: ServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  cut() {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.();
  }
  commands() {
    return this.sent.filter(({ type }) => type !== "ping");
  }
}

const newest = () => FakeSocket.all.at(-1) as FakeSocket;
const problem: Problem = { type: "x", title: "Full", status: 409, detail: "The queue is full.", code: "queue_full" };

function newStore(onProblem = vi.fn()) {
  const store = new SessionStore("ses_1", {
    newSocket: (url) => new FakeSocket(url) as unknown as WebSocket,
    schedule: (run) => run(),
    onProblem,
  });
  store.open();
  return store;
}

function opened(store: SessionStore, patch = {}) {
  newest().open();
  newest().say({ type: "view", ...view(patch) });
  return store;
}

function comeBack() {
  newest().cut();
  vi.advanceTimersByTime(20_000);
  newest().open();
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  FakeSocket.all = [];
});
afterEach(() => vi.useRealTimers());

describe("the connection", () => {
  it("comes back from the newest event that is here", () => {
    const store = opened(newStore(), { seq: 4 });
    expect(newest().url).toMatch(/\/api\/sessions\/ses_1\/ws$/);
    newest().say({ type: "event", event: events(5, [{ type: "session.updated", title: "Five" }])[0] as never });
    newest().cut();
    expect(store.snapshot().connection.status).toBe("lost");
    vi.advanceTimersByTime(20_000);
    expect(newest().url).toContain("?after=5");
    newest().open();
    expect(store.snapshot().connection.status).toBe("open");
  });

  it("asks again for what is missing when there is a gap", () => {
    opened(newStore(), { seq: 4 });
    newest().say({ type: "event", event: events(7, [{ type: "session.updated", title: "Seven" }])[0] as never });
    vi.advanceTimersByTime(20_000);
    expect(FakeSocket.all).toHaveLength(2);
    expect(newest().url).toContain("?after=4");
  });

  it("asks for a whole view when its cursor is refused again and again", () => {
    opened(newStore(), { seq: 4 });
    for (let i = 0; i < 4; i++) {
      newest().cut();
      vi.advanceTimersByTime(20_000);
    }
    expect(newest().url).not.toContain("after");
  });

  it("gives up on a silent server and comes back", () => {
    opened(newStore());
    vi.advanceTimersByTime(25_000);
    expect(newest().sent.at(-1)?.type).toBe("ping");
    vi.advanceTimersByTime(40_000);
    expect(FakeSocket.all.length).toBeGreaterThan(1);
  });

  it("does not come back after it was closed", () => {
    const store = opened(newStore());
    store.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe("a prompt", () => {
  it("shows as sending until its event came, and never twice", () => {
    const store = opened(newStore());
    store.prompt("Hi", "queue");
    const [command] = newest().commands();
    expect(store.snapshot().outgoing.map(({ phase }) => phase)).toEqual(["sending"]);
    newest().say({ type: "reply", requestId: requestIdOf(command), status: "done", prompt: prompt("prm_1") });
    expect(store.snapshot().outgoing.map(({ phase }) => phase)).toEqual(["accepted"]);
    newest().say({ type: "event", event: events(1, [{ type: "prompt.queued", prompt: prompt("prm_1") }])[0] as never });
    expect(store.snapshot().outgoing).toEqual([]);
  });

  it("is sent again with the same request id after a cut, until it is answered", () => {
    const store = opened(newStore());
    store.prompt("Hi", "steer");
    const first = newest().commands()[0];
    comeBack();
    expect(newest().commands()).toEqual([first]);
    newest().say({ type: "reply", requestId: requestIdOf(first), status: "done", prompt: prompt("prm_1") });
    comeBack();
    expect(newest().commands()).toEqual([]);
  });

  it("survives a reload", () => {
    const store = opened(newStore());
    newest().cut();
    store.prompt("Kept", "queue");
    store.close();
    const again = newStore();
    expect(again.snapshot().outgoing.map(({ text }) => text)).toEqual(["Kept"]);
    newest().open();
    expect(newest().commands()).toMatchObject([{ type: "prompt", text: "Kept" }]);
  });

  it("that was refused stays with its reason, to be tried again or taken back", () => {
    const store = opened(newStore());
    store.prompt("Too much", "queue");
    const requestId = requestIdOf(newest().commands()[0]);
    newest().say({ type: "reply", requestId, status: "refused", problem });
    expect(store.snapshot().outgoing).toMatchObject([{ phase: "refused", problem: { code: "queue_full" } }]);
    store.retryPrompt(requestId);
    expect(newest().commands()).toHaveLength(2);
    expect(store.discardPrompt(requestId)).toBe("Too much");
    expect(store.snapshot().outgoing).toEqual([]);
  });
});

describe("stopping", () => {
  const running = { turns: [turn(1)], seq: 3 };

  it("shows until the turn has really ended", () => {
    const store = opened(newStore(), running);
    store.stop();
    store.stop();
    expect(newest().commands().map(({ type }) => type)).toEqual(["abort"]);
    expect(store.snapshot().stopping).toBe("trn_1");
    newest().say({ type: "event", event: ended(4) });
    expect(store.snapshot().stopping).toBeNull();
  });

  it("is not carried over a cut to a turn that began in between", () => {
    const store = opened(newStore(), running);
    newest().cut();
    store.stop();
    vi.advanceTimersByTime(20_000);
    newest().open();
    newest().say({ type: "event", event: ended(4) });
    newest().say({ type: "event", event: events(5, [{ type: "turn.started", turn: turn(2) }])[0] as never });
    newest().say({ type: "reply", requestId: "caught-up", status: "done" });
    expect(newest().commands()).toEqual([]);
    expect(store.snapshot().stopping).toBeNull();
  });

  it("is repeated after a cut while the turn still runs", () => {
    const store = opened(newStore(), running);
    newest().cut();
    store.stop();
    vi.advanceTimersByTime(20_000);
    newest().open();
    newest().say({ type: "reply", requestId: "caught-up", status: "done" });
    expect(newest().commands().map(({ type }) => type)).toEqual(["abort"]);
  });

  it("says when it was refused", () => {
    const complain = vi.fn();
    const store = opened(newStore(complain), running);
    store.stop();
    newest().say({ type: "reply", requestId: requestIdOf(newest().commands()[0]), status: "refused", problem });
    expect(store.snapshot().stopping).toBeNull();
    expect(complain).toHaveBeenCalledWith(problem);
  });
});

it("tells the screen once a frame, however many frames came", () => {
  let flush = () => {};
  const store = new SessionStore("ses_1", {
    newSocket: (url) => new FakeSocket(url) as unknown as WebSocket,
    schedule: (run) => {
      flush = run;
    },
  });
  store.open();
  newest().open();
  newest().say({ type: "view", ...view() });
  flush();
  const told = vi.fn();
  store.subscribe(told);
  for (let seq = 1; seq <= 50; seq++) {
    newest().say({ type: "event", event: events(seq, [{ type: "session.updated", title: `${seq}` }])[0] as never });
  }
  expect(told).not.toHaveBeenCalled();
  flush();
  expect(told).toHaveBeenCalledTimes(1);
  expect(store.snapshot().conversation?.session.title).toBe("50");
});

function ended(seq: number) {
  return events(seq, [
    {
      type: "turn.completed",
      turnId: "trn_1",
      stopReason: "cancelled",
      usage: null,
      cost: null,
      completedAt: "2026-11-20T12:00:00.000Z",
    },
  ])[0] as never;
}

function requestIdOf(command: ClientCommand | undefined): string {
  return command !== undefined && "requestId" in command ? command.requestId : "";
}
