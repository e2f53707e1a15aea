// What is sent for a new session, and which addresses are refused before they are sent.
import { expect, it } from "vitest";
import type { Capabilities } from "../wire/types";
import { effective, repositoryProblem, toCreateSession } from "./choices";

const capabilities: Capabilities = {
  version: "1",
  sandbox: { provider: "process", isolated: true, warning: null },
  agents: [
    { id: "claude", name: "Claude", available: false, hint: "Install it" },
    { id: "opencode", name: "OpenCode", available: true, hint: null },
  ],
  models: [{ id: "demo/scripted", name: "Scripted demo", providerName: "Demo", demo: true }],
  limits: { promptBytes: 65_536, queueLength: 32 },
};
const choices = { repository: "", branch: "", model: null, agent: null, permissions: "allow" } as const;

it("falls back to what is offered when the last choice is gone", () => {
  const { model, agent } = effective({ ...choices, model: "gone/model", agent: "claude" }, capabilities);
  expect([model?.id, agent?.id]).toEqual(["demo/scripted", "opencode"]);
});

it("leaves out what was not chosen", () => {
  expect(toCreateSession({ ...choices, branch: "main" }, undefined, "Hi")).toEqual({
    prompt: "Hi",
    permissions: "allow",
  });
  expect(
    toCreateSession({ ...choices, repository: " https://x.y/z " }, capabilities, "Hi").repository,
  ).toEqual({
    url: "https://x.y/z",
  });
});

it.each([
  ["", null],
  ["https://github.com/o/r", null],
  ["github.com/o/r", "whole address"],
  ["file:///etc", "https"],
  ["https://me:secret@github.com/o/r", "password"],
])("%s", (url, words) => {
  if (words === null) expect(repositoryProblem(url)).toBeNull();
  else expect(repositoryProblem(url)).toContain(words);
});
