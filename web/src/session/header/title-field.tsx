// The session's title, edited where it stands.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../../api/http";
import { updateSession } from "../../api/sessions";
import { toast } from "../../ui/toast";
import { useConversation } from "../use-session";

const LONGEST = 200;

export function TitleField() {
  const id = useConversation(({ session }) => session.id);
  const title = useConversation(({ session }) => session.title);
  const [draft, setDraft] = useState<string | null>(null);
  const rename = useMutation({
    mutationFn: (next: string) => updateSession(id, { title: next }),
    onError: (error) => toast(asProblem(error).detail, true),
  });
  const shown = rename.isPending ? rename.variables : title;

  const save = () => {
    const next = draft?.trim() ?? "";
    setDraft(null);
    if (next !== "" && next !== title) rename.mutate(next);
  };

  if (draft !== null) {
    return (
      <input
        autoFocus
        aria-label="Title of the session"
        value={draft}
        maxLength={LONGEST}
        onFocus={({ target }) => target.select()}
        onChange={({ target }) => setDraft(target.value)}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === "Enter") save();
          if (event.key !== "Escape") return;
          event.stopPropagation();
          event.preventDefault();
          setDraft(null);
        }}
        className="-ml-1.5 h-7 min-w-0 max-w-md flex-1 rounded-md border border-accent bg-canvas px-1.5 font-semibold text-sm outline-none"
      />
    );
  }
  return (
    <h1 className="-ml-1.5 min-w-0 font-semibold text-sm">
      <button
        type="button"
        title="Rename"
        aria-label={`${shown}. Rename`}
        onClick={() => setDraft(title)}
        className="block h-7 max-w-full truncate rounded-md px-1.5 text-left hover:bg-hover"
      >
        {shown}
      </button>
    </h1>
  );
}
