// Building blocks for tests and for the development mock: small valid wire values, and a view of an
// empty session to apply events to.
import type {
  Event,
  Message,
  Part,
  Person,
  Prompt,
  Session,
  SessionView,
  ToolCall,
  Turn,
} from "../../wire/types";

export const ada: Person = { id: "usr_ada", name: "Ada Lovelace" };
export const at = "2026-11-20T12:00:00.000Z";

export function session(patch: Partial<Session> = {}): Session {
  return {
    id: "ses_1",
    title: "A session",
    status: "open",
    activity: "idle",
    model: "demo/scripted",
    agent: "opencode",
    permissions: "allow",
    sandbox: { provider: "process", status: "ready" },
    repository: null,
    lastStopReason: null,
    lastSeq: 0,
    createdAt: at,
    updatedAt: at,
    createdBy: ada,
    ...patch,
  };
}

export function view(patch: Partial<SessionView> = {}): SessionView {
  return {
    session: session(),
    turns: [],
    messages: [],
    parts: [],
    errors: [],
    earlier: null,
    queue: [],
    questions: [],
    changes: null,
    seq: 0,
    present: [],
    ...patch,
  };
}

export function prompt(id: string, patch: Partial<Prompt> = {}): Prompt {
  return {
    id,
    text: `Prompt ${id}`,
    mode: "queue",
    status: "queued",
    origin: "web",
    author: ada,
    createdAt: at,
    ...patch,
  };
}

export function turn(number: number, patch: Partial<Turn> = {}): Turn {
  return {
    id: `trn_${number}`,
    number,
    promptId: `prm_${number}`,
    model: "demo/scripted",
    startedAt: at,
    outcome: null,
    ...patch,
  };
}

export function message(id: string, turnId: string, role: Message["role"] = "assistant"): Message {
  return { id, turnId, role, author: role === "user" ? ada : null, createdAt: at };
}

export function textPart(id: string, text: string, patch: Partial<Part> = {}): Part {
  return {
    id,
    messageId: "msg_1",
    turnId: "trn_1",
    state: "streaming",
    type: "text",
    text,
    ...patch,
  } as Part;
}

export function toolPart(id: string, patch: Partial<Part & ToolCall> = {}): Part {
  return {
    id,
    messageId: "msg_1",
    turnId: "trn_1",
    state: "streaming",
    type: "toolCall",
    name: "bash",
    title: "cargo test",
    kind: "execute",
    status: "running",
    input: { command: "cargo test" },
    output: "",
    outputTruncated: false,
    exitCode: null,
    diffs: [],
    locations: [],
    startedAt: at,
    completedAt: null,
    ...patch,
  } as Part;
}

type Body<T> = T extends Event ? Omit<T, "seq" | "at"> : never;

/** Numbers event bodies from `first` on. */
export function events(first: number, bodies: readonly Body<Event>[]): Event[] {
  return bodies.map((body, index) => ({ seq: first + index, at, ...body }) as Event);
}
