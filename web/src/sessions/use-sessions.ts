// The open sessions as a flat list, with the page after it on demand.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { sessionList } from "../api/sessions";
import type { SessionStatus } from "../wire/types";

export function useSessions(status: SessionStatus = "open") {
  const query = useInfiniteQuery(sessionList(status));
  const sessions = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? null, [query.data]);
  return { sessions, query };
}
