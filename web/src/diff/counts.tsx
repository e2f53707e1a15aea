// How many lines were added and removed, in the usual short form.

export function Counts({ added, removed }: { added: number; removed: number }) {
  return (
    <span className="shrink-0 font-medium text-xs tabular-nums">
      <span className="sr-only">
        {added} lines added, {removed} removed
      </span>
      <span aria-hidden>
        <span className="text-good">+{added.toLocaleString()}</span>{" "}
        <span className="text-bad">−{removed.toLocaleString()}</span>
      </span>
    </span>
  );
}
