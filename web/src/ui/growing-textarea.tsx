// A text field that grows with its text, up to a share of the screen.
import { type ComponentProps, useLayoutEffect, useRef } from "react";
import { cx } from "./cx";

interface GrowingTextareaProps extends ComponentProps<"textarea"> {
  value: string;
}

export function GrowingTextarea({ value, className, ref, ...props }: GrowingTextareaProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "0";
    element.style.height = `${element.scrollHeight}px`;
  }, [value]);
  return (
    <textarea
      ref={(element) => {
        field.current = element;
        if (typeof ref === "function") ref(element);
        else if (ref) ref.current = element;
      }}
      rows={1}
      value={value}
      className={cx("block max-h-[40vh] w-full resize-none bg-transparent outline-none", className)}
      {...props}
    />
  );
}
