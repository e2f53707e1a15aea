// A thin line while the connection is lost: it says so, and goes away by itself. What is on screen stays.
import { useEffect, useState } from "react";
import { useSnapshot } from "./use-session";

/** A short cut is mended before anybody has to know. */
const QUIET_MS = 1_200;

export function ConnectionLine() {
  const lost = useSnapshot(({ connection }) => connection.status === "lost");
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) return setShown(false);
    const timer = setTimeout(() => setShown(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <div role="status" className="absolute inset-x-0 top-0 z-20">
      {shown && (
        <div className="animate-appear">
          <div className="h-0.5 w-full animate-breathe bg-warn" />
          <p className="mx-auto mt-[46px] w-fit rounded-md border bg-warn-soft px-2.5 py-0.5 text-warn text-xs">
            {navigator.onLine
              ? "Reconnecting… What you write is kept."
              : "You are offline. What you write is kept."}
          </p>
        </div>
      )}
    </div>
  );
}
