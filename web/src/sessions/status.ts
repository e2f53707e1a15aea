// What a session's state is in one word, and which group of the list it belongs to.
import type { Session } from "../wire/types";

export type Mark = "waiting" | "failed" | "working" | "queued" | "idle" | "asleep" | "archived";

export function markOf({ status, activity, sandbox, lastStopReason }: Session): Mark {
  if (status === "archived") return "archived";
  if (activity === "waiting") return "waiting";
  if (sandbox.status === "failed") return "failed";
  if (activity === "working") return "working";
  if (activity === "queued") return "queued";
  if (lastStopReason === "error") return "failed";
  return sandbox.status === "hibernated" || sandbox.status === "stopped" ? "asleep" : "idle";
}

/** The live line under a session's title. */
export function statusLine(session: Session): string {
  const { sandbox } = session;
  switch (markOf(session)) {
    case "waiting":
      return "Asks you something";
    case "failed":
      return sandbox.status === "failed" ? "The sandbox failed" : "The last turn failed";
    case "working":
      return "Working";
    case "queued":
      return sandbox.status === "booting" ? sandbox.step : "Preparing the sandbox";
    case "idle":
      return "Done";
    case "asleep":
      return "Asleep";
    case "archived":
      return "Archived";
  }
}

export interface Groups {
  needsYou: Session[];
  working: Session[];
  recent: Session[];
}

/** Newest first in each group. */
export function groupSessions(sessions: readonly Session[]): Groups {
  const groups: Groups = { needsYou: [], working: [], recent: [] };
  const newestFirst = sessions.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt));
  for (const session of newestFirst) {
    const mark = markOf(session);
    if (mark === "archived") continue;
    if (mark === "waiting" || mark === "failed") groups.needsYou.push(session);
    else if (mark === "working" || mark === "queued") groups.working.push(session);
    else groups.recent.push(session);
  }
  return groups;
}

/** `https://github.com/o/r.git` as `o/r`. */
export function repositoryName(url: string): string {
  try {
    const path = new URL(url).pathname.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
    return path === "" ? url : path;
  } catch {
    return url;
  }
}
