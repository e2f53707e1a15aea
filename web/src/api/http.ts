// The one way to the server's HTTP paths: same origin, JSON, and every failure as an `ApiError` that
// carries the server's own words and request id.
import type { Problem } from "../wire/types";

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
  }
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  /** For POSTs that create: the same key gives the first answer again. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (!response.ok) throw new ApiError(await problemOf(response));
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Any failure in the shape of the server's own. */
export function asProblem(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: "about:blank", title: "Something went wrong", status: 0, detail, code: "client_error" };
}

async function send(path: string, { method = "GET", body, idempotencyKey, signal }: RequestOptions) {
  const headers = new Headers({ accept: "application/json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({
      type: "about:blank",
      title: "The server cannot be reached",
      status: 0,
      detail: "The server did not answer. Check that it runs and that you are online, then try again.",
      code: "unreachable",
    });
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get("x-request-id");
  try {
    const problem = (await response.json()) as Problem;
    if (typeof problem.detail === "string") return requestId === null ? problem : { requestId, ...problem };
  } catch {
    // Not JSON: something between us and the server answered.
  }
  return {
    type: "about:blank",
    title: response.statusText || "The server could not answer",
    status: response.status,
    detail: `The server answered with status ${response.status}. Try again in a moment.`,
    code: "http_error",
    ...(requestId === null ? {} : { requestId }),
  };
}
