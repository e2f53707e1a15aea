// One session in the sidebar: state, title, repository or live line, and whether it is unread.
import { Link } from "@tanstack/react-router";
import { cx } from "../ui/cx";
import { Ago } from "../ui/time";
import type { Session } from "../wire/types";
import { markOf, repositoryName, statusLine } from "./status";
import { StatusMark } from "./status-mark";

export function SessionRow({
  session,
  unread,
  onOpen,
}: {
  session: Session;
  unread: boolean;
  onOpen?: () => void;
}) {
  const mark = markOf(session);
  const quiet = mark === "idle" || mark === "asleep";
  const place = session.repository === null ? "No repository" : repositoryName(session.repository.url);
  return (
    <Link
      to="/sessions/$sessionId"
      params={{ sessionId: session.id }}
      className="group block rounded-md px-2 py-1.5 outline-offset-[-2px] hover:bg-hover"
      activeProps={{ className: "bg-selected hover:bg-selected", "aria-current": "page" }}
      onClick={onOpen}
    >
      <span className="flex items-center gap-2">
        <StatusMark mark={mark} />
        <span className={cx("min-w-0 flex-1 truncate text-sm", unread && "font-semibold")}>
          {session.title}
        </span>
        {unread && (
          <span className="size-1.5 shrink-0 rounded-full bg-accent">
            <span className="sr-only">unread</span>
          </span>
        )}
      </span>
      <span className="mt-0.5 flex gap-2 pl-[22px] text-muted text-xs">
        <span className="min-w-0 flex-1 truncate">{quiet ? place : statusLine(session)}</span>
        <span className="shrink-0">
          <Ago at={session.updatedAt} />
        </span>
      </span>
    </Link>
  );
}
