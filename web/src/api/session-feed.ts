// The live session list: a server-sent stream of whole sessions, put into the query cache. After a
// lost connection the list is fetched again, because the stream has no history.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Session } from "../wire/types";
import { rememberSession } from "./sessions";

const RETRY_MS = 5_000;

export function useSessionFeed(): void {
  const client = useQueryClient();
  useEffect(() => followSessions(client), [client]);
}

function followSessions(client: QueryClient): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lost = false;

  const open = () => {
    source = new EventSource("/api/events");
    source.addEventListener("session", ({ data }) => {
      const session = parse(data);
      if (session !== null) rememberSession(client, session);
    });
    source.onopen = () => {
      if (lost) void client.invalidateQueries({ queryKey: ["sessions"] });
      lost = false;
    };
    source.onerror = () => {
      lost = true;
      // The browser comes back by itself after a cut, but gives up after an answer that is not a stream.
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, RETRY_MS);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

function parse(data: string): Session | null {
  try {
    return JSON.parse(data) as Session;
  } catch {
    return null;
  }
}
