// The reducer's rules: order, duplicates, gaps, and that a browser which came back sees what one sees that never left.
import { describe, expect, it } from "vitest";
import type { Event, ServerFrame } from "../../wire/types";
import { activityOf } from "./activity";
import type { Conversation } from "./conversation";
import { ada, at, events, message, prompt, session, textPart, toolPart, turn, view } from "./fixtures";
import { applyEvent, applyPresence, applyTextDelta, applyView, isGap, prependEarlier } from "./reduce";

const empty = applyView(null, view());

const script: Event[] = events(1, [
  { type: "prompt.queued", prompt: prompt("prm_1") },
  { type: "sandbox.status", sandbox: { provider: "process", status: "booting", step: "Starting the agent" } },
  { type: "sandbox.status", sandbox: { provider: "process", status: "ready" } },
  { type: "turn.started", turn: turn(1) },
  { type: "message.created", message: message("msg_0", "trn_1", "user") },
  { type: "part.updated", part: textPart("prt_0", "Prompt prm_1", { messageId: "msg_0", state: "done" }) },
  { type: "message.created", message: message("msg_1", "trn_1") },
  { type: "part.updated", part: textPart("prt_1", "") },
  { type: "part.updated", part: textPart("prt_1", "Grüße, 世界 🎉", { state: "done" }) },
  { type: "part.updated", part: toolPart("prt_2") },
  { type: "prompt.queued", prompt: prompt("prm_2") },
  {
    type: "question.asked",
    question: {
      id: "qst_1",
      turnId: "trn_1",
      partId: "prt_2",
      title: "Run `cargo test`?",
      options: [{ id: "yes", label: "Allow once", kind: "allowOnce" }],
      askedAt: at,
    },
  },
  { type: "question.answered", questionId: "qst_1", optionId: "yes", by: ada },
  {
    type: "part.updated",
    part: toolPart("prt_2", { state: "done", status: "completed", output: "ok", exitCode: 0 }),
  },
  { type: "error", code: "model_call_repeated", message: "Repeated.", severity: "info", turnId: "trn_1" },
  {
    type: "git.changed",
    turnId: "trn_1",
    changes: { files: [], additions: 3, deletions: 1, truncated: false },
  },
  {
    type: "turn.completed",
    turnId: "trn_1",
    stopReason: "end_turn",
    usage: null,
    cost: null,
    completedAt: at,
  },
  { type: "turn.started", turn: turn(2) },
]);

function play(state: Conversation, list: readonly Event[]): Conversation {
  return list.reduce(applyEvent, state);
}

describe("events", () => {
  it("build the whole conversation", () => {
    const state = play(empty, script);
    expect(state.seq).toBe(script.length);
    expect(state.turns.map(({ turn }) => turn.id)).toEqual(["trn_1", "trn_2"]);
    expect(state.turns[0]?.parts.map(({ id }) => id)).toEqual(["prt_0", "prt_1", "prt_2"]);
    expect(state.turns[0]?.errors).toHaveLength(1);
    expect(state.turns[0]?.turn.outcome?.stopReason).toBe("end_turn");
    expect(state.queue).toEqual([]);
    expect(state.questions).toEqual([]);
    expect(state.settled[0]?.answer).toEqual({ label: "Allow once", kind: "allowOnce", by: ada });
    expect(state.changes?.additions).toBe(3);
    expect(state.session.lastSeq).toBe(script.length);
  });

  it("that are already in change nothing, not even the object", () => {
    const state = play(empty, script);
    for (const event of script) expect(applyEvent(state, event)).toBe(state);
  });

  it("past a gap are left out and named", () => {
    const state = play(empty, script.slice(0, 3));
    const late = script[5] as Event;
    expect(isGap(state, late)).toBe(true);
    expect(applyEvent(state, late)).toBe(state);
    expect(isGap(state, script[3] as Event)).toBe(false);
    expect(isGap(state, script[0] as Event)).toBe(false);
  });

  it("of unknown turns, parts and questions do no harm", () => {
    const stray = events(1, [
      { type: "part.updated", part: textPart("prt_9", "x", { turnId: "trn_9" }) },
      { type: "question.expired", questionId: "qst_9" },
      { type: "prompt.cancelled", promptId: "prm_9", by: ada },
      {
        type: "turn.completed",
        turnId: "trn_9",
        stopReason: "error",
        usage: null,
        cost: null,
        completedAt: at,
      },
    ]);
    const state = play(empty, stray);
    expect({ ...state, seq: 0, session: empty.session }).toEqual(empty);
    expect(state.seq).toBe(4);
  });

  it("say what goes on, step by step", () => {
    const seen = script.map((_, index) => activityOf(play(empty, script.slice(0, index + 1))));
    expect(seen.slice(0, 4)).toEqual(["queued", "queued", "queued", "working"]);
    expect(seen[11]).toBe("waiting");
    expect(seen[12]).toBe("working");
    expect(seen[16]).toBe("queued");
    expect(seen[17]).toBe("working");
  });

  it("put prompts that steer before those that wait, in the order in which they came", () => {
    const prompts = [prompt("a"), prompt("s", { mode: "steer" }), prompt("b"), prompt("t", { mode: "steer" })];
    const state = play(
      empty,
      events(
        1,
        prompts.map((prompt) => ({ type: "prompt.queued", prompt })),
      ),
    );
    expect(state.queue.map(({ id }) => id)).toEqual(["s", "t", "a", "b"]);
  });

  it("keep the prompt's words on screen between the queue and the turn's message", () => {
    expect(play(empty, script.slice(0, 4)).starting.map(({ id }) => id)).toEqual(["prm_1"]);
    expect(play(empty, script.slice(0, 5)).starting).toHaveLength(1);
    expect(play(empty, script.slice(0, 6)).starting).toEqual([]);
  });

  it("archive, rename and reopen the session", () => {
    const state = play(
      empty,
      events(1, [
        { type: "session.updated", title: "New name" },
        { type: "session.archived", by: ada },
        { type: "session.updated", status: "open", model: "demo/other" },
      ]),
    );
    expect(state.session).toMatchObject({ title: "New name", status: "open", model: "demo/other" });
  });

  it("leave untouched turns the same object, so that only what changed is drawn again", () => {
    const before = play(empty, script);
    const after = applyEvent(
      before,
      events(19, [{ type: "part.updated", part: textPart("prt_8", "", { turnId: "trn_2" }) }])[0] as Event,
    );
    expect(after.turns[0]).toBe(before.turns[0]);
    expect(after.turns[1]).not.toBe(before.turns[1]);
  });
});

