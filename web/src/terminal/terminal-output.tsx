// What a command printed, in its own colours. Long output shows its end; the rest is one press away.
import { memo, useMemo, useState } from "react";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";
import { parseAnsi, type Span, stripAnsi } from "./ansi";

const SHOWN_LINES = 200;

export const TerminalOutput = memo(function TerminalOutput({
  output,
  label,
}: {
  output: string;
  label: string;
}) {
  const [whole, setWhole] = useState(false);
  const lines = useMemo(() => parseAnsi(output.replace(/\n$/, "")), [output]);
  const hidden = whole ? 0 : Math.max(0, lines.length - SHOWN_LINES);
  return (
    <div className="group/output relative">
      {hidden > 0 && (
        <Button small look="ghost" onClick={() => setWhole(true)}>
          Show {hidden.toLocaleString()} more lines above
        </Button>
      )}
      <pre
        tabIndex={0}
        role="group"
        aria-label={label}
        className="max-h-[360px] overflow-auto whitespace-pre px-3 py-2 font-mono text-[12px] leading-[18px] outline-offset-[-2px]"
      >
        {lines.slice(hidden).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines only grow at the end
          <TerminalLine key={hidden + index} line={line} />
        ))}
      </pre>
      <CopyButton
        text={stripAnsi(output)}
        label="Copy the output"
        className="absolute top-1 right-1 size-7 bg-sunken opacity-0 focus-visible:opacity-100 group-hover/output:opacity-100"
      />
    </div>
  );
});

function TerminalLine({ line }: { line: readonly Span[] }) {
  return (
    <span>
      {line.map(({ text, style }, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: spans have no other name
          key={index}
          style={{
            color: style.inverse ? (style.background ?? "var(--canvas)") : style.color,
            background: style.inverse ? (style.color ?? "var(--ink)") : style.background,
            fontWeight: style.bold ? 600 : undefined,
            fontStyle: style.italic ? "italic" : undefined,
            textDecoration: style.underline ? "underline" : undefined,
            opacity: style.dim ? 0.75 : undefined,
          }}
        >
          {text}
        </span>
      ))}
      {"\n"}
    </span>
  );
}
