// The start of the app: query cache, router, and what stands around every page.
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { signedIn } from "./api/auth";
import { ApiError } from "./api/http";
import { newRouter } from "./router";
import { Toasts } from "./ui/toast";
import { TooltipProvider } from "./ui/tooltip";
import "./styles.css";

const RELOAD_AGAIN_MS = 60_000;

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // Who asks whether somebody is signed in deals with the answer itself.
    onError: (error, { queryKey }) => queryKey[0] !== signedIn.queryKey[0] && noticeSignOut(error),
  }),
  mutationCache: new MutationCache({ onError: noticeSignOut }),
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < 2 &&
        !(error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500),
      refetchOnWindowFocus: false,
    },
  },
});
const router = newRouter(client);

/** A session cookie that ran out leads to the sign-in page, and from there back. */
function noticeSignOut(error: Error): void {
  if (!(error instanceof ApiError) || error.problem.status !== 401) return;
  if (router.state.location.pathname === "/sign-in") return;
  client.removeQueries(signedIn);
  void router.invalidate();
}

// After an upgrade of the server, the files that an open page still wants to load are gone: it starts anew,
// once. What was typed is kept.
window.addEventListener("vite:preloadError", () => {
  const last = Number(sessionStorage.getItem("reloadedAt"));
  if (!navigator.onLine || Date.now() - last < RELOAD_AGAIN_MS) return;
  sessionStorage.setItem("reloadedAt", String(Date.now()));
  location.reload();
});

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <TooltipProvider delayDuration={400} skipDelayDuration={200}>
          <RouterProvider router={router} />
          <Toasts />
        </TooltipProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
