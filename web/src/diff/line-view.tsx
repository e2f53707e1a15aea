// One line of a diff in either layout, with the colours of its language.
import { CodeLine } from "../markdown/code-line";
import { useTokens } from "../markdown/use-tokens";
import { cx } from "../ui/cx";
import type { DiffLine, Hunk, Pair } from "./model";

export type Side = "before" | "after";

const grounds = { added: "bg-good-soft", removed: "bg-bad-soft", context: "" } as const;
const signs = { added: "+", removed: "−", context: " " } as const;
const words = { added: "added", removed: "removed", context: "" } as const;

interface LineProps {
  hunk: Hunk;
  line: DiffLine;
  language: string | undefined;
}

/** A line of the unified layout: both numbers, sign, text. */
export function UnifiedLine({ hunk, line, language }: LineProps) {
  return (
    <div className={cx("flex min-h-5 font-mono text-[12px] leading-5", grounds[line.kind])}>
      <LineNumber value={line.before} />
      <LineNumber value={line.after} />
      <Sign line={line} />
      <Text hunk={hunk} line={line} language={language} side={line.kind === "removed" ? "before" : "after"} />
    </div>
  );
}

/** A row of the split layout: the line before beside the line after. */
export function SplitLine({
  hunk,
  pair,
  language,
}: {
  hunk: Hunk;
  pair: Pair;
  language: string | undefined;
}) {
  return (
    <div className="flex min-h-5 font-mono text-[12px] leading-5">
      <Half hunk={hunk} line={pair.left} language={language} side="before" />
      <Half hunk={hunk} line={pair.right} language={language} side="after" />
    </div>
  );
}

function Half({
  hunk,
  line,
  language,
  side,
}: Omit<LineProps, "line"> & { line: DiffLine | null; side: Side }) {
  if (line === null) return <div className={cx("w-1/2 bg-sunken", side === "after" && "border-l")} />;
  return (
    <div className={cx("flex w-1/2 min-w-0", side === "after" && "border-l", grounds[line.kind])}>
      <LineNumber value={line[side]} />
      <Sign line={line} />
      <Text hunk={hunk} line={line} language={language} side={side} />
    </div>
  );
}

function LineNumber({ value }: { value: number | null }) {
  return (
    <span aria-hidden className="w-7 shrink-0 md:w-10 select-none pr-2 text-right text-[11px] text-muted">
      {value}
    </span>
  );
}

function Sign({ line }: { line: DiffLine }) {
  return (
    <span
      className={cx(
        "w-4 shrink-0 select-none",
        line.kind === "added" && "text-good",
        line.kind === "removed" && "text-bad",
      )}
    >
      <span aria-hidden>{signs[line.kind]}</span>
      <span className="sr-only">{words[line.kind]}</span>
    </span>
  );
}

function Text({ hunk, line, language, side }: LineProps & { side: Side }) {
  const { code, index } = sideOf(hunk, side);
  const tokens = useTokens(code, language);
  return (
    <span className="min-w-0 flex-1 whitespace-pre-wrap pr-3 [overflow-wrap:anywhere]">
      <CodeLine text={line.text} tokens={tokens?.[index.get(line) ?? -1]} />
    </span>
  );
}

interface SideText {
  code: string;
  index: Map<DiffLine, number>;
}

const sides = new WeakMap<Hunk, Record<Side, SideText>>();

/** A hunk is coloured as a whole, each side by itself, so that strings and comments over lines are right. */
function sideOf(hunk: Hunk, side: Side): SideText {
  const known = sides.get(hunk);
  if (known !== undefined) return known[side];
  const build = (skip: DiffLine["kind"]): SideText => {
    const lines = hunk.lines.filter(({ kind }) => kind !== skip);
    return {
      code: lines.map(({ text }) => text).join("\n"),
      index: new Map(lines.map((line, at) => [line, at])),
    };
  };
  const both = { before: build("added"), after: build("removed") };
  sides.set(hunk, both);
  return both[side];
}