describe("coming back", () => {
  const deltas: [number, ServerFrame][] = [
    [8, { type: "delta", partId: "prt_1", offset: 0, text: "Grüße, " }],
    [8, { type: "delta", partId: "prt_1", offset: 9, text: "世界" }],
    [8, { type: "delta", partId: "prt_1", offset: 15, text: " 🎉" }],
    [10, { type: "delta", partId: "prt_2", offset: 0, text: "running 3 tests\n" }],
  ];

  function playFrames(state: Conversation, from: number, to: number, live: boolean): Conversation {
    let next = state;
    for (const event of script.slice(from, to)) {
      next = applyEvent(next, event);
      if (!live) continue;
      for (const [after, frame] of deltas) {
        if (after === event.seq && frame.type === "delta") next = applyTextDelta(next, frame);
      }
    }
    return next;
  }

  it("at any moment ends in the state of one who never left", () => {
    const stayed = playFrames(empty, 0, script.length, true);
    for (let left = 0; left <= script.length; left++) {
      const before = playFrames(empty, 0, left, true);
      // The server replays what was missed, from a little before where the client was.
      const resumed = playFrames(
        play(before, script.slice(Math.max(0, left - 2), left)),
        left,
        script.length,
        false,
      );
      expect(resumed).toEqual(stayed);
    }
  });

  it("in the middle of a streaming part gets its text in one delta with offset 0", () => {
    const stayed = playFrames(empty, 0, 8, true);
    const away = playFrames(empty, 0, 8, false);
    const resumed = applyTextDelta(away, { partId: "prt_1", offset: 0, text: "Grüße, 世界 🎉" });
    expect(resumed).toEqual(stayed);
  });

  it("with a new view keeps the earlier turns that join up with it", () => {
    const loaded = prependEarlier(
      applyView(null, view({ turns: [turn(5)], earlier: "c4", seq: 50 })),
      [
        { turn: turn(4), messages: [], parts: [], errors: [] },
        { turn: turn(3), messages: [], parts: [], errors: [] },
      ],
      "c2",
    );
    expect(loaded.turns.map(({ turn }) => turn.number)).toEqual([3, 4, 5]);
    const joined = applyView(loaded, view({ turns: [turn(5), turn(6)], earlier: "c4", seq: 60 }));
    expect(joined.turns.map(({ turn }) => turn.number)).toEqual([3, 4, 5, 6]);
    expect(joined.earlier).toBe("c2");
    const apart = applyView(loaded, view({ turns: [turn(9)], earlier: "c8", seq: 90 }));
    expect(apart.turns.map(({ turn }) => turn.number)).toEqual([9]);
    expect(apart.earlier).toBe("c8");
    const other = applyView(loaded, view({ session: session({ id: "ses_2" }), turns: [turn(5), turn(6)] }));
    expect(other.turns.map(({ turn }) => turn.number)).toEqual([5, 6]);
  });

  it("sees the same in a view as in events", () => {
    const lived = play(empty, script.slice(0, 17));
    const seen = applyView(
      null,
      view({
        session: lived.session,
        turns: lived.turns.map(({ turn }) => turn),
        messages: lived.turns.flatMap(({ messages }) => messages),
        parts: lived.turns.flatMap(({ parts }) => parts),
        errors: lived.turns.flatMap(({ errors }) => errors),
        queue: [...lived.queue],
        changes: lived.changes,
        seq: lived.seq,
      }),
    );
    expect({ ...seen, settled: lived.settled }).toEqual(lived);
  });
});

it("an overlapping page of earlier turns is not doubled", () => {
  const state = applyView(null, view({ turns: [turn(3)], earlier: "c" }));
  const page = [turn(3), turn(2)].map((turn) => ({ turn, messages: [], parts: [], errors: [] }));
  const next = prependEarlier(state, page, null);
  expect(next.turns.map(({ turn }) => turn.number)).toEqual([2, 3]);
  expect(next.earlier).toBeNull();
});

it("presence is replaced as a whole", () => {
  expect(applyPresence(empty, [{ person: ada, typing: true }]).present).toHaveLength(1);
});
