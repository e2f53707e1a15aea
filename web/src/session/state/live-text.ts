// Where a delta goes in a part's text. Offsets are bytes of UTF-8 while strings count UTF-16 units,
// so the byte length of a growing text is remembered with the part and never counted twice.
import type { Delta, Part } from "../../wire/types";

const knownLengths = new WeakMap<Part, number>();

/** The number of bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += unitBytes(text.charCodeAt(i));
  return bytes;
}

/** Applies a delta. Gives the same part back when there is nothing new in it or when text is missing before it. */
export function applyDelta(part: Part, delta: Delta): Part {
  if (part.state !== "streaming") return part;
  const live = liveText(part);
  if (live === null) return part;
  if (delta.offset === 0)
    return delta.text === live ? part : withText(part, delta.text, utf8Length(delta.text));

  const have = knownLengths.get(part) ?? utf8Length(live);
  knownLengths.set(part, have);
  if (delta.offset > have) return part;

  const rest = afterBytes(delta.text, have - delta.offset);
  if (rest === null || rest === "") return part;
  return withText(part, live + rest, have + utf8Length(rest));
}

/** The text of a part that grows while it streams: its Markdown, or a tool's output. */
export function liveText(part: Part): string | null {
  switch (part.type) {
    case "text":
    case "thinking":
      return part.text;
    case "toolCall":
      return part.output;
    case "plan":
      return null;
  }
}

function withText(part: Part, text: string, bytes: number): Part {
  const next = (part.type === "toolCall" ? { ...part, output: text } : { ...part, text }) as Part;
  knownLengths.set(next, bytes);
  return next;
}

/** What follows the first `bytes` bytes; null when that is inside a character. */
function afterBytes(text: string, bytes: number): string | null {
  let passed = 0;
  let at = 0;
  while (passed < bytes && at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    passed += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    at += code > 0xffff ? 2 : 1;
  }
  if (passed < bytes) return "";
  return passed === bytes ? text.slice(at) : null;
}

/** A surrogate pair is four bytes: two for each half. */
function unitBytes(unit: number): number {
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
}
