// The right side of a session: resizable by pointer and keys, the whole page on a phone.
import { lazy, type PointerEvent, Suspense, useRef } from "react";
import { Skeleton } from "../../ui/skeleton";
import { useStored } from "../../ui/stored";

const ChangesPanel = lazy(() => import("./changes-panel"));

const LEAST = 360;
const STEP = 40;

export function PanelFrame({ full, onClose }: { full: boolean; onClose(): void }) {
  const [width, setWidth] = useStored("panel.width", 560);
  const frame = useRef<HTMLElement>(null);
  const set = (next: number) =>
    setWidth(Math.round(Math.max(LEAST, Math.min(next, window.innerWidth * 0.7))));

  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const right = frame.current?.getBoundingClientRect().right ?? window.innerWidth;
    const move = ({ clientX }: globalThis.PointerEvent) => set(right - clientX);
    const end = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    event.preventDefault();
  };

  return (
    <aside
      ref={frame}
      aria-label="Changes"
      className={
        full ? "flex min-w-0 flex-1 flex-col" : "relative flex max-w-[70%] shrink-0 flex-col border-l"
      }
      style={full ? undefined : { width }}
    >
      {!full && (
        <div
          role="separator"
          aria-label="Width of the panel"
          aria-orientation="vertical"
          aria-valuenow={Math.round(width)}
          aria-valuemin={360}
          aria-valuemax={2000}
          tabIndex={0}
          onPointerDown={drag}
          onKeyDown={({ key }) => {
            if (key === "ArrowLeft") set(width + STEP);
            if (key === "ArrowRight") set(width - STEP);
          }}
          className="absolute inset-y-0 -left-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/40"
        />
      )}
      <Suspense fallback={<Skeleton className="m-4 h-40" />}>
        <ChangesPanel onClose={full ? null : onClose} />
      </Suspense>
    </aside>
  );
}
