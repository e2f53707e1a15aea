// One block of Markdown as elements: paragraph, heading, list, quote, table, code, rule.
import type { Token, Tokens } from "marked";
import type { ReactNode } from "react";
import { CodeBlock } from "./code-block";
import { Inline } from "./inline";

export function Block({ token, growing }: { token: Token; growing: boolean }): ReactNode {
  switch (token.type) {
    case "paragraph":
      return (
        <p>
          <Inline tokens={token.tokens ?? []} />
        </p>
      );
    case "text":
      return token.tokens === undefined ? token.raw : <Inline tokens={token.tokens} />;
    case "heading":
      return <Heading token={token as Tokens.Heading} />;
    case "code":
      return <CodeBlock code={token.text} info={token.lang} growing={growing} />;
    case "list":
      return <List token={token as Tokens.List} growing={growing} />;
    case "blockquote":
      return (
        <blockquote>
          <Blocks tokens={token.tokens ?? []} growing={growing} />
        </blockquote>
      );
    case "table":
      return <Table token={token as Tokens.Table} />;
    case "hr":
      return <hr />;
    case "space":
    case "def":
      return null;
    default:
      return <p className="whitespace-pre-wrap">{token.raw}</p>;
  }
}

function Blocks({ tokens, growing }: { tokens: readonly Token[]; growing: boolean }) {
  return tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: blocks only grow at the end
    <Block key={index} token={token} growing={growing} />
  ));
}

/** The page has a heading of its own, so an answer's begin two levels lower. */
function Heading({ token }: { token: Tokens.Heading }) {
  const content = <Inline tokens={token.tokens} />;
  if (token.depth === 1) return <h3 data-depth="1">{content}</h3>;
  if (token.depth === 2) return <h3>{content}</h3>;
  return <h4>{content}</h4>;
}

function List({ token, growing }: { token: Tokens.List; growing: boolean }) {
  const items = token.items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: items only grow at the end
    <li key={index} className={item.task ? "task" : undefined}>
      {item.task && (
        <input type="checkbox" checked={item.checked ?? false} readOnly disabled aria-label="Task" />
      )}
      <Blocks tokens={item.tokens.filter(({ type }) => type !== "checkbox")} growing={growing} />
    </li>
  ));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === "" ? 1 : token.start}>{items}</ol>;
}

function Table({ token }: { token: Tokens.Table }) {
  return (
    <div className="my-3 overflow-x-auto rounded-lg border" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name
              <th key={index} style={{ textAlign: cell.align ?? "left" }}>
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows only grow at the end
            <tr key={at}>
              {row.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name
                <td key={index} style={{ textAlign: cell.align ?? "left" }}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
