// What can be done to a session as a whole.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Archive, ArchiveRestore, Ellipsis, Link, Trash2 } from "lucide-react";
import { useState } from "react";
import { asProblem } from "../../api/http";
import { actOnSession, deleteSession, forgetSession, updateSession } from "../../api/sessions";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Menu, MenuItem, MenuLine } from "../../ui/menu";
import { toast } from "../../ui/toast";
import { dropStore } from "../session-stores";
import { useConversation } from "../use-session";

export function SessionMenu() {
  const id = useConversation(({ session }) => session.id);
  const title = useConversation(({ session }) => session.title);
  const archived = useConversation(({ session }) => session.status === "archived");
  const [deleting, setDeleting] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const complain = (error: Error) => toast(asProblem(error).detail, true);

  const archive = useMutation({
    mutationFn: async () => {
      if (archived) await updateSession(id, { status: "open" });
      else await actOnSession(id, "archive");
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["sessions"] });
      toast(archived ? "Taken out of the archive" : "Archived");
    },
    onError: complain,
  });
  const remove = useMutation({
    mutationFn: () => deleteSession(id),
    onSuccess: async () => {
      await navigate({ to: "/" });
      dropStore(id);
      forgetSession(client, id);
      toast("Deleted");
    },
    onError: complain,
  });

  return (
    <>
      <Menu
        align="end"
        trigger={
          <button
            type="button"
            aria-label="More about this session"
            className="-mr-1.5 inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
          >
            <Ellipsis size={16} />
          </button>
        }
      >
        <MenuItem
          icon={<Link size={15} />}
          onSelect={() => void navigator.clipboard?.writeText(location.href).then(() => toast("Link copied"))}
        >
          Copy the link
        </MenuItem>
        <MenuItem
          icon={archived ? <ArchiveRestore size={15} /> : <Archive size={15} />}
          disabled={archive.isPending}
          onSelect={() => archive.mutate()}
        >
          {archived ? "Take out of the archive" : "Archive"}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 size={15} />} danger onSelect={() => setDeleting(true)}>
          Delete…
        </MenuItem>
      </Menu>
      <Dialog
        open={deleting}
        onOpenChange={setDeleting}
        title="Delete this session?"
        description={`“${title}”, its conversation and its workspace are removed for good.`}
      >
        <div className="flex justify-end gap-2 px-5 pt-3 pb-5">
          <Button onClick={() => setDeleting(false)}>Keep it</Button>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            {remove.isPending ? "Deleting…" : "Delete"}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
