// Which sessions moved since this browser last showed them. Kept per browser; a session that was there
// before the first visit counts as read.
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "../ui/stored";
import type { Session } from "../wire/types";

interface Seen {
  /** When this browser first saw the list. */
  readonly since: string;
  /** The newest event that was on screen, by session. */
  readonly seqs: Readonly<Record<string, number>>;
}

const KEPT = 500;
let seen: Seen = readStored<Seen | null>("seen", null) ?? firstVisit();
const listeners = new Set<() => void>();

export function markSeen(id: string, seq: number): void {
  if ((seen.seqs[id] ?? 0) >= seq) return;
  const { [id]: _, ...others } = seen.seqs;
  // The oldest entries fall out first; objects keep the order of insertion.
  const kept = Object.fromEntries([...Object.entries(others).slice(1 - KEPT), [id, seq]]);
  seen = { ...seen, seqs: kept };
  writeStored("seen", seen);
  for (const listener of listeners) listener();
}

export function useUnread(): (session: Session) => boolean {
  const current = useSyncExternalStore(subscribe, () => seen);
  return (session) => isUnread(current, session);
}

export function isUnread({ since, seqs }: Seen, { id, lastSeq, updatedAt, activity }: Session): boolean {
  // While it works it moves all the time; the mark is for what has come to rest.
  if (activity === "working" || activity === "queued") return false;
  const last = seqs[id];
  return last === undefined ? updatedAt > since : lastSeq > last;
}

function firstVisit(): Seen {
  const first = { since: new Date().toISOString(), seqs: {} };
  writeStored("seen", first);
  return first;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
