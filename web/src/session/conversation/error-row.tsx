// Something that went wrong, where it happened, as loud as it is bad.
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import { cx } from "../../ui/cx";
import type { Severity } from "../../wire/types";
import { findTurn } from "../parts";
import { useConversation } from "../use-session";

const looks = {
  info: { Icon: Info, box: "", icon: "text-muted", word: "Note" },
  warning: { Icon: CircleAlert, box: "border bg-warn-soft", icon: "text-warn", word: "Warning" },
  error: { Icon: TriangleAlert, box: "border bg-bad-soft", icon: "text-bad", word: "Error" },
} satisfies Record<Severity, unknown>;

export function ErrorRow({ turnId, seq }: { turnId: string | null; seq: number }) {
  const error = useConversation((state) =>
    (turnId === null ? state.errors : (findTurn(state, turnId)?.errors ?? [])).find((one) => one.seq === seq),
  );
  if (error === undefined) return null;
  const { Icon, box, icon, word } = looks[error.severity];
  const quiet = error.severity === "info";
  return (
    <div className="py-1.5">
      <div
        role="note"
        className={cx(
          "flex items-start gap-2.5 rounded-lg text-sm",
          box,
          quiet ? "text-muted" : "px-3 py-2.5",
        )}
      >
        <Icon size={15} className={cx("mt-[3px] shrink-0", icon)} aria-label={word} />
        <p className="min-w-0 flex-1 [overflow-wrap:anywhere]">{error.message}</p>
        {!quiet && (
          <code className="mt-0.5 hidden shrink-0 font-mono text-[11px] text-muted sm:block">
            {error.code}
          </code>
        )}
      </div>
    </div>
  );
}
