// How components read a session: each picks what it shows, and is drawn again only when that changed.
import { createContext, useContext, useRef, useSyncExternalStore } from "react";
import type { SessionSnapshot, SessionStore } from "./session-store";
import type { Conversation } from "./state/conversation";

export const SessionContext = createContext<SessionStore | null>(null);

export function useSessionStore(): SessionStore {
  const store = useContext(SessionContext);
  if (store === null) throw new Error("A session's component stands outside of its session.");
  return store;
}

/** `select` gives a piece of the state; the same piece (by `isEqual`, else by identity) draws nothing. */
export function useSnapshot<T>(
  select: (snapshot: SessionSnapshot) => T,
  isEqual: (a: T, b: T) => boolean = Object.is,
): T {
  const store = useSessionStore();
  const last = useRef<{ value: T } | null>(null);
  const read = () => {
    const value = select(store.snapshot());
    if (last.current !== null && isEqual(last.current.value, value)) return last.current.value;
    last.current = { value };
    return value;
  };
  return useSyncExternalStore(store.subscribe, read);
}

/** The same for components that stand below the page's own check that the view is here. */
export function useConversation<T>(
  select: (conversation: Conversation) => T,
  isEqual?: (a: T, b: T) => boolean,
): T {
  return useSnapshot(({ conversation }) => {
    if (conversation === null) throw new Error("The session's view is not here yet.");
    return select(conversation);
  }, isEqual);
}
