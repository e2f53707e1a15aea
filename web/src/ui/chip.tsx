// A quiet choice below a text field: icon, what is chosen, and a menu or popover behind it.
import { ChevronDown } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

interface ChipProps extends ComponentProps<"button"> {
  icon: ReactNode;
  /** What is chosen here, for screen readers: "Model". */
  label: string;
}

export function Chip({ icon, label, children, className, ...props }: ChipProps) {
  return (
    <button
      type="button"
      className={cx(
        "inline-flex h-7 min-w-0 max-w-56 items-center gap-1.5 rounded-md px-2 text-muted text-xs transition-colors duration-100 hover:bg-hover hover:text-ink data-[state=open]:bg-hover data-[state=open]:text-ink",
        className,
      )}
      {...props}
    >
      <span aria-hidden className="shrink-0">
        {icon}
      </span>
      <span className="sr-only">{label}: </span>
      <span className="truncate">{children}</span>
      <ChevronDown aria-hidden size={12} className="shrink-0 opacity-70" />
    </button>
  );
}
