// The words of the living line.
import { expect, it } from "vitest";
import type { Part } from "../../wire/types";
import { textPart, toolPart } from "../state/fixtures";
import { summarize } from "./work-summary";

const done = { state: "done", status: "completed", completedAt: "2026-11-20T12:00:12.000Z" } as const;
const read = (id: string, path: string) =>
  toolPart(id, { ...done, kind: "read", title: path, locations: [path] });
const thinking = (state: "streaming" | "done") =>
  ({ ...textPart("t", "Hm", { state }), type: "thinking" }) as Part;

it("counts what was done, each file once", () => {
  const edit = toolPart("c", { ...done, kind: "edit", title: "a.rs", locations: ["a.rs"] });
  const summary = summarize([
    read("a", "a.rs"),
    read("b", "b.rs"),
    read("d", "a.rs"),
    edit,
    toolPart("e", done),
  ]);
  expect(summary.text).toBe("Read 2 files · edited 1 file · ran `cargo test`");
  expect(summary.now).toBeNull();
  expect(summary.completedAt).toBe("2026-11-20T12:00:12.000Z");
});

it("says what goes on just now beside what was done", () => {
  const summary = summarize([read("a", "a.rs"), toolPart("b")]);
  expect(summary).toMatchObject({ text: "Read 1 file", now: "Running `cargo test`", completedAt: null });
});

it("counts failures", () => {
  const failed = { ...done, status: "failed", exitCode: 1 } as const;
  const summary = summarize([toolPart("a", failed), toolPart("b", done)]);
  expect(summary).toMatchObject({ text: "Ran 2 commands", failed: 1 });
});

it("knows thinking alone", () => {
  expect(summarize([thinking("done")])).toMatchObject({ text: "Thought", now: null });
  expect(summarize([thinking("streaming")]).now).toBe("Thinking");
});
