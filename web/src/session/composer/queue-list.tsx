// Prompts that wait: those in the server's queue, and those that the server has not taken yet.
import { CornerDownRight, ListPlus, Pencil, RotateCw, X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "../../ui/button";
import { cx } from "../../ui/cx";
import { Spinner } from "../../ui/spinner";
import type { PromptMode } from "../../wire/types";
import type { OutgoingPrompt } from "../outbox";
import { runningTurn } from "../state/conversation";
import { isFree } from "../state/rows";
import { useConversation, useSessionStore, useSnapshot } from "../use-session";

export function QueueList({ onEdit }: { onEdit(text: string): void }) {
  const store = useSessionStore();
  const queue = useConversation((state) => state.queue);
  const running = useConversation((state) => runningTurn(state) !== null);
  const free = useConversation(isFree);
  const outgoing = useSnapshot((snapshot) => snapshot.outgoing);
  const online = useSnapshot(({ connection }) => connection.status === "open");
  // While nothing runs, the next prompt stands in the conversation already.
  const waiting = running ? queue : queue.slice(1);
  const sending = free ? outgoing.slice(1) : outgoing;
  if (waiting.length === 0 && sending.length === 0) return null;

  return (
    <section aria-label="Queue" className="mb-2 overflow-hidden rounded-xl border bg-sunken">
      <h2 className="flex h-7 items-center px-3.5 text-muted text-xs">
        {running ? "Goes next when the agent is done" : "Goes next when the sandbox is ready"}
      </h2>
      <ul>
        {waiting.map(({ id, text, mode, author }) => (
          <Entry key={id} mode={mode} text={text} note={author.name}>
            <IconButton
              label="Edit"
              side="top"
              className="size-7"
              onClick={() => {
                store.withdraw(id);
                onEdit(text);
              }}
            >
              <Pencil size={13} />
            </IconButton>
            <IconButton label="Withdraw" side="top" className="size-7" onClick={() => store.withdraw(id)}>
              <X size={14} />
            </IconButton>
          </Entry>
        ))}
        {sending.map((prompt) => (
          <Outgoing key={prompt.requestId} prompt={prompt} online={online} onEdit={onEdit} />
        ))}
      </ul>
    </section>
  );
}

interface OutgoingProps {
  prompt: OutgoingPrompt;
  online: boolean;
  onEdit(text: string): void;
}

function Outgoing({ prompt, online, onEdit }: OutgoingProps) {
  const store = useSessionStore();
  const refused = prompt.phase === "refused";
  const note = refused
    ? (prompt.problem?.detail ?? "Refused")
    : online
      ? "Sending…"
      : "Waits for the connection";
  return (
    <Entry mode={prompt.mode} text={prompt.text} note={note} bad={refused} busy={!refused}>
      {refused && (
        <IconButton
          label="Try again"
          side="top"
          className="size-7"
          onClick={() => store.retryPrompt(prompt.requestId)}
        >
          <RotateCw size={13} />
        </IconButton>
      )}
      {refused && (
        <IconButton
          label="Edit"
          side="top"
          className="size-7"
          onClick={() => onEdit(store.discardPrompt(prompt.requestId))}
        >
          <Pencil size={13} />
        </IconButton>
      )}
      {(refused || !online) && (
        <IconButton
          label="Discard"
          side="top"
          className="size-7"
          onClick={() => store.discardPrompt(prompt.requestId)}
        >
          <X size={14} />
        </IconButton>
      )}
    </Entry>
  );
}

interface EntryProps {
  mode: PromptMode;
  text: string;
  note: string;
  bad?: boolean;
  busy?: boolean;
  children: ReactNode;
}

function Entry({ mode, text, note, bad = false, busy = false, children }: EntryProps) {
  const Icon = mode === "steer" ? CornerDownRight : ListPlus;
  return (
    <li className="flex min-h-9 items-center gap-2.5 border-t py-1 pr-1.5 pl-3.5 text-sm">
      {busy ? (
        <Spinner size={12} />
      ) : (
        <Icon size={14} className="shrink-0 text-muted" aria-label={mode === "steer" ? "Steers" : "Queued"} />
      )}
      <span className="min-w-0 flex-1 truncate">{text}</span>
      <span className={cx("max-w-[40%] shrink-0 truncate text-xs", bad ? "text-bad" : "text-muted")}>
        {note}
      </span>
      <span className="flex shrink-0">{children}</span>
    </li>
  );
}
