// Keys that work everywhere: one list for the listener and for the page that explains them.
import { useEffect, useRef } from "react";

export interface Shortcut {
  /** As in "Mod+K" or "C". "Mod" is ⌘ on Apple's machines and Ctrl elsewhere. */
  keys: string;
  label: string;
  run(): void;
}

/** Listens while the component is there. Plain letters are left alone while somebody types. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.repeat) return;
      const shortcut = current.current.find(({ keys }) => matches(keys, event));
      if (shortcut === undefined) return;
      event.preventDefault();
      shortcut.run();
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}

export function matches(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split("+");
  const key = parts.at(-1) ?? "";
  const wantsMod = parts.includes("Mod");
  const wantsAlt = parts.includes("Alt");
  if ((event.metaKey || event.ctrlKey) !== wantsMod || event.altKey !== wantsAlt) return false;
  if (!wantsMod && !wantsAlt && (isTyping(event.target) || isInLayer(event.target))) return false;
  return event.key.toLowerCase() === key.toLowerCase();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Menus and dialogs use letters and arrows themselves. */
function isInLayer(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"],[role="menu"]') !== null;
}
