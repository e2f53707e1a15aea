// How long to wait before the next attempt to connect.

const FIRST_MS = 400;
const LONGEST_MS = 15_000;

/** Doubles from 0.4 s up to 15 s; `random` (0 to 1) takes up to half off, so that clients do not come back all at once. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (1 - random / 2));
}
