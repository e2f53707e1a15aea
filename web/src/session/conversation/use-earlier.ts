// Loads the turns before those that are here, when the reader comes near the top.
import { useCallback, useRef, useState } from "react";
import { asProblem } from "../../api/http";
import { earlierTurns } from "../../api/sessions";
import type { Problem } from "../../wire/types";
import { useSessionStore } from "../use-session";

export interface Earlier {
  loading: boolean;
  problem: Problem | null;
  load(): void;
}

export function useEarlier(): Earlier {
  const store = useSessionStore();
  const busy = useRef(false);
  const [loading, setLoading] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(async () => {
    const cursor = store.now().conversation?.earlier ?? null;
    if (busy.current || cursor === null) return;
    busy.current = true;
    setLoading(true);
    setProblem(null);
    try {
      const page = await earlierTurns(store.sessionId, cursor);
      store.addEarlier(page.items, page.nextCursor);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      busy.current = false;
      setLoading(false);
    }
  }, [store]);
  return { loading, problem, load: () => void load() };
}
