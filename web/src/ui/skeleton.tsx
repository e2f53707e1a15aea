// Grey bars in the size of what is about to come.
import { cx } from "./cx";

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cx("block animate-breathe rounded bg-selected", className)} />;
}
