// The rows of the conversation: what stands where, and that streaming text changes none of them.
import { expect, it } from "vitest";
import type { Event, Part } from "../../wire/types";
import { at, events, message, prompt, textPart, toolPart, turn, view } from "./fixtures";
import { applyEvent, applyTextDelta, applyView } from "./reduce";
import { type Row, rowsOf, sameRows } from "./rows";

const none = new Set<string>();
const thinking = { ...textPart("prt_t", "Hm", { state: "done" }), type: "thinking" } as Part;
const plan = { ...textPart("prt_p", ""), type: "plan", entries: [] } as unknown as Part;

function play(list: readonly Event[]) {
  return list.reduce(applyEvent, applyView(null, view()));
}

const running = events(1, [
  { type: "prompt.queued", prompt: prompt("prm_1") },
  { type: "turn.started", turn: turn(1) },
  { type: "message.created", message: message("msg_0", "trn_1", "user") },
  { type: "part.updated", part: textPart("prt_0", "Do it", { messageId: "msg_0", state: "done" }) },
  { type: "message.created", message: message("msg_1", "trn_1") },
  { type: "part.updated", part: thinking },
  { type: "part.updated", part: toolPart("prt_1") },
  { type: "part.updated", part: plan },
  { type: "part.updated", part: toolPart("prt_2") },
  { type: "part.updated", part: textPart("prt_3", "Done") },
]);

const kinds = (rows: readonly Row[]) => rows.map(({ kind }) => kind).join(" ");

it("folds runs of work between what is said and planned", () => {
  expect(kinds(rowsOf(play(running), none, []))).toBe("prompt work plan work text");
});

it("opens a run into its steps", () => {
  const rows = rowsOf(play(running), new Set(["work:prt_t"]), []);
  expect(kinds(rows)).toBe("prompt work step step plan work text");
});

it("shows that a turn goes on when its rows do not", () => {
  expect(kinds(rowsOf(play(running.slice(0, 5)), none, []))).toBe("prompt waiting");
  const closed = events(11, [{ type: "part.updated", part: textPart("prt_3", "Done", { state: "done" }) }]);
  expect(kinds(rowsOf(play([...running, ...closed]), none, []))).toBe("prompt work plan work text waiting");
});

it("ends a turn with its errors and a footer", () => {
  const ended = events(11, [
    { type: "error", code: "x", message: "X", severity: "error", turnId: "trn_1" },
    {
      type: "turn.completed",
      turnId: "trn_1",
      stopReason: "error",
      usage: null,
      cost: null,
      completedAt: at,
    },
  ]);
  expect(kinds(rowsOf(play([...running, ...ended]), none, []))).toBe("prompt work plan work text error footer");
});

it("puts a question behind the step that asks it, also after it was answered", () => {
  const question = { id: "qst_1", turnId: "trn_1", partId: "prt_1", title: "?", options: [], askedAt: at };
  const asked = play([...running, ...events(11, [{ type: "question.asked", question }])]);
  expect(kinds(rowsOf(asked, none, []))).toBe("prompt work question plan work text");
  const expired = applyEvent(asked, events(12, [{ type: "question.expired", questionId: "qst_1" }])[0] as Event);
  expect(kinds(rowsOf(expired, none, []))).toBe("prompt work question plan work text");
});

it("stay the same while text streams", () => {
  const state = play(running);
  const grown = applyTextDelta(state, { partId: "prt_3", offset: 4, text: " and done" });
  expect(grown).not.toBe(state);
  expect(sameRows(rowsOf(state, none, []), rowsOf(grown, none, []))).toBe(true);
});

it("shows the next prompt while the sandbox is prepared, under the key that its turn will have", () => {
  const queued = rowsOf(play(running.slice(0, 1)), none, []);
  expect(kinds(queued)).toBe("prompt waiting");
  expect(queued[0]?.key).toBe(rowsOf(play(running), none, [])[0]?.key);
});

it("shows a prompt that is being sent, unless something runs", () => {
  expect(kinds(rowsOf(play([]), none, ["r1", "r2"]))).toBe("outgoing");
  expect(kinds(rowsOf(play(running), none, ["r1"]))).toBe("prompt work plan work text");
});

it("places errors without a turn by their time", () => {
  const early = { seq: 1, at: "2026-11-20T11:00:00.000Z", code: "a", message: "A", severity: "info", turnId: null } as const;
  const late = { ...early, seq: 9, at: "2026-11-20T13:00:00.000Z" };
  const state = applyView(null, view({ turns: [turn(1)], errors: [early, late] }));
  expect(kinds(rowsOf(state, none, []))).toBe("error prompt waiting error");
});
