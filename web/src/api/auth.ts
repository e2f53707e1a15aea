// Who is signed in.
import { queryOptions } from "@tanstack/react-query";
import type { Person } from "../wire/types";
import { request } from "./http";

export interface SignedIn {
  user: Person;
}

export const signedIn = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => request<SignedIn>("/api/auth/me", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});

export function signOut(): Promise<void> {
  return request("/auth/logout", { method: "POST" });
}
