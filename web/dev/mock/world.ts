// Everything that the mock knows: who is signed in, what the installation can do, its sessions.
import type { Capabilities, CreateSession, Person, Session } from "../../src/wire/types.ts";
import { newId } from "./ids.ts";
import { MockSession } from "./mock-session.ts";
import { runQueue } from "./play.ts";
import { seed } from "./seed.ts";

/** `full` has sessions in every state, `empty` none, `signed-out` nobody. */
export type Scenario = "full" | "empty" | "signed-out";

export const ada: Person = { id: "usr_ada", name: "Ada Lovelace" };
export const grace: Person = { id: "usr_grace", name: "Grace Hopper" };

export class World {
  scenario: Scenario;
  sessions = new Map<string, MockSession>();
  readonly listeners = new Set<(session: Session) => void>();
  /** Milliseconds between two pieces of streamed text. */
  pace = 30;
  refuseSocketsUntil = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.reset(scenario);
  }

  reset(scenario: Scenario, pace = 30): void {
    for (const session of this.sessions.values()) session.aborted = true;
    this.scenario = scenario;
    this.pace = pace;
    this.refuseSocketsUntil = 0;
    this.sessions = new Map();
    if (scenario === "full") seed(this);
  }

  capabilities(): Capabilities {
    const demo = { id: "demo/scripted", name: "Scripted demo", providerName: "Built in", demo: true };
    const real = [
      {
        id: "anthropic/claude-sonnet-4-5",
        name: "Claude Sonnet 4.5",
        providerName: "Anthropic",
        demo: false,
      },
      { id: "openai/gpt-5.1-codex", name: "GPT-5.1 Codex", providerName: "OpenAI", demo: false },
      { id: "google/gemini-3-pro", name: "Gemini 3 Pro", providerName: "Google", demo: false },
    ];
    return {
      version: "0.1.0",
      sandbox: {
        provider: "process",
        isolated: this.scenario === "full",
        warning:
          this.scenario === "full"
            ? null
            : "bubblewrap is not installed, so the agent can read and change what the server can. Install bubblewrap and restart.",
      },
      agents: [
        { id: "opencode", name: "OpenCode", available: true, hint: null },
        { id: "claude", name: "Claude Code", available: false, hint: "npm install -g claude-agent-acp" },
      ],
      models: this.scenario === "full" ? [...real, demo] : [demo],
      limits: { promptBytes: 65_536, queueLength: 32 },
    };
  }

  create(body: CreateSession, patch: Partial<Session> = {}): MockSession {
    const now = patch.createdAt ?? new Date().toISOString();
    const session: Session = {
      id: newId("ses"),
      title: body.title ?? (body.prompt ?? "Untitled").slice(0, 80),
      status: "open",
      activity: "idle",
      model: body.model ?? this.capabilities().models[0]?.id ?? "demo/scripted",
      agent: body.agent ?? "opencode",
      permissions: body.permissions ?? "allow",
      sandbox: { provider: "process", status: "none" },
      repository: body.repository ?? null,
      lastStopReason: null,
      lastSeq: 0,
      createdAt: now,
      updatedAt: now,
      createdBy: ada,
      ...patch,
    };
    const made = new MockSession(session, (changed) => {
      for (const listener of this.listeners) listener(changed);
    });
    this.sessions.set(session.id, made);
    made.publish(
      {
        type: "session.created",
        title: session.title,
        agent: session.agent,
        model: session.model,
        permissions: session.permissions,
        repository: session.repository,
        createdBy: ada,
      },
      now,
    );
    if (body.prompt !== undefined) {
      made.queue(body.prompt, "queue", ada);
      void runQueue(this, made);
    }
    return made;
  }
}
