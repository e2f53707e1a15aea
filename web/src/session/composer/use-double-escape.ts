// Escape twice in short order; once is too easily pressed to stop an agent's work.
import { useEffect, useRef, useState } from "react";

const WITHIN_MS = 900;

/** True between the first press and the moment when a second one would no longer count. */
export function useDoubleEscape(run: () => void): boolean {
  const [armed, setArmed] = useState(false);
  const current = useRef(run);
  current.current = run;
  useEffect(() => {
    let first = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listener = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.repeat || inLayer()) return;
      const now = Date.now();
      clearTimeout(timer);
      if (now - first < WITHIN_MS) {
        first = 0;
        setArmed(false);
        current.current();
        return;
      }
      first = now;
      setArmed(true);
      timer = setTimeout(() => setArmed(false), WITHIN_MS);
    };
    window.addEventListener("keydown", listener);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("keydown", listener);
    };
  }, []);
  return armed;
}

/** A dialog or menu takes Escape for itself. */
function inLayer(): boolean {
  return document.querySelector('[role="dialog"],[role="menu"]') !== null;
}
