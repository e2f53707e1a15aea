// What went wrong, said to people: what happened, what to try, and the request id to quote.
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "../wire/types";
import { CopyButton } from "./copy-button";
import { cx } from "./cx";

export function ProblemNote({
  problem,
  children,
  className,
}: {
  problem: Problem;
  children?: ReactNode;
  className?: string;
}) {
  return (
    <div role="alert" className={cx("rounded-lg border border-line bg-bad-soft p-3 text-sm", className)}>
      <div className="flex gap-2.5">
        <TriangleAlert size={16} className="mt-0.5 shrink-0 text-bad" />
        <div className="min-w-0 flex-1">
          <p className="font-medium">{problem.title}</p>
          <p className="mt-0.5 break-words text-muted">{problem.detail}</p>
          {problem.errors?.map(({ field, message }) => (
            <p key={field} className="mt-0.5 text-muted">
              <code className="font-mono text-xs">{field}</code>: {message}
            </p>
          ))}
          {problem.requestId !== undefined && (
            <p className="mt-1 flex items-center gap-1 text-muted text-xs">
              Request <code className="font-mono">{problem.requestId}</code>
              <CopyButton text={problem.requestId} label="Copy the request id" className="size-6" />
            </p>
          )}
          {children !== undefined && <div className="mt-2 flex gap-2">{children}</div>}
        </div>
      </div>
    </div>
  );
}
