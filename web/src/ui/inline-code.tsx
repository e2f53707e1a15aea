// A short text in which commands and paths stand between backticks.

export function InlineCode({ text }: { text: string }) {
  return text.split(/(`[^`]+`)/).map((piece, index) =>
    piece.startsWith("`") && piece.length > 2 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name
      <code key={index} className="rounded bg-selected px-1 py-0.5 font-mono text-[0.9em]">
        {piece.slice(1, -1)}
      </code>
    ) : (
      piece
    ),
  );
}
