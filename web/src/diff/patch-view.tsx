// The whole change of a workspace: every file with its lines, in one column or side by side.
import { ChevronRight } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { cx } from "../ui/cx";
import type { ChangedFile, FileStatus } from "../wire/types";
import { Counts } from "./counts";
import { SplitLine, UnifiedLine } from "./line-view";
import { parsePatch } from "./parse-patch";
import { type Layout, type PatchRow, patchRows } from "./patch-rows";

interface PatchViewProps {
  files: readonly ChangedFile[];
  patch: string;
  layout: Layout;
  /** The file to show; a new object shows it again. */
  target: { path: string } | null;
}

export default function PatchView({ files, patch, layout, target }: PatchViewProps) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<VirtualizerHandle>(null);
  const changes = useMemo(() => parsePatch(patch), [patch]);
  const rows = useMemo(() => patchRows(files, changes, layout, folded), [files, changes, layout, folded]);
  const latest = useRef(rows);
  latest.current = rows;

  useEffect(() => {
    if (target === null) return;
    const at = latest.current.findIndex((row) => row.kind === "file" && row.file.path === target.path);
    if (at >= 0) list.current?.scrollToIndex(at, { align: "start" });
  }, [target]);

  const fold = (path: string) => {
    const next = new Set(folded);
    if (!next.delete(path)) next.add(path);
    setFolded(next);
  };

  return (
    <div
      className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]"
      tabIndex={0}
      role="region"
      aria-label="Changed lines"
    >
      <Virtualizer ref={list} data={rows}>
        {(row) => <RowView key={row.key} row={row} onFold={fold} />}
      </Virtualizer>
      <div className="h-16" />
    </div>
  );
}

const RowView = memo(
  function RowView({ row, onFold }: { row: PatchRow; onFold(path: string): void }) {
    switch (row.kind) {
      case "file":
        return <FileHead file={row.file} open={row.open} onFold={() => onFold(row.file.path)} />;
      case "note":
        return <p className="border-b px-4 py-3 text-muted text-xs">{row.text}</p>;
      case "hunk":
        return (
          <div className="flex min-h-7 items-center gap-2 bg-sunken px-3 font-mono text-[11px] text-muted">
            <span>Line {row.hunk.afterStart || row.hunk.beforeStart}</span>
            <span className="min-w-0 truncate">{row.hunk.heading}</span>
          </div>
        );
      case "line":
        return <UnifiedLine hunk={row.hunk} line={row.line} language={row.language} />;
      case "pair":
        return <SplitLine hunk={row.hunk} pair={row.pair} language={row.language} />;
    }
  },
  (a, b) => a.row === b.row,
);

function FileHead({ file, open, onFold }: { file: ChangedFile; open: boolean; onFold(): void }) {
  return (
    <div className="border-y bg-canvas">
      <button
        type="button"
        aria-expanded={open}
        onClick={onFold}
        className="flex h-9 w-full items-center gap-2 px-3 text-left outline-offset-[-2px] hover:bg-hover"
      >
        <ChevronRight
          size={14}
          className={cx("shrink-0 text-muted transition-transform duration-100", open && "rotate-90")}
        />
        <StatusLetter status={file.status} />
        <span className="min-w-0 flex-1 truncate font-mono text-xs">
          {file.oldPath !== null && <span className="text-muted">{file.oldPath} → </span>}
          {file.path}
        </span>
        {file.binary ? (
          <span className="text-muted text-xs">binary</span>
        ) : (
          <Counts added={file.additions} removed={file.deletions} />
        )}
      </button>
    </div>
  );
}

const letters: Record<FileStatus, [string, string]> = {
  added: ["A", "text-good"],
  modified: ["M", "text-warn"],
  deleted: ["D", "text-bad"],
  renamed: ["R", "text-accent"],
};

export function StatusLetter({ status }: { status: FileStatus }) {
  const [letter, color] = letters[status];
  return (
    <span className={cx("w-3 shrink-0 text-center font-mono font-semibold text-xs", color)} title={status}>
      <span aria-hidden>{letter}</span>
      <span className="sr-only">{status}</span>
    </span>
  );
}
