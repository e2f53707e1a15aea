// Commands that the server has not answered yet. Prompts among them survive a reload: they are kept in
// the browser's storage and sent again with the same request id, which the server takes only once.
import { readStored, writeStored } from "../ui/stored";
import type { ClientCommand, Problem, PromptId, PromptMode } from "../wire/types";

export interface OutgoingPrompt {
  readonly requestId: string;
  readonly text: string;
  readonly mode: PromptMode;
  /** `accepted` until its event arrives, which takes its place. */
  readonly phase: "sending" | "accepted" | "refused";
  readonly promptId: PromptId | null;
  readonly problem: Problem | null;
}

export type Command = Extract<ClientCommand, { requestId: string }>;

export class Outbox {
  private readonly commands = new Map<string, Command>();
  private prompts: readonly OutgoingPrompt[];

  constructor(private readonly storageKey: string) {
    const kept = readStored<OutgoingPrompt[]>(storageKey, []);
    this.prompts = kept.filter(({ phase }) => phase !== "accepted");
    for (const prompt of this.prompts) if (prompt.phase === "sending") this.enqueue(prompt);
  }

  /** In the order in which they were given. */
  unanswered(): readonly Command[] {
    return [...this.commands.values()];
  }

  outgoing(): readonly OutgoingPrompt[] {
    return this.prompts;
  }

  add(command: Command): void {
    this.commands.set(command.requestId, command);
    if (command.type !== "prompt") return;
    const { requestId, text, mode = "queue" } = command;
    this.keep([...this.prompts, { requestId, text, mode, phase: "sending", promptId: null, problem: null }]);
  }

  /** Takes the command that was answered out; a refused prompt stays to be read and tried again. */
  answered(requestId: string, promptId: PromptId | null, problem: Problem | null): Command | undefined {
    const command = this.commands.get(requestId);
    this.commands.delete(requestId);
    const phase = problem === null ? "accepted" : "refused";
    this.keep(
      this.prompts.map((prompt) =>
        prompt.requestId === requestId ? { ...prompt, phase, promptId, problem } : prompt,
      ),
    );
    return command;
  }

  /** Forgets accepted prompts that the conversation shows by now. */
  forgetKnown(isKnown: (id: PromptId) => boolean): void {
    const rest = this.prompts.filter(
      ({ phase, promptId }) => !(phase === "accepted" && promptId !== null && isKnown(promptId)),
    );
    if (rest.length !== this.prompts.length) this.keep(rest);
  }

  retry(requestId: string): Command | undefined {
    const prompt = this.prompts.find((prompt) => prompt.requestId === requestId);
    if (prompt === undefined) return undefined;
    this.keep(
      this.prompts.map((one) => (one === prompt ? { ...one, phase: "sending", problem: null } : one)),
    );
    this.enqueue(prompt);
    return this.commands.get(requestId);
  }

  discard(requestId: string): OutgoingPrompt | undefined {
    const prompt = this.prompts.find((prompt) => prompt.requestId === requestId);
    this.commands.delete(requestId);
    this.keep(this.prompts.filter((one) => one !== prompt));
    return prompt;
  }

  private enqueue({ requestId, text, mode }: OutgoingPrompt): void {
    this.commands.set(requestId, { type: "prompt", requestId, text, mode });
  }

  private keep(prompts: readonly OutgoingPrompt[]): void {
    this.prompts = prompts;
    writeStored(this.storageKey, prompts.length === 0 ? null : prompts);
  }
}
