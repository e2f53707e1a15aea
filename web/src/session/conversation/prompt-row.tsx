// What a person asked: their words, who it was and when. While the sandbox is prepared it can be withdrawn.
import { useSuspenseQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { signedIn } from "../../api/auth";
import { Avatar } from "../../ui/avatar";
import { Button } from "../../ui/button";
import { Spinner } from "../../ui/spinner";
import { Ago } from "../../ui/time";
import type { Person } from "../../wire/types";
import { findTurn } from "../parts";
import type { Conversation } from "../state/conversation";
import { useConversation, useSessionStore, useSnapshot } from "../use-session";

interface Spoken {
  text: string;
  author: Person | null;
  at: string;
}

const LONG = 1_200;

export function PromptRow({ turnId, promptId }: { turnId: string | null; promptId: string }) {
  const store = useSessionStore();
  const spoken = useConversation((state) => spokenOf(state, turnId, promptId), sameSpoken);
  if (spoken === null) return null;
  return (
    <Bubble text={spoken.text} author={spoken.author}>
      <Ago at={spoken.at} />
      {turnId === null && (
        <button
          type="button"
          className="rounded px-1 hover:bg-hover hover:text-ink"
          onClick={() => store.withdraw(promptId)}
        >
          Withdraw
        </button>
      )}
    </Bubble>
  );
}

/** A prompt on its way to the server. */
export function OutgoingRow({ requestId }: { requestId: string }) {
  const store = useSessionStore();
  const prompt = useSnapshot(({ outgoing }) => outgoing.find((one) => one.requestId === requestId));
  const open = useSnapshot(({ connection }) => connection.status === "open");
  const { data } = useSuspenseQuery(signedIn);
  if (prompt === undefined) return null;
  return (
    <Bubble text={prompt.text} author={data.user}>
      {prompt.phase === "refused" ? (
        <span role="alert" className="flex flex-wrap items-center justify-end gap-2 text-bad">
          {prompt.problem?.detail}
          <Button small onClick={() => store.retryPrompt(requestId)}>
            Try again
          </Button>
          <Button small look="ghost" onClick={() => store.discardPrompt(requestId)}>
            Discard
          </Button>
        </span>
      ) : (
        <span className="flex items-center gap-1.5">
          <Spinner size={11} /> {open ? "Sending…" : "Waits for the connection"}
        </span>
      )}
    </Bubble>
  );
}

function Bubble({ text, author, children }: { text: string; author: Person | null; children: ReactNode }) {
  const [whole, setWhole] = useState(false);
  const long = text.length > LONG && !whole;
  return (
    <article
      aria-label={`Prompt of ${author?.name ?? "somebody"}`}
      className="flex flex-col items-end pt-6 pb-3"
    >
      <div className="max-w-[88%] rounded-2xl rounded-br-md bg-hover px-4 py-2.5">
        <p className="whitespace-pre-wrap text-[14.5px] leading-6 [overflow-wrap:anywhere]">
          {long ? `${text.slice(0, LONG)}…` : text}
        </p>
        {long && (
          <button
            type="button"
            className="mt-1 font-medium text-accent text-xs hover:underline"
            onClick={() => setWhole(true)}
          >
            Show all of it
          </button>
        )}
      </div>
      <p className="mt-1.5 flex items-center gap-1.5 px-1 text-muted text-xs">
        {author !== null && (
          <>
            <Avatar person={author} size={16} />
            {author.name}
            <span aria-hidden>·</span>
          </>
        )}
        {children}
      </p>
    </article>
  );
}

function spokenOf(state: Conversation, turnId: string | null, promptId: string): Spoken | null {
  const turn = turnId === null ? undefined : findTurn(state, turnId);
  const message = turn?.messages.find(({ role }) => role === "user");
  const parts = turn?.parts.filter((part) => part.messageId === message?.id && part.type === "text") ?? [];
  if (message !== undefined && parts.length > 0) {
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("\n\n");
    return { text, author: message.author, at: message.createdAt };
  }
  const prompt = [...state.queue, ...state.starting].find(({ id }) => id === promptId);
  return prompt === undefined ? null : { text: prompt.text, author: prompt.author, at: prompt.createdAt };
}

function sameSpoken(a: Spoken | null, b: Spoken | null): boolean {
  return (
    a === b ||
    (a !== null && b !== null && a.text === b.text && a.at === b.at && a.author?.id === b.author?.id)
  );
}
