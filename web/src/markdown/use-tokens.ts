// Coloured lines for a piece of code, when they are ready. The highlighter is loaded on first use.
import { useEffect, useState } from "react";
import type { Token } from "./highlighter";

export type Lines = readonly (readonly Token[])[];

const KEPT = 400;
const LONGEST = 100_000;
const done = new Map<string, Lines>();

/** Null until they are there, and for ever when the language is unknown or the code very long. */
export function useTokens(code: string, language: string | undefined, delayMs = 0): Lines | null {
  const key = language === undefined ? "" : `${language}\n${code}`;
  const [latest, setLatest] = useState<Lines | null>(() => done.get(key) ?? null);
  useEffect(() => {
    if (language === undefined || code.length > LONGEST) return;
    const known = done.get(key);
    if (known !== undefined) {
      setLatest(known);
      return;
    }
    let wanted = true;
    const timer = setTimeout(async () => {
      const { tokenize } = await import("./highlighter");
      const lines = await tokenize(code, language).catch(() => null);
      if (lines === null || !wanted) return;
      remember(key, lines);
      setLatest(lines);
    }, delayMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [key, code, language, delayMs]);
  return done.get(key) ?? latest;
}

function remember(key: string, lines: Lines): void {
  done.set(key, lines);
  const oldest = done.keys().next().value;
  if (done.size > KEPT && oldest !== undefined) done.delete(oldest);
}
