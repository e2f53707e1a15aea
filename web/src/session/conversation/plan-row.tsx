// The agent's plan, with ticks.
import { Circle, CircleCheck, CircleDot, CircleSlash } from "lucide-react";
import { cx } from "../../ui/cx";
import type { PlanStatus } from "../../wire/types";
import { usePart } from "../parts";

const marks = {
  pending: { Icon: Circle, color: "text-muted", word: "to do" },
  inProgress: { Icon: CircleDot, color: "text-accent", word: "in progress" },
  completed: { Icon: CircleCheck, color: "text-good", word: "done" },
  cancelled: { Icon: CircleSlash, color: "text-muted", word: "dropped" },
} satisfies Record<PlanStatus, unknown>;

export function PlanRow({ turnId, partId }: { turnId: string; partId: string }) {
  const part = usePart(turnId, partId);
  if (part?.type !== "plan" || part.entries.length === 0) return null;
  const done = part.entries.filter(({ status }) => status === "completed").length;
  return (
    <section aria-label="Plan" className="my-2 rounded-lg border px-4 py-3">
      <h3 className="mb-1.5 flex items-center font-medium text-muted text-xs">
        <span className="flex-1">Plan</span>
        {done} of {part.entries.length}
      </h3>
      <ol className="flex flex-col gap-1">
        {part.entries.map(({ content, status }, index) => {
          const { Icon, color, word } = marks[status];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no other name
            <li key={index} className="flex items-start gap-2.5 text-sm">
              <Icon size={15} className={cx("mt-[3px] shrink-0", color)} aria-label={word} />
              <span
                className={cx(
                  status === "completed" && "text-muted",
                  status === "cancelled" && "text-muted line-through",
                )}
              >
                {content}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
