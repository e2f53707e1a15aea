// Which question cards are on screen just now, so that the banner repeats no answers that can be seen.
import { type RefObject, useEffect, useSyncExternalStore } from "react";

let inSight: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

/** Watches a card for as long as it is there. */
export function useReportSight(id: string, card: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (card.current === null || typeof IntersectionObserver === "undefined") return;
    const observer = new IntersectionObserver(([entry]) => set(id, entry?.isIntersecting === true), {
      threshold: 0.9,
    });
    observer.observe(card.current);
    return () => {
      observer.disconnect();
      set(id, false);
    };
  }, [id, card]);
}

export function useInSight(id: string | undefined): boolean {
  return useSyncExternalStore(subscribe, () => id !== undefined && inSight.has(id));
}

function set(id: string, shown: boolean): void {
  if (inSight.has(id) === shown) return;
  const next = new Set(inSight);
  if (shown) next.add(id);
  else next.delete(id);
  inSight = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
