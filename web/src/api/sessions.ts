// Sessions over HTTP: the list, one session, and what can be done to it outside of its socket.
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import type {
  CreateSession,
  Diff,
  Page,
  Session,
  SessionStatus,
  TurnTranscript,
  UpdateSession,
} from "../wire/types";
import { request } from "./http";
import { newRequestId } from "./request-id";

const PAGE = 50;

export function sessionList(status: SessionStatus) {
  return infiniteQueryOptions({
    queryKey: ["sessions", status],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(PAGE), status });
      if (pageParam !== null) query.set("cursor", pageParam);
      return request<Page<Session>>(`/api/sessions?${query}`, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 60_000,
  });
}

export function sessionById(id: string) {
  return queryOptions({
    queryKey: ["session", id],
    queryFn: ({ signal }) => request<Session>(`/api/sessions/${id}`, { signal }),
    staleTime: 30_000,
  });
}

export function sessionDiff(id: string) {
  return queryOptions({
    queryKey: ["diff", id],
    queryFn: ({ signal }) => request<Diff>(`/api/sessions/${id}/diff`, { signal }),
    staleTime: 10_000,
  });
}

export function createSession(body: CreateSession, idempotencyKey: string): Promise<Session> {
  return request("/api/sessions", { method: "POST", body, idempotencyKey });
}

export function updateSession(id: string, body: UpdateSession): Promise<Session> {
  return request(`/api/sessions/${id}`, { method: "PATCH", body });
}

export function deleteSession(id: string): Promise<void> {
  return request(`/api/sessions/${id}`, { method: "DELETE" });
}

export type SessionAction = "archive" | "hibernate" | "wake";

export function actOnSession(id: string, action: SessionAction): Promise<void> {
  return request(`/api/sessions/${id}/${action}`, { method: "POST", idempotencyKey: newRequestId() });
}

export function earlierTurns(id: string, cursor: string): Promise<Page<TurnTranscript>> {
  return request(`/api/sessions/${id}/messages?${new URLSearchParams({ limit: "20", cursor })}`);
}

/** Puts a whole session, as the server just described it, wherever it is shown. */
export function rememberSession(client: QueryClient, session: Session): void {
  client.setQueryData(sessionById(session.id).queryKey, (old) => (isNewer(old, session) ? old : session));
  for (const status of ["open", "archived"] as const) {
    client.setQueryData(sessionList(status).queryKey, (data) => {
      if (data === undefined) return data;
      const pages = data.pages.map((page) => ({ ...page, items: replaceIn(page.items, session, status) }));
      const here = pages.some(({ items }) => items.some(({ id }) => id === session.id));
      const first = pages[0];
      if (here || session.status !== status || first === undefined) return { ...data, pages };
      return { ...data, pages: [{ ...first, items: [session, ...first.items] }, ...pages.slice(1)] };
    });
  }
}

export function forgetSession(client: QueryClient, id: string): void {
  client.removeQueries({ queryKey: sessionById(id).queryKey });
  void client.invalidateQueries({ queryKey: ["sessions"] });
}

function replaceIn(items: Session[], session: Session, status: SessionStatus): Session[] {
  if (!items.some(({ id }) => id === session.id)) return items;
  if (session.status !== status) return items.filter(({ id }) => id !== session.id);
  return items.map((item) => (item.id === session.id && !isNewer(item, session) ? session : item));
}

/** Answers and the live list may overtake each other; the later state of a session wins. */
function isNewer(have: Session | undefined, than: Session): boolean {
  return have !== undefined && have.lastSeq > than.lastSeq;
}
