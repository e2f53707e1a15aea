// The living line when nothing else shows that something goes on: what is waited for just now.
import { Spinner } from "../../ui/spinner";
import { Elapsed } from "../../ui/time";
import type { Sandbox } from "../../wire/types";
import { runningTurn } from "../state/conversation";
import { useConversation, useSnapshot } from "../use-session";

export function WaitingRow() {
  const since = useConversation((state) => runningTurn(state)?.turn.startedAt ?? state.queue[0]?.createdAt ?? null);
  const running = useConversation((state) => runningTurn(state) !== null);
  const sandbox = useConversation(({ session }) => session.sandbox);
  const stopping = useSnapshot((snapshot) => snapshot.stopping !== null);
  return (
    <p className="flex items-center gap-2.5 py-2 text-muted text-sm">
      <Spinner />
      <span className="min-w-0 truncate">{stopping ? "Stopping" : running ? "Thinking" : preparing(sandbox)}</span>
      {since !== null && (
        <span className="text-xs">
          <Elapsed since={since} until={null} />
        </span>
      )}
    </p>
  );
}

export function preparing(sandbox: Sandbox): string {
  switch (sandbox.status) {
    case "none":
    case "stopped":
    case "provisioning":
      return "Making a sandbox";
    case "booting":
      return sandbox.step;
    case "hibernating":
    case "hibernated":
    case "waking":
      return "Waking the sandbox";
    case "ready":
      return "Starting the agent";
    case "failed":
      return "Waits for a sandbox";
  }
}
