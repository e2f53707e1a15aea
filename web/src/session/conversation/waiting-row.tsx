// The living line when nothing else shows that something goes on: what is waited for just now, or why
// the sandbox that is waited for cannot be made.
import { useMutation } from "@tanstack/react-query";
import { RotateCw, TriangleAlert } from "lucide-react";
import { asProblem } from "../../api/http";
import { actOnSession } from "../../api/sessions";
import { Button } from "../../ui/button";
import { Spinner } from "../../ui/spinner";
import { Elapsed } from "../../ui/time";
import { toast } from "../../ui/toast";
import type { Sandbox } from "../../wire/types";
import { runningTurn } from "../state/conversation";
import { useConversation, useSnapshot } from "../use-session";

export function WaitingRow() {
  const since = useConversation(
    (state) => runningTurn(state)?.turn.startedAt ?? state.queue[0]?.createdAt ?? null,
  );
  const running = useConversation((state) => runningTurn(state) !== null);
  const sandbox = useConversation(({ session }) => session.sandbox);
  const stopping = useSnapshot((snapshot) => snapshot.stopping !== null);
  if (!running && sandbox.status === "failed") return <FailedSandbox reason={sandbox.reason} />;
  return (
    <p className="flex items-center gap-2.5 py-2 text-muted text-sm">
      <Spinner />
      <span className="min-w-0 truncate">
        {stopping ? "Stopping" : running ? "Thinking" : preparing(sandbox)}
      </span>
      {since !== null && (
        <span className="text-xs">
          <Elapsed since={since} until={null} />
        </span>
      )}
    </p>
  );
}

function FailedSandbox({ reason }: { reason: string }) {
  const id = useConversation(({ session }) => session.id);
  const wake = useMutation({
    mutationFn: () => actOnSession(id, "wake"),
    onError: (error) => toast(asProblem(error).detail, true),
  });
  return (
    <div role="alert" className="my-2 flex gap-2.5 rounded-lg border bg-bad-soft p-3 text-sm">
      <TriangleAlert size={16} className="mt-0.5 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">The sandbox could not be made</p>
        <p className="mt-0.5 text-muted [overflow-wrap:anywhere]">{reason}</p>
        <Button small className="mt-2" disabled={wake.isPending} onClick={() => wake.mutate()}>
          <RotateCw size={13} /> Try again
        </Button>
      </div>
    </div>
  );
}

function preparing(sandbox: Sandbox): string {
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
