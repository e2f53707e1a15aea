// Running text of Markdown: emphasis, code, links. Links lead out in a new tab, and only where a
// browser may go; pictures are links, since loading them would tell others who reads.
import type { Token } from "marked";
import type { ReactNode } from "react";

export function Inline({ tokens }: { tokens: readonly Token[] }): ReactNode {
  return tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: text only grows at the end
    <InlineToken key={index} token={token} />
  ));
}

function InlineToken({ token }: { token: Token }): ReactNode {
  switch (token.type) {
    case "strong":
      return (
        <strong>
          <Inline tokens={token.tokens ?? []} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inline tokens={token.tokens ?? []} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inline tokens={token.tokens ?? []} />
        </del>
      );
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return (
        <SafeLink href={token.href}>
          <Inline tokens={token.tokens ?? []} />
        </SafeLink>
      );
    case "image":
      return <SafeLink href={token.href}>{token.text || "picture"}</SafeLink>;
    case "escape":
      return token.text;
    case "text":
      return token.tokens === undefined ? decodeEntities(token.raw) : <Inline tokens={token.tokens} />;
    default:
      return token.raw;
  }
}

function SafeLink({ href, children }: { href: string; children: ReactNode }) {
  if (!/^(https?:|mailto:)/i.test(href)) return children;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };

function decodeEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (whole, name: string) => entities[name] ?? whole);
}
