// The inside of a step: thinking as text, a command as terminal, a change as diff, the rest as it came.
import { lazy, Suspense } from "react";
import { CodeLine } from "../../markdown/code-line";
import { Markdown } from "../../markdown/markdown";
import { useTokens } from "../../markdown/use-tokens";
import { TerminalOutput } from "../../terminal/terminal-output";
import { Skeleton } from "../../ui/skeleton";
import type { Part } from "../../wire/types";

const TextDiff = lazy(() => import("../../diff/text-diff"));

type Tool = Extract<Part, { type: "toolCall" }>;

export function StepContent({ part }: { part: Part }) {
  if (part.type === "thinking") {
    return (
      <div className="text-muted [&_.markdown]:text-[13px] [&_.markdown]:leading-[21px]">
        <Markdown text={part.text} streaming={part.state === "streaming"} />
      </div>
    );
  }
  return part.type === "toolCall" ? <ToolContent tool={part} /> : null;
}

function ToolContent({ tool }: { tool: Tool }) {
  const hasDiff = tool.diffs.length > 0;
  return (
    <div className="flex flex-col gap-2">
      {tool.kind === "execute" ? <Command tool={tool} /> : !hasDiff && <Input input={tool.input} />}
      {hasDiff && (
        <Suspense fallback={<Skeleton className="h-24 w-full" />}>
          {tool.diffs.map((diff) => (
            <TextDiff key={diff.path} diff={diff} />
          ))}
        </Suspense>
      )}
      {tool.kind !== "execute" && tool.output.trim() !== "" && (!hasDiff || tool.status === "failed") && (
        <div className="overflow-hidden rounded-md border bg-sunken">
          {tool.outputTruncated && <Truncated />}
          <TerminalOutput output={tool.output} label="Output" />
        </div>
      )}
      {tool.output.trim() === "" && !hasDiff && tool.status !== "running" && tool.kind !== "execute" && (
        <p className="text-muted text-xs">It answered nothing.</p>
      )}
    </div>
  );
}

function Command({ tool }: { tool: Tool }) {
  return (
    <div className="overflow-hidden rounded-md border bg-sunken">
      <p className="whitespace-pre-wrap border-b px-3 py-2 font-mono text-[12px] leading-[18px] [overflow-wrap:anywhere]">
        <span aria-hidden className="select-none text-muted">
          ${" "}
        </span>
        {commandOf(tool)}
      </p>
      {tool.outputTruncated && <Truncated />}
      {tool.output === "" ? (
        <p className="px-3 py-2 text-muted text-xs">
          {tool.status === "running" ? "No output yet." : "No output."}
        </p>
      ) : (
        <TerminalOutput output={tool.output} label={`Output of ${tool.title}`} />
      )}
    </div>
  );
}

function Truncated() {
  return <p className="border-b px-3 py-1 text-muted text-xs">The beginning was too long and is not kept.</p>;
}

function Input({ input }: { input: unknown }) {
  const code = JSON.stringify(input, null, 2) ?? "";
  const tokens = useTokens(code, "json");
  if (input === null || input === undefined || code === "{}") return null;
  return (
    <pre
      tabIndex={0}
      role="group"
      aria-label="Input"
      className="max-h-60 overflow-auto rounded-md border px-3 py-2 font-mono text-[12px] leading-[18px] outline-offset-[-2px]"
    >
      {code.split("\n").map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
        <span key={index}>
          <CodeLine text={line} tokens={tokens?.[index]} />
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

function commandOf({ input, title }: Tool): string {
  if (typeof input === "object" && input !== null && "command" in input) {
    const { command } = input;
    if (typeof command === "string") return command;
    if (Array.isArray(command)) return command.join(" ");
  }
  return title;
}
