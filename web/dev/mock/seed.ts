// The sessions that the `full` scenario begins with: one in each state worth looking at, and a very long one.
import type { Part, Session } from "../../src/wire/types.ts";
import { newId } from "./ids.ts";
import type { MockSession } from "./mock-session.ts";
import { startTurn } from "./play.ts";
import { answerText, diffOfTurn, planAt, type Step, steps, thinkingText } from "./script.ts";
import { ada, grace, type World } from "./world.ts";

const MINUTE = 60_000;
const repository = { url: "https://github.com/relay-rs/relay-client", branch: "main" };
const ready = { provider: "process", status: "ready" } as const;

export function seed(world: World): void {
  finished(world);
  asking(world);
  troubled(world);
  failed(world);
  quiet(world);
  archived(world);
  long(world);
}

/** A turn that went well, with everything in it. */
function finished(world: World): void {
  const session = open(world, "Retry temporary failures with backoff", 12, { repository });
  const turn = begin(
    session,
    "Requests to the relay fail on the first timeout. Retry temporary failures with backoff, honour Retry-After, and add tests.",
    12,
  );
  say(session, turn, "thinking", thinkingText);
  say(session, turn, "text", "I'll look at how retries are done today, then change them.");
  put(session, turn, { type: "plan", entries: planAt(9) });
  for (const step of steps) use(session, turn, step, 11);
  say(session, turn, "text", answerText);
  session.diff = diffOfTurn();
  session.publish({ type: "git.changed", turnId: turn.id, changes: session.diff.changes }, ago(9));
  end(session, turn, 9, { cost: 0.0431 });
  session.others = [{ person: grace, typing: false }];
}

/** A turn that waits for an answer, with prompts behind it. */
function asking(world: World): void {
  const session = open(world, "Upgrade to axum 0.8 and fix what breaks", 3, {
    repository,
    permissions: "ask",
  });
  const turn = begin(session, "Upgrade axum to 0.8. Fix what breaks, keep the public API as it is.", 3);
  say(
    session,
    turn,
    "thinking",
    "Path parameters changed their syntax in 0.8. I need to see the routes first.",
  );
  for (const step of steps.slice(0, 2)) use(session, turn, step, 2);
  const asked = put(session, turn, {
    ...toolOf(steps[4] as Step, 1),
    title: "cargo update -p axum --precise 0.8.4",
    input: { command: "cargo update -p axum --precise 0.8.4" },
    status: "pending",
    output: "",
    exitCode: null,
    completedAt: null,
    state: "streaming",
  });
  session.publish(
    {
      type: "question.asked",
      question: {
        id: newId("qst"),
        turnId: turn.id,
        partId: asked,
        title: "Run `cargo update -p axum --precise 0.8.4`?",
        options: [
          { id: "once", label: "Allow once", kind: "allowOnce" },
          { id: "always", label: "Always allow cargo", kind: "allowAlways" },
          { id: "reject", label: "Reject", kind: "rejectOnce" },
        ],
        askedAt: ago(1),
      },
    },
    ago(1),
  );
  session.queue("Then run the benchmarks and compare them with main.", "queue", ada, ago(1));
  session.queue("Mention the upgrade in the changelog.", "queue", grace, ago(0.5));
  session.others = [{ person: grace, typing: true }];
}

/** A turn in which much went wrong. */
function troubled(world: World): void {
  const session = open(world, "Flaky test in the uploader", 95, {
    repository,
    model: "openai/gpt-5.1-codex",
  });
  const turn = begin(session, "uploader::resumes fails about once in ten runs. Find out why.", 95);
  use(session, turn, steps[0] as Step, 94);
  use(session, turn, steps[4] as Step, 93);
  session.publish(
    {
      type: "error",
      code: "model_call_interrupted",
      message: "The connection to the model was cut while it answered. The agent repeats the call.",
      severity: "warning",
      turnId: turn.id,
    },
    ago(92),
  );
  session.publish(
    {
      type: "error",
      code: "model_call_repeated",
      message: "The call was repeated and answered.",
      severity: "info",
      turnId: turn.id,
    },
    ago(91),
  );
  say(
    session,
    turn,
    "text",
    "The test waits 50 ms for the second chunk, which is not always enough on a busy",
  );
  session.publish(
    {
      type: "error",
      code: "model_rate_limited",
      message:
        "OpenAI answered 429: too many requests. Wait a minute and send the prompt again, or choose another model.",
      severity: "error",
      turnId: turn.id,
    },
    ago(90),
  );
  end(session, turn, 90, { stopReason: "error", cost: null });
}

