// A menu that drops from a button.
import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";

interface MenuProps {
  trigger: ReactElement;
  align?: "start" | "end";
  side?: "top" | "bottom";
  className?: string;
  children: ReactNode;
}

export function Menu({ trigger, align = "start", side = "bottom", className, children }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className={cx(
            "z-50 max-h-[min(420px,var(--radix-dropdown-menu-content-available-height))] min-w-48 max-w-80 animate-appear overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-[0_8px_28px_var(--shadow)]",
            className,
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const item =
  "flex cursor-pointer select-none items-center gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none data-[disabled]:cursor-default data-[highlighted]:bg-hover data-[disabled]:opacity-50";

interface MenuItemProps {
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect(): void;
  children: ReactNode;
}

export function MenuItem({ icon, danger = false, disabled = false, onSelect, children }: MenuItemProps) {
  return (
    <Radix.Item disabled={disabled} onSelect={onSelect} className={cx(item, danger && "text-bad")}>
      {icon !== undefined && <span className={cx("shrink-0", !danger && "text-muted")}>{icon}</span>}
      {children}
    </Radix.Item>
  );
}

interface MenuChoicesProps<T extends string> {
  label?: string;
  value: T;
  onChange(value: T): void;
  choices: readonly { value: T; label: string; hint?: string | null; disabled?: boolean; icon?: ReactNode }[];
}

export function MenuChoices<T extends string>({ label, value, onChange, choices }: MenuChoicesProps<T>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {label !== undefined && <MenuLabel>{label}</MenuLabel>}
      {choices.map((choice) => (
        <Radix.RadioItem
          key={choice.value}
          value={choice.value}
          disabled={choice.disabled ?? false}
          className={cx(item, "items-start")}
        >
          {choice.icon !== undefined && <span className="mt-0.5 shrink-0 text-muted">{choice.icon}</span>}
          <span className="min-w-0 flex-1">
            <span className="block">{choice.label}</span>
            {choice.hint && <span className="block text-muted text-xs">{choice.hint}</span>}
          </span>
          <span className="mt-0.5 w-4 shrink-0">
            <Radix.ItemIndicator>
              <Check size={16} />
            </Radix.ItemIndicator>
          </span>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-muted text-xs">{children}</Radix.Label>;
}

export function MenuLine() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
