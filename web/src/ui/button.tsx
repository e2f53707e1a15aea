// Buttons: one strong, one quiet, one bare, one for dangerous things; and the square one with an icon.
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import { Tooltip } from "./tooltip";

type Look = "primary" | "plain" | "ghost" | "danger";

const looks: Record<Look, string> = {
  primary: "bg-primary text-on-primary hover:opacity-88 disabled:opacity-35",
  plain: "border border-line-strong bg-raised hover:bg-hover disabled:opacity-50",
  ghost: "text-muted hover:bg-hover hover:text-ink disabled:opacity-50",
  danger: "border border-line-strong bg-raised text-bad hover:bg-bad-soft disabled:opacity-50",
};

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  small?: boolean;
}

export function Button({ look = "plain", small = false, className, ...props }: ButtonProps) {
  return (
    <button
      type="button"
      className={cx(
        "inline-flex shrink-0 select-none items-center justify-center gap-1.5 rounded-md font-medium transition-[background,opacity,color] duration-100 disabled:cursor-default",
        small ? "h-7 px-2.5 text-xs" : "h-8 px-3 text-sm",
        looks[look],
        className,
      )}
      {...props}
    />
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  /** Its name, shown as a tooltip and read out. */
  label: string;
  keys?: string;
  look?: Look;
  side?: "top" | "bottom" | "left" | "right";
  children: ReactNode;
}

export function IconButton({
  label,
  keys,
  look = "ghost",
  side,
  className,
  children,
  ...props
}: IconButtonProps) {
  return (
    <Tooltip label={label} keys={keys} side={side}>
      <button
        type="button"
        aria-label={label}
        className={cx(
          "inline-flex size-8 shrink-0 items-center justify-center rounded-md transition-[background,opacity,color] duration-100 disabled:cursor-default",
          looks[look],
          className,
        )}
        {...props}
      >
        {children}
      </button>
    </Tooltip>
  );
}
