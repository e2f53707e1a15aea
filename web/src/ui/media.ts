// What the screen is like just now.
import { useSyncExternalStore } from "react";

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Narrower than a tablet: one thing at a time. */
export function usePhone(): boolean {
  return useMedia("(max-width: 767px)");
}
