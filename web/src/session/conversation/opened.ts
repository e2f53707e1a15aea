// Which folded things of a conversation are open: work lines and steps, by the keys of their rows.
import { createContext, useContext } from "react";

export interface Opened {
  readonly keys: ReadonlySet<string>;
  toggle(key: string): void;
}

export const OpenedContext = createContext<Opened>({ keys: new Set(), toggle() {} });

export function useOpened(key: string): [boolean, () => void] {
  const { keys, toggle } = useContext(OpenedContext);
  return [keys.has(key), () => toggle(key)];
}
