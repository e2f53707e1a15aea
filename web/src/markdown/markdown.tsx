// Markdown of the agent on screen. The text is cut into blocks; while it streams only the last block
// changes, so that what was read is neither drawn again nor moved. HTML in it is shown as text.
import { Lexer, type Token } from "marked";
import { memo, useMemo } from "react";
import remend from "remend";
import { Block } from "./block";

export const Markdown = memo(function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  const blocks = useMemo(() => blocksOf(text, streaming), [text, streaming]);
  return (
    <div className="markdown break-words">
      {blocks.map((token, index) => (
        <MarkdownBlock
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks only grow at the end
          key={index}
          token={token}
          growing={streaming && index === blocks.length - 1}
        />
      ))}
    </div>
  );
});

const MarkdownBlock = memo(
  Block,
  (a, b) => a.token.raw === b.token.raw && a.token.type === b.token.type && a.growing === b.growing,
);

/** Unfinished emphasis, links and code are closed while the text still grows. */
function blocksOf(text: string, streaming: boolean): Token[] {
  const whole = streaming ? remend(text) : text;
  return new Lexer({ gfm: true }).lex(whole).filter(({ type }) => type !== "space" && type !== "def");
}
