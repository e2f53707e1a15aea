// The home page: the composer first, below it what moved, or the first steps of an empty installation.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Info } from "lucide-react";
import { capabilities } from "../api/capabilities";
import { asProblem } from "../api/http";
import { SidebarButton } from "../shell/sidebar-button";
import { ProblemNote } from "../ui/problem-note";
import { Skeleton } from "../ui/skeleton";
import { Ago } from "../ui/time";
import type { Capabilities, Session } from "../wire/types";
import { Code, FirstSteps } from "./first-steps";
import { NewSession } from "./new-session";
import { markOf, repositoryName, statusLine } from "./status";
import { StatusMark } from "./status-mark";
import { useUnread } from "./unread";
import { useSessions } from "./use-sessions";

const SHOWN = 6;

export function HomePage() {
  const { sessions, query } = useSessions();
  const { data, error } = useQuery(capabilities);
  return (
    <div className="h-full overflow-y-auto">
      <title>Roundhouse</title>
      <div className="absolute top-2 left-4">
        <SidebarButton />
      </div>
      <div className="mx-auto flex w-full max-w-[680px] flex-col items-center gap-6 px-4 pt-[max(64px,16vh)] pb-16">
        <h1 className="text-balance text-center font-semibold text-2xl tracking-tight">
          What should be done?
        </h1>
        <div className="w-full">
          <NewSession />
          {error !== null && <ProblemNote className="mt-3" problem={asProblem(error)} />}
          {data !== undefined && <DemoNote capabilities={data} />}
        </div>
        {sessions === null && query.isPending && <LoadingList />}
        {sessions !== null && sessions.length > 0 && <Moved sessions={sessions} />}
        {sessions?.length === 0 && data !== undefined && <FirstSteps capabilities={data} />}
      </div>
    </div>
  );
}

function DemoNote({ capabilities }: { capabilities: Capabilities }) {
  if (capabilities.models[0]?.demo !== true) return null;
  return (
    <p className="mt-3 flex gap-2 px-1 text-muted text-xs">
      <Info size={14} className="mt-px shrink-0" />
      <span>
        No model is configured, so the <strong className="font-medium text-ink">demo</strong> answers: a fixed
        script that walks through the product, not an intelligence. Start the server with{" "}
        <Code>ANTHROPIC_API_KEY</Code> or another provider's key to use a real one.
      </span>
    </p>
  );
}

/** Unread ones first, then the newest. */
function Moved({ sessions }: { sessions: readonly Session[] }) {
  const isUnread = useUnread();
  const rank = (session: Session) => (isUnread(session) || markOf(session) === "waiting" ? 1 : 0);
  const shown = sessions
    .toSorted((a, b) => rank(b) - rank(a) || b.updatedAt.localeCompare(a.updatedAt))
    .slice(0, SHOWN);
  const anyUnread = shown.some(isUnread);
  return (
    <section aria-label="Latest sessions" className="w-full">
      <h2 className="mb-2 px-1 font-medium text-muted text-sm">
        {anyUnread ? "Moved since you were here" : "Latest sessions"}
      </h2>
      <ul className="overflow-hidden rounded-xl border">
        {shown.map((session) => (
          <li key={session.id} className="border-b last:border-0">
            <Link
              to="/sessions/$sessionId"
              params={{ sessionId: session.id }}
              className="flex min-h-11 items-center gap-3 bg-raised px-4 py-2 outline-offset-[-2px] hover:bg-hover"
            >
              <StatusMark mark={markOf(session)} size={15} />
              <span className="min-w-0 flex-1">
                <span
                  className={
                    isUnread(session) ? "block truncate font-semibold text-sm" : "block truncate text-sm"
                  }
                >
                  {session.title}
                </span>
                <span className="block truncate text-muted text-xs sm:hidden">{place(session)}</span>
              </span>
              <span className="hidden max-w-48 truncate text-muted text-xs sm:block">{place(session)}</span>
              <span className="w-10 shrink-0 text-right text-muted text-xs">
                <Ago at={session.updatedAt} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function place(session: Session): string {
  const mark = markOf(session);
  if (mark !== "idle" && mark !== "asleep") return statusLine(session);
  return session.repository === null ? "No repository" : repositoryName(session.repository.url);
}

function LoadingList() {
  return (
    <div role="status" aria-label="Loading sessions" className="w-full">
      <Skeleton className="mb-3 h-4 w-32" />
      <div className="overflow-hidden rounded-xl border">
        {[1, 2, 3, 4].map((row) => (
          <div key={row} className="flex h-11 items-center border-b px-4 last:border-0">
            <Skeleton className="h-3.5 w-1/2" />
          </div>
        ))}
      </div>
    </div>
  );
}
