// One line of code, coloured where its tokens are known and still say the same.
import type { Token } from "./highlighter";

export function CodeLine({ text, tokens }: { text: string; tokens: readonly Token[] | undefined }) {
  if (tokens === undefined || !says(tokens, text)) return text;
  return tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: tokens of a line have no other name
    <span key={index} style={token.color === undefined ? undefined : { color: token.color }}>
      {token.text}
    </span>
  ));
}

function says(tokens: readonly Token[], text: string): boolean {
  let at = 0;
  for (const token of tokens) {
    if (!text.startsWith(token.text, at)) return false;
    at += token.text.length;
  }
  return at === text.length;
}
