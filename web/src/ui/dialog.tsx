// A dialog in the middle of the screen (or at the bottom of a phone's), and a drawer from the left.
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./cx";

interface DialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  /** Said to screen readers; shown unless `bare`. */
  description?: string;
  /** Shows neither title nor close button. */
  bare?: boolean;
  className?: string;
  children: ReactNode;
}

const veil = "fixed inset-0 z-40 animate-appear bg-black/35";

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  bare = false,
  className,
  children,
}: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={veil} />
        <Radix.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          className={cx(
            "fixed top-[14vh] left-1/2 z-40 flex max-h-[72vh] w-[calc(100vw-32px)] max-w-lg -translate-x-1/2 animate-appear flex-col overflow-hidden rounded-xl border border-line bg-raised shadow-[0_16px_48px_var(--shadow)] outline-none",
            className,
          )}
        >
          <div className={bare ? "sr-only" : "flex items-start gap-4 px-5 pt-4 pb-2"}>
            <div className="min-w-0 flex-1">
              <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="mt-1 text-muted text-sm">{description}</Radix.Description>
              )}
            </div>
            {!bare && <CloseButton />}
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface DrawerProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  children: ReactNode;
}

export function Drawer({ open, onOpenChange, title, children }: DrawerProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={veil} />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-40 flex w-[300px] max-w-[86vw] animate-appear flex-col border-line border-r bg-sunken outline-none"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function CloseButton() {
  return (
    <Radix.Close
      aria-label="Close"
      className="-mr-1.5 inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
    >
      <X size={16} />
    </Radix.Close>
  );
}
