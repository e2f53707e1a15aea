// Groups and words of the session list.
import { expect, it } from "vitest";
import { session } from "../session/state/fixtures";
import { groupSessions, repositoryName, statusLine } from "./status";

it("groups sessions by who has to act, newest first", () => {
  const groups = groupSessions([
    session({ id: "a", updatedAt: "2026-11-20T10:00:00Z" }),
    session({ id: "b", activity: "waiting" }),
    session({ id: "c", activity: "working" }),
    session({ id: "d", sandbox: { provider: "process", status: "failed", reason: "No disk" } }),
    session({ id: "e", status: "archived" }),
    session({ id: "f", activity: "queued" }),
    session({ id: "g", updatedAt: "2026-11-20T11:00:00Z" }),
    session({ id: "h", lastStopReason: "error" }),
    session({ id: "i", lastStopReason: "error", activity: "working" }),
  ]);
  const ids = (list: { id: string }[]) => list.map(({ id }) => id).join("");
  expect([ids(groups.needsYou), ids(groups.working), ids(groups.recent)]).toEqual(["bdh", "cfi", "ga"]);
});

it("says the boot step while prompts wait for a sandbox", () => {
  const sandbox = { provider: "process", status: "booting", step: "Cloning the repository" } as const;
  expect(statusLine(session({ activity: "queued", sandbox }))).toBe("Cloning the repository");
});

it("names a repository by its path", () => {
  expect(repositoryName("https://github.com/rust-lang/rust.git")).toBe("rust-lang/rust");
  expect(repositoryName("nonsense")).toBe("nonsense");
});
