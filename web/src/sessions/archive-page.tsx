// Archived sessions: kept to read, and to take out again.
import { Link } from "@tanstack/react-router";
import { asProblem } from "../api/http";
import { SidebarButton } from "../shell/sidebar-button";
import { Button } from "../ui/button";
import { ProblemNote } from "../ui/problem-note";
import { Skeleton } from "../ui/skeleton";
import { Ago } from "../ui/time";
import { repositoryName } from "./status";
import { useSessions } from "./use-sessions";

export default function ArchivePage() {
  const { sessions, query } = useSessions("archived");
  return (
    <div className="flex h-full flex-col">
      <title>Archived sessions · Roundhouse</title>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b px-4">
        <SidebarButton />
        <h1 className="font-semibold text-sm">Archived sessions</h1>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-[760px] px-4 py-6">
          {query.isError && sessions === null && (
            <ProblemNote problem={asProblem(query.error)}>
              <Button small onClick={() => void query.refetch()}>
                Try again
              </Button>
            </ProblemNote>
          )}
          {query.isPending && <Skeleton className="h-11 w-full" />}
          {sessions?.length === 0 && (
            <p className="py-16 text-center text-muted text-sm">
              Nothing is archived. A session that is done can be put here from its menu.
            </p>
          )}
          {sessions !== null && sessions.length > 0 && (
            <ul className="overflow-hidden rounded-xl border">
              {sessions.map((session) => (
                <li key={session.id} className="border-b last:border-0">
                  <Link
                    to="/sessions/$sessionId"
                    params={{ sessionId: session.id }}
                    className="flex h-11 items-center gap-3 bg-raised px-4 outline-offset-[-2px] hover:bg-hover"
                  >
                    <span className="min-w-0 flex-1 truncate text-sm">{session.title}</span>
                    <span className="max-w-48 truncate text-muted text-xs">
                      {session.repository === null ? "No repository" : repositoryName(session.repository.url)}
                    </span>
                    <span className="w-12 shrink-0 text-right text-muted text-xs">
                      <Ago at={session.updatedAt} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
          {query.hasNextPage && (
            <Button
              small
              className="mt-3"
              disabled={query.isFetching}
              onClick={() => void query.fetchNextPage()}
            >
              Show more
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}
