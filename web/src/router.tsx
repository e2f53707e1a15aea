// The pages and who may see them. The session page and what it needs are loaded when first visited.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { signedIn } from "./api/auth";
import { ApiError } from "./api/http";
import { HomePage } from "./sessions/home-page";
import { FailedPage, LostPage } from "./shell/failed-page";
import { Shell } from "./shell/shell";
import { SignInPage } from "./sign-in/sign-in-page";

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: LostPage,
  errorComponent: FailedPage,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { error?: string; to?: string } => ({
    ...(typeof search.error === "string" ? { error: search.error } : {}),
    // Only places of this app: an address must not lead anywhere else.
    ...(typeof search.to === "string" && /^\/(?!\/)/.test(search.to) ? { to: search.to } : {}),
  }),
  component: function SignIn() {
    const { error, to } = signIn.useSearch();
    return <SignInPage error={error} to={to} />;
  },
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(signedIn);
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status !== 401) throw error;
      const to = location.href === "/" ? {} : { to: location.href };
      throw redirect({ to: "/sign-in", search: to, replace: true });
    }
  },
  component: Shell,
  notFoundComponent: LostPage,
  errorComponent: FailedPage,
});

const home = createRoute({ getParentRoute: () => inside, path: "/", component: HomePage });

const archive = createRoute({
  getParentRoute: () => inside,
  path: "/archive",
  component: lazyRouteComponent(() => import("./sessions/archive-page")),
});

/** What of a session's page is in its address, so that a link shows what its sender saw. */
export interface SessionSearch {
  panel?: "changes";
  file?: string;
  layout?: "split";
}

const session = createRoute({
  getParentRoute: () => inside,
  path: "/sessions/$sessionId",
  validateSearch: (search): SessionSearch => ({
    ...(search.panel === "changes" ? { panel: "changes" } : {}),
    ...(typeof search.file === "string" && search.file !== "" ? { file: search.file } : {}),
    ...(search.layout === "split" ? { layout: "split" } : {}),
  }),
  component: lazyRouteComponent(() => import("./session/session-page")),
});

/** `history` is the browser's own unless a test brings another. */
export function newRouter(client: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree: root.addChildren([signIn, inside.addChildren([home, archive, session])]),
    context: { client },
    ...(history === undefined ? {} : { history }),
    defaultPreload: "intent",
    defaultErrorComponent: FailedPage,
    defaultNotFoundComponent: LostPage,
    defaultPendingMs: 300,
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
