// The sidebar's list of sessions in its three groups, with its loading, empty and error states.
import { useMemo } from "react";
import { asProblem } from "../api/http";
import { Button } from "../ui/button";
import { Skeleton } from "../ui/skeleton";
import type { Session } from "../wire/types";
import { SessionRow } from "./session-row";
import { groupSessions } from "./status";
import { useUnread } from "./unread";
import { useSessions } from "./use-sessions";

export function SessionGroups({ onOpen }: { onOpen?: (() => void) | undefined }) {
  const { sessions, query } = useSessions();
  const groups = useMemo(() => groupSessions(sessions ?? []), [sessions]);
  if (query.isError && sessions === null) {
    return (
      <div className="px-3 py-2 text-muted text-sm" role="alert">
        <p>{asProblem(query.error).detail}</p>
        <Button small className="mt-2" onClick={() => void query.refetch()}>
          Try again
        </Button>
      </div>
    );
  }
  if (sessions === null) return <Loading />;
  if (sessions.length === 0) {
    return <p className="px-4 py-2 text-muted text-sm">Your sessions will be listed here.</p>;
  }
  return (
    <nav aria-label="Sessions" className="flex flex-col gap-4 pb-4">
      <Group title="Needs you" sessions={groups.needsYou} onOpen={onOpen} />
      <Group title="Working" sessions={groups.working} onOpen={onOpen} />
      <Group title="Recent" sessions={groups.recent} onOpen={onOpen} />
      {query.hasNextPage && (
        <Button
          small
          look="ghost"
          className="mx-2"
          disabled={query.isFetching}
          onClick={() => void query.fetchNextPage()}
        >
          {query.isFetchingNextPage ? "Loading…" : "Show more"}
        </Button>
      )}
    </nav>
  );
}

interface GroupProps {
  title: string;
  sessions: readonly Session[];
  onOpen?: (() => void) | undefined;
}

function Group({ title, sessions, onOpen }: GroupProps) {
  const isUnread = useUnread();
  if (sessions.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="flex items-center gap-1.5 px-4 pb-1 font-medium text-muted text-xs">
        {title}
        <span className="font-normal">{sessions.length}</span>
      </h2>
      <ul className="flex flex-col gap-px px-2">
        {sessions.map((session) => (
          <li key={session.id}>
            <SessionRow
              session={session}
              unread={isUnread(session)}
              {...(onOpen === undefined ? {} : { onOpen })}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Loading() {
  return (
    <div className="flex flex-col gap-1 px-2" role="status" aria-label="Loading sessions">
      {[72, 56, 80, 64, 48].map((width) => (
        <div key={width} className="flex h-[46px] flex-col justify-center gap-2 px-2">
          <span style={{ width: `${width}%` }}>
            <Skeleton className="h-3" />
          </span>
          <Skeleton className="h-2.5 w-2/5" />
        </div>
      ))}
    </div>
  );
}
