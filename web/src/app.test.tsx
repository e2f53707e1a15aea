// The app as a whole, from its address to what is on screen, against a server made of handlers.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { newRouter } from "./router";
import { ada, session, view } from "./session/state/fixtures";
import { TooltipProvider } from "./ui/tooltip";
import type { Capabilities, Problem, Session } from "./wire/types";

const capabilities: Capabilities = {
  version: "1",
  sandbox: { provider: "process", isolated: true, warning: null },
  agents: [{ id: "opencode", name: "OpenCode", available: true, hint: null }],
  models: [{ id: "demo/scripted", name: "Scripted demo", providerName: "Built in", demo: true }],
  limits: { promptBytes: 65_536, queueLength: 32 },
};
const problem = (status: number, code: string): Problem => ({
  type: "about:blank",
  title: "Not now",
  status,
  detail: "The server is being restarted.",
  code,
  requestId: "req_7",
});

let sessions: Session[] = [];
const server = setupServer(
  http.get("/api/auth/me", () => HttpResponse.json({ user: ada })),
  http.get("/api/capabilities", () => HttpResponse.json(capabilities)),
  http.get("/api/sessions", () => HttpResponse.json({ items: sessions, nextCursor: null })),
  http.get("/api/sessions/:id", ({ params }) => HttpResponse.json(session({ id: String(params.id) }))),
);

class StillSocket {
  static last: StillSocket;
  readyState = WebSocket.OPEN;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  constructor(readonly url: string) {
    StillSocket.last = this;
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
}

class StillEvents {
  addEventListener() {}
  close() {}
}

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  sessions = [];
  localStorage.clear();
  vi.stubGlobal("EventSource", StillEvents);
});
afterEach(() => {
  server.resetHandlers();
  vi.unstubAllGlobals();
});
afterAll(() => server.close());

function visit(address: string) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = newRouter(client, createMemoryHistory({ initialEntries: [address] }));
  render(
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <RouterProvider router={router} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { router, user: userEvent.setup() };
}

it("leads who is not signed in to the sign-in page, and knows where they wanted to go", async () => {
  server.use(
    http.get("/api/auth/me", () => HttpResponse.json(problem(401, "not_signed_in"), { status: 401 })),
  );
  const { router } = visit("/archive");
  expect(await screen.findByRole("heading", { name: "Sign in to Roundhouse" })).toBeVisible();
  expect(router.state.location.search).toEqual({ to: "/archive" });
});

it("says why a sign-in link was refused, in words of its own", async () => {
  server.use(
    http.get("/api/auth/me", () => HttpResponse.json(problem(401, "not_signed_in"), { status: 401 })),
  );
  visit("/sign-in?error=link_invalid");
  expect(await screen.findByRole("alert")).toHaveTextContent("not the current one");
});

it("shows an empty installation the first steps, and starts the demo", async () => {
  const bodies: unknown[] = [];
  server.use(
    http.post("/api/sessions", async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json(session({ id: "ses_9" }), { status: 201 });
    }),
  );
  vi.stubGlobal("WebSocket", Object.assign(StillSocket, { OPEN: 1 }));
  const { router, user } = visit("/");
  await user.click(await screen.findByRole("button", { name: "Start the demo" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/sessions/ses_9"));
  expect(bodies).toMatchObject([{ model: "demo/scripted" }]);
});

it("keeps the words when a session cannot be made, and tries again with the same key", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post("/api/sessions", ({ request }) => {
      keys.push(request.headers.get("idempotency-key"));
      return HttpResponse.json(problem(503, "draining"), { status: 503 });
    }),
  );
  const { user } = visit("/");
  const field = await screen.findByLabelText("What should be done?");
  await user.type(field, "Fix the bug{Enter}");
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("The server is being restarted.");
  expect(within(alert).getByText("req_7")).toBeVisible();
  expect(field).toHaveValue("Fix the bug");
  await user.type(field, "{Enter}");
  await waitFor(() => expect(keys).toHaveLength(2));
  expect(keys[0]).toBe(keys[1]);
  expect(localStorage.getItem("roundhouse.draft.new")).toBe('"Fix the bug"');
});

it("asks a question in place and answers it with a key", async () => {
  vi.stubGlobal("WebSocket", Object.assign(StillSocket, { OPEN: 1 }));
  const { user } = visit("/sessions/ses_1");
  await screen.findByRole("status", { name: "Loading the session" });
  await waitFor(() => expect(StillSocket.last?.url).toContain("/api/sessions/ses_1/ws"));
  const question = {
    id: "qst_1",
    turnId: "trn_1",
    partId: null,
    title: "Run `cargo test`?",
    options: [
      { id: "yes", label: "Allow once", kind: "allowOnce" },
      { id: "no", label: "Reject", kind: "rejectOnce" },
    ],
    askedAt: "2026-11-20T12:00:00.000Z",
  };
  const frame = { type: "view", ...view({ questions: [question as never] }) };
  StillSocket.last.onmessage?.({ data: JSON.stringify(frame) });
  const banner = await screen.findByRole("region", { name: "The agent waits for you" });
  expect(banner).toHaveTextContent("Run cargo test?");
  (document.activeElement as HTMLElement | null)?.blur();
  await user.keyboard("2");
  expect(StillSocket.last.sent).toContainEqual(
    expect.objectContaining({ type: "answer", questionId: "qst_1", optionId: "no" }),
  );
  await waitFor(() => expect(within(banner).getByRole("button", { name: /Reject/ })).toBeDisabled());
});
