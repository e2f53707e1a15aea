// What goes on in a session, derived from its state the way the server derives it.
import type { Activity } from "../../wire/types";
import { type Conversation, runningTurn } from "./conversation";

export function activityOf(state: Conversation): Activity {
  if (runningTurn(state) !== null) return state.questions.length > 0 ? "waiting" : "working";
  return state.queue.length > 0 ? "queued" : "idle";
}
