// Short messages at the edge of the screen, for answers to what somebody just did elsewhere.
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
}

const SHOWN_MS = 6_000;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

export function toast(text: string, bad = false): void {
  const id = nextId++;
  set([...toasts.slice(-2), { id, text, bad }]);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-80 max-w-[calc(100vw-32px)] flex-col gap-2"
    >
      {shown.map(({ id, text, bad }) => (
        <div
          key={id}
          className="pointer-events-auto flex animate-rise items-start gap-2 rounded-lg border border-line bg-raised p-3 text-sm shadow-[0_8px_28px_var(--shadow)]"
        >
          <span
            className={
              bad
                ? "mt-1.5 size-2 shrink-0 rounded-full bg-bad"
                : "mt-1.5 size-2 shrink-0 rounded-full bg-good"
            }
          />
          <p className="min-w-0 flex-1 break-words">{text}</p>
          <button
            type="button"
            aria-label="Dismiss"
            className="text-muted hover:text-ink"
            onClick={() => dismiss(id)}
          >
            <X size={14} />
          </button>
        </div>
      ))}
    </section>
  );
}

function dismiss(id: number): void {
  set(toasts.filter((one) => one.id !== id));
}

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
