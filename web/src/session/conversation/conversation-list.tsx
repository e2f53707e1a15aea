// The conversation on screen: only the rows in sight are drawn, the end is followed while the reader is
// there, and earlier turns come in above without moving what is read.
import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Virtualizer } from "virtua";
import { useShortcuts } from "../../shell/shortcuts";
import { Button } from "../../ui/button";
import { Spinner } from "../../ui/spinner";
import { type Row, rowsOf, sameRows } from "../state/rows";
import { useConversation, useSnapshot } from "../use-session";
import { EmptyConversation } from "./empty-conversation";
import { OpenedContext } from "./opened";
import { RowView } from "./row-view";
import { useEarlier } from "./use-earlier";
import { useFollowing } from "./use-following";

const NEAR_TOP_PX = 600;
const TOP_PX = 56;

export function ConversationList() {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set());
  const opened = useMemo(
    () => ({ keys, toggle: (key: string) => setKeys((old) => toggled(old, key)) }),
    [keys],
  );
  const rows = useSnapshot(
    ({ conversation, outgoing }) =>
      conversation === null
        ? []
        : rowsOf(
            conversation,
            keys,
            outgoing.map(({ requestId }) => requestId),
          ),
    sameRows,
  );
  const prepending = usePrepending(rows);
  const { following, toEnd, onScroll } = useFollowing(scroller, content);
  const earlier = useEarlier();
  const hasEarlier = useConversation((conversation) => conversation.earlier !== null);

  useShortcuts([{ keys: "End", label: "Newest", run: toEnd }]);
  useStayForOwnPrompt(toEnd);
  useLayoutEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, []);

  const scrolled = () => {
    onScroll();
    if (hasEarlier && (scroller.current?.scrollTop ?? Number.POSITIVE_INFINITY) < NEAR_TOP_PX) earlier.load();
  };

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        onScroll={scrolled}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Messages"
        className="h-full overflow-y-auto overflow-x-hidden [overflow-anchor:none] outline-offset-[-2px]"
      >
        <div ref={content} className="mx-auto w-full max-w-[760px] px-4 md:px-6">
          <div
            className="flex items-center justify-center gap-2 text-muted text-sm"
            style={{ height: TOP_PX }}
          >
            {earlier.loading && (
              <>
                <Spinner /> Loading earlier turns
              </>
            )}
            {!earlier.loading && hasEarlier && (
              <Button small look="ghost" onClick={earlier.load}>
                {earlier.problem === null ? "Show earlier turns" : `${earlier.problem.title}. Try again`}
              </Button>
            )}
          </div>
          <OpenedContext value={opened}>
            <Virtualizer
              scrollRef={scroller}
              startMargin={TOP_PX}
              shift={prepending}
              data={rows}
              bufferSize={600}
            >
              {(row) => <RowView key={row.key} row={row} />}
            </Virtualizer>
          </OpenedContext>
          {rows.length === 0 && <EmptyConversation />}
          <div className="h-6" />
        </div>
      </div>
      {!following && <NewBelow onClick={toEnd} />}
    </div>
  );
}

/** True for the one drawing in which turns came in above. */
function usePrepending(rows: readonly Row[]): boolean {
  const first = useRef<string | undefined>(undefined);
  const before = first.current;
  useEffect(() => {
    first.current = rows[0]?.key;
  }, [rows]);
  return before !== undefined && rows[0]?.key !== before && rows.some(({ key }) => key === before);
}

/** Who sends something wants to see what comes of it. */
function useStayForOwnPrompt(toEnd: () => void): void {
  const newest = useSnapshot(({ outgoing }) => outgoing.at(-1)?.requestId);
  const seen = useRef(newest);
  useEffect(() => {
    if (newest !== undefined && newest !== seen.current) toEnd();
    seen.current = newest;
  }, [newest, toEnd]);
}

function NewBelow({ onClick }: { onClick(): void }) {
  const seq = useConversation((conversation) => conversation.seq);
  const [left] = useState(seq);
  return (
    <Button
      small
      onClick={onClick}
      className="absolute bottom-3 left-1/2 -translate-x-1/2 animate-rise rounded-full shadow-[0_4px_12px_var(--shadow)]"
    >
      <ArrowDown size={13} />
      {seq > left ? "New below" : "To the end"}
    </Button>
  );
}

function toggled(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(keys);
  if (!next.delete(key)) next.add(key);
  return next;
}