function failed(world: World): void {
  const session = open(world, "Port the worker to the new queue", 300, {
    repository: { url: "https://github.com/relay-rs/worker" },
  });
  session.queue("Port the worker to the new queue library.", "queue", ada, ago(300));
  session.publish(
    {
      type: "sandbox.status",
      sandbox: {
        provider: "process",
        status: "failed",
        reason: "The repository could not be cloned: not found, or private. Check the address.",
      },
    },
    ago(299),
  );
}

function quiet(world: World): void {
  const names = [
    "Explain the lock order in the scheduler",
    "Dark mode for the status page",
    "Remove the legacy importer",
    "Why is the first request slow?",
  ];
  names.forEach((name, index) => {
    const minutes = 60 * 24 * (index + 1);
    const session = open(world, name, minutes, index % 2 === 0 ? { repository } : {});
    const turn = begin(session, name, minutes);
    say(session, turn, "text", "Done. The details are in the changes.");
    end(session, turn, minutes - 4, { cost: 0 });
    session.publish(
      { type: "sandbox.status", sandbox: { provider: "process", status: "hibernated" } },
      ago(minutes - 10),
    );
  });
}

function archived(world: World): void {
  const session = open(world, "An experiment with a new parser", 60 * 24 * 9, { repository });
  const turn = begin(session, "Try a hand-written parser.", 60 * 24 * 9);
  say(session, turn, "text", "It is twice as fast, and three times as long.");
  end(session, turn, 60 * 24 * 9 - 2, { cost: 0.12 });
  session.publish({ type: "session.archived", by: ada }, ago(60 * 24 * 8));
}

/** 10,000 parts in 100 turns, for the speed check; its view holds half of them. */
function long(world: World): void {
  const session = open(world, "Ten thousand steps", 60 * 24 * 6, { repository });
  session.viewTurns = 50;
  for (let number = 0; number < 100; number++) {
    const turn = begin(session, `Part ${number + 1} of the long way.`, 60 * 24 * 6);
    for (let index = 0; index < 24; index++) {
      say(
        session,
        turn,
        "text",
        `Step **${index + 1}**: I read \`src/file_${index}.rs\` and ${"considered it carefully ".repeat(1 + (index % 5))}before going on.`,
      );
      for (const step of steps.slice(0, 3)) use(session, turn, step, 60 * 24 * 6);
    }
    say(session, turn, "thinking", thinkingText);
    say(session, turn, "text", answerText);
    end(session, turn, 60 * 24 * 6, { cost: 0.01 });
  }
}

function open(world: World, title: string, minutes: number, patch: Partial<Session>): MockSession {
  const body = { title, ...(patch.repository == null ? {} : { repository: patch.repository }) };
  return world.create(body, { sandbox: ready, createdAt: ago(minutes), ...patch });
}

type TurnIds = ReturnType<typeof startTurn>;

function begin(session: MockSession, text: string, minutes: number): TurnIds {
  const prompt = session.queue(text, "queue", ada, ago(minutes));
  return startTurn(session, prompt.id, text, ago(minutes));
}

function say(session: MockSession, turn: TurnIds, type: "text" | "thinking", text: string): void {
  put(session, turn, { type, text });
}

function use(session: MockSession, turn: TurnIds, step: Step, minutes: number): void {
  put(session, turn, toolOf(step, minutes));
}

function toolOf(step: Step, minutes: number) {
  const status = step.exitCode !== null && step.exitCode !== 0 ? ("failed" as const) : ("completed" as const);
  return {
    ...step,
    type: "toolCall" as const,
    status,
    outputTruncated: false,
    startedAt: ago(minutes),
    completedAt: ago(minutes - (step.kind === "execute" ? 0.12 : 0.004)) as string | null,
  };
}

/** A part without its place in the conversation. */
type Loose<T> = T extends Part
  ? Omit<T, "id" | "messageId" | "turnId" | "state"> & { state?: Part["state"] }
  : never;

function put(
  session: MockSession,
  turn: TurnIds,
  loose: Loose<Part> | (ReturnType<typeof toolOf> & { state?: Part["state"] }) | object,
): string {
  const id = newId("prt");
  const part = { state: "done", ...loose, id, messageId: turn.messageId, turnId: turn.id } as Part;
  session.publish({ type: "part.updated", part });
  return id;
}

function end(
  session: MockSession,
  turn: TurnIds,
  minutes: number,
  how: { stopReason?: "error"; cost: number | null },
): void {
  const usage = {
    inputTokens: 3_120,
    outputTokens: 1_212,
    cacheReadTokens: 8_400,
    cacheWriteTokens: 0,
    modelCalls: 6,
  };
  session.publish(
    {
      type: "turn.completed",
      turnId: turn.id,
      stopReason: how.stopReason ?? "end_turn",
      usage,
      cost: how.cost,
      completedAt: ago(minutes),
    },
    ago(minutes),
  );
}

function ago(minutes: number): string {
  return new Date(Date.now() - minutes * MINUTE).toISOString();
}
