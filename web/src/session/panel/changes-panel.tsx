// What differs in the workspace: the files, then every line, as of the end of the last turn.
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Columns2, Rows2, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { asProblem } from "../../api/http";
import { sessionDiff } from "../../api/sessions";
import { Counts } from "../../diff/counts";
import PatchView, { StatusLetter } from "../../diff/patch-view";
import { Button, IconButton } from "../../ui/button";
import { usePhone } from "../../ui/media";
import { ProblemNote } from "../../ui/problem-note";
import { Skeleton } from "../../ui/skeleton";
import type { ChangedFile, Diff } from "../../wire/types";
import { useConversation } from "../use-session";

export default function ChangesPanel({ onClose }: { onClose: (() => void) | null }) {
  const id = useConversation(({ session }) => session.id);
  const query = useQuery(sessionDiff(id));
  useRefetchOnChange(query.refetch);
  if (query.data !== undefined) return <Changes diff={query.data} onClose={onClose} />;
  return (
    <div className="p-4">
      {query.isError ? (
        <ProblemNote problem={asProblem(query.error)}>
          <Button small onClick={() => void query.refetch()}>
            Try again
          </Button>
        </ProblemNote>
      ) : (
        <div role="status" aria-label="Loading the changes" className="flex flex-col gap-3">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="h-4 w-64" />
          <Skeleton className="h-48 w-full" />
        </div>
      )}
    </div>
  );
}

function Changes({ diff, onClose }: { diff: Diff; onClose: (() => void) | null }) {
  const search = useSearch({ from: "/inside/sessions/$sessionId" });
  const navigate = useNavigate();
  const phone = usePhone();
  const { changes, patch } = diff;
  const split = search.layout === "split" && !phone;
  const [target, setTarget] = useState(search.file === undefined ? null : { path: search.file });

  const choose = (path: string) => {
    setTarget({ path });
    void navigate({ to: ".", search: { ...search, panel: "changes", file: path }, replace: true });
  };
  const toggleLayout = () => {
    const { layout: _, ...rest } = search;
    void navigate({ to: ".", search: split ? rest : { ...rest, layout: "split" }, replace: true });
  };

  return (
    <>
      <header className="flex h-11 shrink-0 items-center gap-2 border-b pr-2 pl-4">
        <h2 className="font-medium text-sm">Changes</h2>
        <p className="flex min-w-0 flex-1 items-center gap-2 truncate text-muted text-xs">
          {changes.files.length > 0 && (
            <>
              {changes.files.length} file{changes.files.length === 1 ? "" : "s"}
              <Counts added={changes.additions} removed={changes.deletions} />
            </>
          )}
        </p>
        {!phone && changes.files.length > 0 && (
          <IconButton label={split ? "One column" : "Side by side"} onClick={toggleLayout}>
            {split ? <Rows2 size={15} /> : <Columns2 size={15} />}
          </IconButton>
        )}
        {onClose !== null && (
          <IconButton label="Hide the changes" keys="]" onClick={onClose}>
            <X size={15} />
          </IconButton>
        )}
      </header>
      {changes.files.length === 0 ? (
        <Nothing taken={diff.takenAt !== null} />
      ) : (
        <>
          <FileList files={changes.files} current={target?.path ?? null} onChoose={choose} />
          {changes.truncated && (
            <p className="border-b bg-warn-soft px-4 py-2 text-warn text-xs">
              There is more than can be shown here: some files or lines are left out.
            </p>
          )}
          <PatchView
            files={changes.files}
            patch={patch}
            layout={split ? "split" : "unified"}
            target={target}
          />
        </>
      )}
    </>
  );
}

interface FileListProps {
  files: readonly ChangedFile[];
  current: string | null;
  onChoose(path: string): void;
}

function FileList({ files, current, onChoose }: FileListProps) {
  return (
    <nav aria-label="Changed files" className="max-h-[30%] shrink-0 overflow-y-auto border-b py-1">
      <ul>
        {files.map((file) => (
          <li key={file.path}>
            <button
              type="button"
              aria-current={current === file.path ? "true" : undefined}
              onClick={() => onChoose(file.path)}
              className="flex h-7 w-full items-center gap-2 px-4 text-left outline-offset-[-2px] hover:bg-hover aria-[current]:bg-selected"
            >
              <StatusLetter status={file.status} />
              <span className="min-w-0 flex-1 truncate font-mono text-xs">{file.path}</span>
              {file.binary ? (
                <span className="text-muted text-xs">binary</span>
              ) : (
                <Counts added={file.additions} removed={file.deletions} />
              )}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Nothing({ taken }: { taken: boolean }) {
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-1 p-8 text-center">
      <p className="font-medium text-sm">{taken ? "Nothing is changed" : "No changes yet"}</p>
      <p className="max-w-xs text-muted text-sm">
        {taken
          ? "The workspace is as it was when the session began."
          : "They are shown here when the agent's first turn has ended."}
      </p>
    </div>
  );
}

/** The conversation hears of a new diff first; the diff itself is fetched then. */
function useRefetchOnChange(refetch: () => unknown): void {
  const changes = useConversation((state) => state.changes);
  const seen = useRef(changes);
  useEffect(() => {
    if (seen.current === changes) return;
    seen.current = changes;
    void refetch();
  }, [changes, refetch]);
}
