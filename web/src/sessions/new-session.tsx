// The composer of the home page: words first, choices as chips, one key to begin.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ArrowUp } from "lucide-react";
import { useRef } from "react";
import { capabilities } from "../api/capabilities";
import { asProblem } from "../api/http";
import { newRequestId } from "../api/request-id";
import { createSession, rememberSession } from "../api/sessions";
import { utf8Length } from "../session/state/live-text";
import { IconButton } from "../ui/button";
import { GrowingTextarea } from "../ui/growing-textarea";
import { ProblemNote } from "../ui/problem-note";
import { Spinner } from "../ui/spinner";
import { useStored } from "../ui/stored";
import type { CreateSession } from "../wire/types";
import { ChoiceChips } from "./choice-chips";
import { repositoryProblem, toCreateSession, useChoices } from "./choices";

export function NewSession() {
  const { data } = useQuery(capabilities);
  const [text, setText] = useStored("draft.new", "");
  const [choices, change] = useChoices();
  const create = useCreateSession(() => setText(""));
  const limit = data?.limits.promptBytes ?? 65_536;
  const tooLong = utf8Length(text.trim()) > limit;
  const ready =
    text.trim() !== "" && !tooLong && repositoryProblem(choices.repository) === null && !create.isPending;

  const submit = () => {
    if (ready) create.begin(toCreateSession(choices, data, text.trim()));
  };

  return (
    <div className="w-full">
      <form
        aria-label="New session"
        className="rounded-xl border border-line-strong bg-raised shadow-[0_2px_8px_-2px_var(--shadow)] transition-colors duration-100 focus-within:border-muted"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <GrowingTextarea
          autoFocus
          aria-label="What should be done?"
          placeholder="Describe a change, a bug or a question…"
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            submit();
          }}
          className="min-h-[76px] px-4 pt-3.5 pb-2 text-[15px] leading-6 max-md:text-[16px]"
        />
        <div className="flex items-end gap-2 px-2 pb-2">
          <div className="flex min-h-7 min-w-0 flex-1 flex-wrap items-center gap-0.5">
            <ChoiceChips choices={choices} onChange={change} capabilities={data} />
          </div>
          <IconButton label="Begin" keys="Enter" look="primary" type="submit" disabled={!ready}>
            {create.isPending ? <Spinner /> : <ArrowUp size={17} />}
          </IconButton>
        </div>
      </form>
      {tooLong && (
        <p role="alert" className="mt-2 text-bad text-sm">
          This is longer than the {Math.round(limit / 1024)} KiB that a prompt may have. Put the rest into a
          file.
        </p>
      )}
      {create.error !== null && <ProblemNote className="mt-3" problem={asProblem(create.error)} />}
    </div>
  );
}

/** Creates a session and goes there. Trying the same again uses the same key, so it is made only once. */
export function useCreateSession(onCreated?: () => void) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const last = useRef({ body: "", key: "" });
  const mutation = useMutation({
    mutationFn: (body: CreateSession) => {
      const text = JSON.stringify(body);
      if (last.current.body !== text) last.current = { body: text, key: newRequestId() };
      return createSession(body, last.current.key);
    },
    onSuccess: (session) => {
      last.current = { body: "", key: "" };
      rememberSession(client, session);
      onCreated?.();
      void navigate({ to: "/sessions/$sessionId", params: { sessionId: session.id } });
    },
  });
  return { begin: mutation.mutate, isPending: mutation.isPending, error: mutation.error };
}
