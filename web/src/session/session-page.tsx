// A session: opens its store, and shows its header, conversation and panel, or why it cannot.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { asProblem } from "../api/http";
import { rememberSession, sessionById } from "../api/sessions";
import { markSeen } from "../sessions/unread";
import { useShortcuts } from "../shell/shortcuts";
import { SidebarButton } from "../shell/sidebar-button";
import { Button } from "../ui/button";
import { usePhone } from "../ui/media";
import { ProblemNote } from "../ui/problem-note";
import { toast } from "../ui/toast";
import type { Problem } from "../wire/types";
import { Announcer } from "./announcer";
import { Composer } from "./composer/composer";
import { ConnectionLine } from "./connection-line";
import { ConversationList } from "./conversation/conversation-list";
import { SessionHeader } from "./header/session-header";
import { LoadingSession } from "./loading-session";
import { PanelFrame } from "./panel/panel-frame";
import { PhoneBar } from "./panel/phone-bar";
import { storeFor } from "./session-stores";
import { SessionContext, useConversation, useSessionStore, useSnapshot } from "./use-session";

export default function SessionPage() {
  const { sessionId } = useParams({ from: "/inside/sessions/$sessionId" });
  const client = useQueryClient();
  const store = useMemo(
    () =>
      storeFor(sessionId, {
        onProblem: ({ detail }) => toast(detail, true),
        // Perhaps the session is gone, or nobody is signed in: the answer over HTTP says which.
        onFailure: () => void client.invalidateQueries({ queryKey: sessionById(sessionId).queryKey }),
      }),
    [sessionId, client],
  );
  useEffect(() => {
    store.open();
    return () => store.close();
  }, [store]);
  return (
    <SessionContext value={store} key={sessionId}>
      <SessionOrReason sessionId={sessionId} />
    </SessionContext>
  );
}

function SessionOrReason({ sessionId }: { sessionId: string }) {
  const store = useSessionStore();
  const ready = useSnapshot(({ conversation }) => conversation !== null);
  const { data, error, refetch } = useQuery(sessionById(sessionId));
  // While it is tried again, the page goes on saying what was wrong.
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    if (error !== null) setProblem(asProblem(error));
    else if (data !== undefined) setProblem(null);
  }, [error, data]);
  const gone = problem?.status === 404;
  useEffect(() => {
    if (gone) store.close();
  }, [gone, store]);

  if (gone) return <Gone />;
  if (ready) return <OpenSession />;
  if (problem === null) return <LoadingSession session={data} />;
  return (
    <div className="flex h-full items-center justify-center p-6">
      <h1 className="sr-only">Session</h1>
      <ProblemNote problem={problem} className="w-full max-w-md">
        <Button small onClick={() => void refetch()}>
          Try again
        </Button>
      </ProblemNote>
    </div>
  );
}

function OpenSession() {
  const title = useConversation(({ session }) => session.title);
  const search = useSearch({ from: "/inside/sessions/$sessionId" });
  const navigate = useNavigate();
  const phone = usePhone();
  const panel = search.panel === "changes";
  const togglePanel = () =>
    void navigate({ to: ".", search: panel ? {} : { ...search, panel: "changes" }, replace: true });
  useShortcuts([{ keys: "]", label: "Changes", run: togglePanel }]);
  useKeepSeen();

  return (
    <div className="flex h-full min-h-0 flex-col">
      <title>{`${title} · Roundhouse`}</title>
      <ConnectionLine />
      <SessionHeader panelShown={panel} onTogglePanel={togglePanel} />
      <div className="flex min-h-0 flex-1">
        {!(phone && panel) && (
          <section aria-label="Conversation" className="flex min-w-0 flex-1 flex-col">
            <h2 className="sr-only">Conversation</h2>
            <ConversationList />
            <Composer />
          </section>
        )}
        {panel && <PanelFrame full={phone} onClose={togglePanel} />}
      </div>
      {phone && <PhoneBar panelShown={panel} onTogglePanel={togglePanel} />}
      <Announcer />
    </div>
  );
}

/** What is on screen is read, and the list shows this session as it is here. */
function useKeepSeen(): void {
  const session = useConversation((conversation) => conversation.session);
  const client = useQueryClient();
  useEffect(() => {
    rememberSession(client, session);
    if (document.visibilityState === "visible") markSeen(session.id, session.lastSeq);
    const seen = () => markSeen(session.id, session.lastSeq);
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [client, session]);
}

function Gone() {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 p-6 text-center">
      <div className="absolute top-2 left-4">
        <SidebarButton />
      </div>
      <h1 className="font-semibold text-lg">This session is not here</h1>
      <p className="text-muted text-sm">It was deleted, or it belongs to somebody else.</p>
      <Link to="/" className="mt-2 font-medium text-accent text-sm hover:underline">
        Start a new one
      </Link>
    </div>
  );
}
