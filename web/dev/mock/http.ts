// The mock's HTTP paths: the ones that the app calls, and `/mock/*` for the checks.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Page, Problem, Session, TurnTranscript } from "../../src/wire/types.ts";
import type { MockSession } from "./mock-session.ts";
import { runQueue } from "./play.ts";
import { ada, type Scenario, type World } from "./world.ts";

export async function answer(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) {
  const url = new URL(request.url ?? "/", "http://mock");
  if (!/^\/(api|auth|mock)\//.test(url.pathname)) return next();
  if (url.pathname.endsWith("/ws")) return next();
  const body = await readBody(request);
  if (url.pathname.startsWith("/mock/")) return control(world, url, body, response);
  if (url.pathname === "/auth/logout") {
    world.scenario = "signed-out";
    return json(response, 204, null);
  }
  if (world.scenario === "signed-out") return problem(response, 401, "not_signed_in", "Sign in first.");
  if (url.pathname === "/api/auth/me") return json(response, 200, { user: ada });
  if (url.pathname === "/api/capabilities") return json(response, 200, world.capabilities());
  if (url.pathname === "/api/events") return events(world, response);
  if (url.pathname === "/api/sessions") return sessions(world, url, request, body, response);
  const [, , , id = "", ...rest] = url.pathname.split("/");
  const session = world.sessions.get(id);
  if (session === undefined)
    return problem(response, 404, "session_not_found", "There is no session with this id.");
  return oneSession(world, session, rest, url, request, body, response);
}

function control(world: World, url: URL, body: Record<string, unknown>, response: ServerResponse) {
  if (url.pathname === "/mock/reset") {
    world.reset((body.scenario as Scenario | undefined) ?? "full", body.pace as number | undefined);
  }
  if (url.pathname === "/mock/cut") {
    world.refuseSocketsUntil = Date.now() + ((body.ms as number | undefined) ?? 5_000);
    for (const session of world.sessions.values())
      for (const watcher of session.watchers) watcher({ type: "cut" } as never);
  }
  json(
    response,
    200,
    [...world.sessions.values()].map(({ session }) => ({ id: session.id, title: session.title })),
  );
}

function sessions(
  world: World,
  url: URL,
  request: IncomingMessage,
  body: Record<string, unknown>,
  response: ServerResponse,
) {
  if (request.method === "POST") return json(response, 201, world.create(body).session);
  const status = url.searchParams.get("status") ?? "open";
  const items = [...world.sessions.values()]
    .map(({ session }) => session)
    .filter((one) => one.status === status);
  const page: Page<Session> = {
    items: items.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt)),
    nextCursor: null,
  };
  json(response, 200, page);
}

function oneSession(
  world: World,
  session: MockSession,
  [what, id]: string[],
  url: URL,
  request: IncomingMessage,
  body: Record<string, unknown>,
  response: ServerResponse,
) {
  switch (what) {
    case undefined:
      if (request.method === "PATCH") session.publish({ type: "session.updated", ...body });
      if (request.method === "DELETE") {
        world.sessions.delete(session.session.id);
        return json(response, 204, null);
      }
      return json(response, 200, session.session);
    case "diff":
      return json(response, 200, session.diff);
    case "messages":
      return json(response, 200, earlier(session, url));
    case "archive":
      session.publish({ type: "session.archived", by: ada });
      return json(response, 200, session.session);
    case "hibernate":
      session.publish({ type: "sandbox.status", sandbox: { provider: "process", status: "hibernated" } });
      return json(response, 202, session.session);
    case "wake":
      session.publish({ type: "sandbox.status", sandbox: { provider: "process", status: "ready" } });
      return json(response, 202, session.session);
    case "prompts":
      if (id !== undefined) return json(response, 204, null);
      void runQueue(world, session);
      return json(response, 202, session.queue(String(body.text), "queue", ada));
    default:
      return problem(response, 404, "not_found", "There is nothing at this address.");
  }
}

function earlier(session: MockSession, url: URL): Page<TurnTranscript> {
  const before = Number(url.searchParams.get("cursor") ?? Number.POSITIVE_INFINITY);
  const limit = Number(url.searchParams.get("limit") ?? 20);
  const older = session.state.turns.filter(({ turn }) => turn.number < before).slice(-limit);
  const first = older[0]?.turn.number ?? 1;
  const items = older.toReversed().map(({ turn, messages, parts, errors }) => ({
    turn,
    messages: [...messages],
    parts: [...parts],
    errors: [...errors],
  }));
  return { items, nextCursor: first > 1 ? String(first) : null };
}

function events(world: World, response: ServerResponse) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": hello\n\n");
  const listener = (session: Session) =>
    response.write(`event: session\ndata: ${JSON.stringify(session)}\n\n`);
  world.listeners.add(listener);
  response.on("close", () => world.listeners.delete(listener));
}

function json(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === null ? undefined : JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, code: string, detail: string) {
  const body: Problem = {
    type: `/docs#${code}`,
    title: status === 404 ? "Not found" : "Not signed in",
    status,
    detail,
    code,
    requestId: "req_01jd4zq8y3f0k9v6t2m7n5c1xb",
  };
  response.writeHead(status, { "content-type": "application/problem+json", "x-request-id": body.requestId });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
