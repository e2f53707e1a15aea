// A block of code in an answer: its language, a copy button, colours.
import { CopyButton } from "../ui/copy-button";
import { CodeLine } from "./code-line";
import { languageOfFence } from "./language";
import { useTokens } from "./use-tokens";

/** While it still grows, colours follow a little behind. */
const GROWING_DELAY_MS = 120;

export function CodeBlock({
  code,
  info,
  growing,
}: {
  code: string;
  info: string | undefined;
  growing: boolean;
}) {
  const lines = code.split("\n");
  const tokens = useTokens(code, languageOfFence(info), growing ? GROWING_DELAY_MS : 0);
  return (
    <figure className="group/code relative my-3 overflow-hidden rounded-lg border bg-sunken">
      <figcaption className="flex h-8 items-center border-b pr-1 pl-3 text-muted text-xs">
        <span className="flex-1">{info?.trim().split(/\s/)[0] || "text"}</span>
        <CopyButton text={code} label="Copy the code" className="size-6" />
      </figcaption>
      <pre
        tabIndex={0}
        className="overflow-x-auto px-3 py-2.5 font-mono text-[12.5px] leading-5 outline-offset-[-2px]"
      >
        <code>
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines only grow at the end
            <span key={index}>
              <CodeLine text={line} tokens={tokens?.[index]} />
              {index < lines.length - 1 && "\n"}
            </span>
          ))}
        </code>
      </pre>
    </figure>
  );
}
