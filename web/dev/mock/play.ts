// Plays turns in real time: takes prompts from a session's queue and works through the script, with
// streamed thinking, tools, output, a plan, a diff and an answer.
import type { Part } from "../../src/wire/types.ts";
import { newId } from "./ids.ts";
import type { MockSession } from "./mock-session.ts";
import { answerText, diffOfTurn, planAt, steps, thinkingText } from "./script.ts";
import type { World } from "./world.ts";

const playing = new WeakSet<MockSession>();

export async function runQueue(world: World, session: MockSession): Promise<void> {
  if (playing.has(session)) return;
  playing.add(session);
  try {
    await boot(world, session);
    while (session.state.queue.length > 0) await runTurn(world, session);
  } finally {
    playing.delete(session);
  }
}

async function boot(world: World, session: MockSession): Promise<void> {
  if (session.state.session.sandbox.status === "ready") return;
  for (const step of ["Making the workspace", "Cloning the repository", "Starting the agent"]) {
    session.publish({ type: "sandbox.status", sandbox: { provider: "process", status: "booting", step } });
    await sleep(world.pace * 30);
  }
  session.publish({ type: "sandbox.status", sandbox: { provider: "process", status: "ready" } });
}

async function runTurn(world: World, session: MockSession): Promise<void> {
  const steer = session.state.queue.find(({ mode }) => mode === "steer");
  const prompt = steer ?? session.state.queue[0];
  if (prompt === undefined) return;
  session.aborted = false;
  const turn = startTurn(session, prompt.id, prompt.text);
  const began = Date.now();
  const play = new Player(world, session, turn.id, turn.messageId);

  await play.text("thinking", thinkingText);
  await play.text("text", "I'll look at how retries are done today, then change them.");
  await play.plan(0);
  for (const [index, step] of steps.entries()) {
    if (session.aborted) break;
    await play.tool(step);
    await play.plan(index + 1);
  }
  await play.text("text", answerText);
  session.diff = diffOfTurn();
  session.publish({ type: "git.changed", turnId: turn.id, changes: session.diff.changes });
  session.publish({
    type: "turn.completed",
    turnId: turn.id,
    stopReason: session.aborted ? "cancelled" : "end_turn",
    usage: {
      inputTokens: 2_840 + ((Date.now() - began) % 500),
      outputTokens: 1_212,
      cacheReadTokens: 8_400,
      cacheWriteTokens: 0,
      modelCalls: 6,
    },
    cost: session.state.session.model === "demo/scripted" ? 0 : 0.0431,
    completedAt: new Date().toISOString(),
  });
}

/** Opens a turn with its prompt's message; gives the ids to hang parts on. */
export function startTurn(
  session: MockSession,
  promptId: string,
  text: string,
  at = new Date().toISOString(),
) {
  const id = newId("trn");
  const userMessage = newId("msg");
  const messageId = newId("msg");
  const author = session.state.queue.find((prompt) => prompt.id === promptId)?.author ?? null;
  const number = (session.state.turns.at(-1)?.turn.number ?? 0) + 1;
  const { model } = session.state.session;
  session.publish(
    { type: "turn.started", turn: { id, number, promptId, model, startedAt: at, outcome: null } },
    at,
  );
  session.publish(
    {
      type: "message.created",
      message: { id: userMessage, turnId: id, role: "user", author, createdAt: at },
    },
    at,
  );
  session.publish(
    {
      type: "part.updated",
      part: { id: newId("prt"), messageId: userMessage, turnId: id, state: "done", type: "text", text },
    },
    at,
  );
  session.publish(
    {
      type: "message.created",
      message: { id: messageId, turnId: id, role: "assistant", author: null, createdAt: at },
    },
    at,
  );
  return { id, messageId };
}

class Player {
  private planId = newId("prt");

  constructor(
    private readonly world: World,
    private readonly session: MockSession,
    private readonly turnId: string,
    private readonly messageId: string,
  ) {}

  async text(type: "text" | "thinking", text: string): Promise<void> {
    if (this.session.aborted) return;
    const head = { id: newId("prt"), messageId: this.messageId, turnId: this.turnId };
    let part: Part = { ...head, state: "streaming", type, text: "" };
    this.session.publish({ type: "part.updated", part });
    for (const piece of text.match(/\s*\S{1,12}/g) ?? []) {
      if (this.session.aborted) break;
      part = this.session.stream(part, piece);
      await sleep(this.world.pace);
    }
    const state = this.session.aborted ? "interrupted" : "done";
    const said = this.session.aborted && part.type !== "plan" && part.type !== "toolCall" ? part.text : text;
    this.session.publish({ type: "part.updated", part: { ...head, state, type, text: said } });
  }

  async plan(done: number): Promise<void> {
    if (this.session.aborted) return;
    const part: Part = {
      id: this.planId,
      messageId: this.messageId,
      turnId: this.turnId,
      state: "streaming",
      type: "plan",
      entries: planAt(done),
    };
    this.session.publish({ type: "part.updated", part });
    await sleep(this.world.pace * 4);
  }

  async tool(step: (typeof steps)[number]): Promise<void> {
    const head = {
      id: newId("prt"),
      messageId: this.messageId,
      turnId: this.turnId,
      type: "toolCall",
    } as const;
    const startedAt = new Date().toISOString();
    const base = { ...head, ...step, startedAt, exitCode: null, completedAt: null, outputTruncated: false };
    let part: Part = { ...base, state: "streaming", status: "running", output: "", diffs: [] };
    this.session.publish({ type: "part.updated", part });
    if (step.kind === "execute" && this.session.state.session.permissions === "ask")
      await this.ask(part.id, step.title);
    for (const line of step.output.split(/(?<=\n)/)) {
      if (this.session.aborted) break;
      part = this.session.stream(part, line);
      await sleep(this.world.pace * 5);
    }
    await sleep(this.world.pace * 10);
    const completedAt = new Date().toISOString();
    this.session.publish({
      type: "part.updated",
      part: {
        ...base,
        state: this.session.aborted ? "interrupted" : "done",
        status: step.exitCode !== null && step.exitCode !== 0 ? "failed" : "completed",
        output: step.output,
        exitCode: step.exitCode,
        completedAt,
      },
    });
  }

  private async ask(partId: string, command: string): Promise<void> {
    this.session.publish({
      type: "question.asked",
      question: {
        id: newId("qst"),
        turnId: this.turnId,
        partId,
        title: `Run \`${command}\`?`,
        options: [
          { id: "once", label: "Allow once", kind: "allowOnce" },
          { id: "always", label: "Always allow", kind: "allowAlways" },
          { id: "reject", label: "Reject", kind: "rejectOnce" },
        ],
        askedAt: new Date().toISOString(),
      },
    });
    await new Promise<void>((resolve) => {
      this.session.answered = resolve;
    });
    this.session.answered = null;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
