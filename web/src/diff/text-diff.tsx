// The change that one step of the agent made to a file, inside the conversation.
import { useMemo, useState } from "react";
import { languageOfPath } from "../markdown/language";
import { Button } from "../ui/button";
import type { FileDiff } from "../wire/types";
import { Counts } from "./counts";
import { changeOfTexts, countLines } from "./from-texts";
import { UnifiedLine } from "./line-view";

const SHOWN_LINES = 120;

export default function TextDiff({ diff }: { diff: FileDiff }) {
  const [whole, setWhole] = useState(false);
  const change = useMemo(() => changeOfTexts(diff), [diff]);
  const { added, removed } = useMemo(() => countLines(change), [change]);
  const language = languageOfPath(change.path);
  const rows = change.hunks.flatMap((hunk, at) =>
    hunk.lines.map((line, index) => ({ hunk, line, first: at > 0 && index === 0 })),
  );
  const shown = whole ? rows : rows.slice(0, SHOWN_LINES);
  return (
    <figure className="overflow-hidden rounded-md border">
      <figcaption className="flex h-8 items-center gap-2 border-b bg-sunken px-3 text-xs">
        <span className="min-w-0 flex-1 truncate font-mono">{diff.path}</span>
        {diff.oldText === null && <span className="text-muted">new</span>}
        <Counts added={added} removed={removed} />
      </figcaption>
      <div className="py-1">
        {shown.map(({ hunk, line, first }) => (
          <div key={`${line.before}:${line.after}`} className={first ? "mt-1 border-t pt-1" : undefined}>
            <UnifiedLine hunk={hunk} line={line} language={language} />
          </div>
        ))}
        {rows.length === 0 && <p className="px-3 py-1 text-muted text-xs">Nothing differs.</p>}
      </div>
      {shown.length < rows.length && (
        <div className="border-t p-1">
          <Button small look="ghost" onClick={() => setWhole(true)}>
            Show {(rows.length - shown.length).toLocaleString()} more lines
          </Button>
        </div>
      )}
    </figure>
  );
}
