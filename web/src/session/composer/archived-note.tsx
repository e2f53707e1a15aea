// Stands where the composer was: an archived session takes no prompts until it is taken out.
import { useMutation } from "@tanstack/react-query";
import { Archive } from "lucide-react";
import { asProblem } from "../../api/http";
import { updateSession } from "../../api/sessions";
import { Button } from "../../ui/button";
import { toast } from "../../ui/toast";
import { useConversation } from "../use-session";

export function ArchivedNote() {
  const id = useConversation(({ session }) => session.id);
  const reopen = useMutation({
    mutationFn: () => updateSession(id, { status: "open" }),
    onError: (error) => toast(asProblem(error).detail, true),
  });
  return (
    <div className="flex items-center gap-3 rounded-xl border bg-sunken px-4 py-3 text-sm">
      <Archive size={16} className="shrink-0 text-muted" />
      <p className="min-w-0 flex-1 text-muted">
        This session is archived: it is kept to read and takes no prompts.
      </p>
      <Button small disabled={reopen.isPending} onClick={() => reopen.mutate()}>
        Take it out
      </Button>
    </div>
  );
}
