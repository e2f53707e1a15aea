// Keys of the keyboard, as in "Mod+K": drawn as this machine names them.

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

const names: Record<string, string> = isApple
  ? { Mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "↵", ArrowUp: "↑", ArrowDown: "↓" }
  : { Mod: "Ctrl", Enter: "↵", ArrowUp: "↑", ArrowDown: "↓" };

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="inline-flex items-center gap-0.5 pointer-coarse:hidden">
      {keys.split("+").map((key) => (
        <kbd
          key={key}
          className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded border border-line-strong bg-canvas px-1 font-sans text-[11px] text-muted leading-none"
        >
          {names[key] ?? key}
        </kbd>
      ))}
    </span>
  );
}
