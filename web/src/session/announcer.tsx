// Says to screen readers what others see: that the agent works, asks, or is done. Not each word of it.
import { activityOf } from "./state/activity";
import { useConversation } from "./use-session";

export function Announcer() {
  const words = useConversation((conversation) => {
    const question = conversation.questions[0];
    if (question !== undefined) return `The agent asks: ${question.title}`;
    const activity = activityOf(conversation);
    if (activity === "working") return "The agent works.";
    if (activity === "queued") return "The sandbox is being prepared.";
    const outcome = conversation.turns.at(-1)?.turn.outcome;
    if (outcome === undefined || outcome === null) return "";
    return outcome.stopReason === "cancelled" ? "The agent was stopped." : "The agent is done.";
  });
  return (
    <p className="sr-only" aria-live="polite">
      {words}
    </p>
  );
}
