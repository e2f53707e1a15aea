// What this installation can do: agents, models, sandboxes, limits.
import { queryOptions } from "@tanstack/react-query";
import type { Capabilities } from "../wire/types";
import { request } from "./http";

export const capabilities = queryOptions({
  queryKey: ["capabilities"],
  queryFn: ({ signal }) => request<Capabilities>("/api/capabilities", { signal }),
  staleTime: 5 * 60_000,
});
