// The sandbox: its state in a word, and behind it what that means, whether it is fenced off, sleep and wake.
import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleAlert, Moon, Sun } from "lucide-react";
import { capabilities } from "../../api/capabilities";
import { asProblem } from "../../api/http";
import { actOnSession, type SessionAction } from "../../api/sessions";
import { Button } from "../../ui/button";
import { cx } from "../../ui/cx";
import { Popover } from "../../ui/popover";
import { Spinner } from "../../ui/spinner";
import { toast } from "../../ui/toast";
import type { Sandbox } from "../../wire/types";
import { useConversation } from "../use-session";
import { sandboxWords } from "./sandbox-words";

export function SandboxStatus() {
  const sandbox = useConversation(({ session }) => session.sandbox);
  const { data } = useQuery(capabilities);
  const { name, explanation } = sandboxWords(sandbox);
  const warning = data?.sandbox.isolated === false;
  return (
    <Popover
      label="Sandbox"
      align="end"
      trigger={
        <Button look="ghost" small aria-label={`Sandbox: ${name}${warning ? ", not isolated" : ""}`}>
          <Dot sandbox={sandbox} />
          <span className="hidden sm:inline">{name}</span>
          {warning && <CircleAlert size={13} className="text-warn" />}
        </Button>
      }
    >
      <h2 className="flex items-center gap-2 font-medium">
        <Dot sandbox={sandbox} />
        {name}
      </h2>
      <p className="mt-1 text-muted [overflow-wrap:anywhere]">{explanation}</p>
      {warning && (
        <p className="mt-3 flex gap-2 rounded-md border border-warn/40 bg-warn-soft p-2.5 text-xs leading-[18px]">
          <CircleAlert size={14} className="mt-0.5 shrink-0 text-warn" />
          <span>
            <strong className="font-semibold">Not isolated.</strong>{" "}
            {data.sandbox.warning ?? "The agent runs on this machine with the rights of the server."}
          </span>
        </p>
      )}
      <Actions sandbox={sandbox} />
      <p className="mt-3 border-t pt-2 text-muted text-xs">
        Made by <code className="font-mono">{sandbox.provider}</code>
      </p>
    </Popover>
  );
}

function Actions({ sandbox }: { sandbox: Sandbox }) {
  const id = useConversation(({ session }) => session.id);
  const act = useMutation({
    mutationFn: (action: SessionAction) => actOnSession(id, action),
    onError: (error) => toast(asProblem(error).detail, true),
  });
  if (sandbox.status === "ready") {
    return (
      <Button small className="mt-3" disabled={act.isPending} onClick={() => act.mutate("hibernate")}>
        <Moon size={13} /> Put to sleep
      </Button>
    );
  }
  const asleep =
    sandbox.status === "hibernated" || sandbox.status === "stopped" || sandbox.status === "failed";
  if (!asleep) return null;
  return (
    <Button small className="mt-3" disabled={act.isPending} onClick={() => act.mutate("wake")}>
      <Sun size={13} /> {sandbox.status === "failed" ? "Try again" : "Wake"}
    </Button>
  );
}

/** Full when it runs, hollow when it does not, square when it failed. */
function Dot({ sandbox: { status } }: { sandbox: Sandbox }) {
  if (status === "provisioning" || status === "booting" || status === "waking" || status === "hibernating") {
    return <Spinner size={10} />;
  }
  return (
    <span
      aria-hidden
      className={cx(
        "size-2 shrink-0",
        status === "ready" && "rounded-full bg-good",
        status === "failed" && "rounded-[2px] bg-bad",
        status !== "ready" && status !== "failed" && "rounded-full border-[1.5px] border-muted",
      )}
    />
  );
}
