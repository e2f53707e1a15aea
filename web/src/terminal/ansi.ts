// Terminal output as lines of styled text: colours and weights are kept, a carriage return overwrites
// the line (progress bars), and every other control sequence is dropped.

export interface Style {
  readonly color?: string;
  readonly background?: string;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

export interface Span {
  readonly text: string;
  readonly style: Style;
}

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const PLAIN: Style = {};

const SEQUENCE =
  /\u001b\[([0-9;:?=>]*)([A-Za-z])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]|[\u0000-\u0008\u000b\u000c\u000e-\u001a\u007f]/g;

export function parseAnsi(output: string): Span[][] {
  let style = PLAIN;
  return output
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => {
      let spans: Span[] = [];
      // What was before the last carriage return is overwritten, unless nothing came after it.
      const pieces = line.split("\r");
      pieces.forEach((piece, index) => {
        const parsed = parsePiece(piece, style);
        style = parsed.style;
        if (index === 0 || parsed.spans.length > 0) spans = parsed.spans;
      });
      return spans;
    });
}

/** The same without any style. */
export function stripAnsi(output: string): string {
  return parseAnsi(output)
    .map((line) => line.map(({ text }) => text).join(""))
    .join("\n");
}

function parsePiece(piece: string, start: Style): { spans: Span[]; style: Style } {
  const spans: Span[] = [];
  let style = start;
  let at = 0;
  const push = (text: string) => {
    if (text !== "") spans.push({ text, style });
  };
  for (const match of piece.matchAll(SEQUENCE)) {
    push(piece.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] === "m") style = applyCodes(style, match[1] ?? "");
  }
  push(piece.slice(at));
  return { spans, style };
}

function applyCodes(style: Style, codes: string): Style {
  const list = codes === "" ? [0] : codes.split(/[;:]/).map((code) => Number(code) || 0);
  let next = style;
  for (let i = 0; i < list.length; i++) {
    const code = list[i] ?? 0;
    if (code === 38 || code === 48) {
      const { color, used } = extendedColor(list.slice(i + 1));
      i += used;
      if (color !== null) next = { ...next, [code === 38 ? "color" : "background"]: color };
    } else {
      next = applyCode(next, code);
    }
  }
  return next;
}

function applyCode(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 22) return without(style, "bold", "dim");
  if (code === 23) return without(style, "italic");
  if (code === 24) return without(style, "underline");
  if (code === 27) return without(style, "inverse");
  if (code === 39) return without(style, "color");
  if (code === 49) return without(style, "background");
  if (code >= 30 && code <= 37) return { ...style, color: named(code - 30) };
  if (code >= 90 && code <= 97) return { ...style, color: named(code - 90) };
  if (code >= 40 && code <= 47) return { ...style, background: named(code - 40) };
  if (code >= 100 && code <= 107) return { ...style, background: named(code - 100) };
  return style;
}

function without(style: Style, ...keys: (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof Style)));
}

/** `5;n` of the 256 colours or `2;r;g;b`. */
function extendedColor(rest: readonly number[]): { color: string | null; used: number } {
  const [mode, a = 0, b = 0, c = 0] = rest;
  if (mode === 2) return { color: `rgb(${a} ${b} ${c})`, used: 4 };
  if (mode !== 5) return { color: null, used: 0 };
  if (a < 16) return { color: named(a % 8), used: 2 };
  if (a >= 232) {
    const grey = 8 + (a - 232) * 10;
    return { color: `rgb(${grey} ${grey} ${grey})`, used: 2 };
  }
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  const n = a - 16;
  return {
    color: `rgb(${level(Math.floor(n / 36))} ${level(Math.floor(n / 6) % 6)} ${level(n % 6)})`,
    used: 2,
  };
}

function named(index: number): string {
  return `var(--ansi-${NAMES[index] ?? "white"})`;
}
