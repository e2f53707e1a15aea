// What a new session is made with: the last choices of this browser, held against what the
// installation offers today.
import { useStored } from "../ui/stored";
import type { Capabilities, CreateSession, Permissions } from "../wire/types";

export interface Choices {
  repository: string;
  branch: string;
  model: string | null;
  agent: string | null;
  permissions: Permissions;
}

const none: Choices = { repository: "", branch: "", model: null, agent: null, permissions: "allow" };

export function useChoices(): [Choices, (patch: Partial<Choices>) => void] {
  const [stored, store] = useStored<Partial<Choices>>("choices", none);
  const choices = { ...none, ...stored };
  return [choices, (patch) => store({ ...choices, ...patch })];
}

/** The chosen model and agent where they still exist, else the installation's defaults. */
export function effective(choices: Choices, { models, agents }: Capabilities) {
  const model = models.find(({ id }) => id === choices.model) ?? models[0] ?? null;
  const usable = agents.filter(({ available }) => available);
  const agent = usable.find(({ id }) => id === choices.agent) ?? usable[0] ?? null;
  return { model, agent };
}

export function toCreateSession(
  choices: Choices,
  capabilities: Capabilities | undefined,
  prompt: string,
): CreateSession {
  const { model, agent } =
    capabilities === undefined ? { model: null, agent: null } : effective(choices, capabilities);
  const url = choices.repository.trim();
  const branch = choices.branch.trim();
  return {
    prompt,
    permissions: choices.permissions,
    ...(model === null ? {} : { model: model.id }),
    ...(agent === null ? {} : { agent: agent.id }),
    ...(url === "" ? {} : { repository: { url, ...(branch === "" ? {} : { branch }) } }),
  };
}

/** What is wrong with a repository's address, in words; null when nothing is. */
export function repositoryProblem(url: string): string | null {
  const text = url.trim();
  if (text === "") return null;
  let parsed: URL;
  try {
    parsed = new URL(text);
  } catch {
    return "Give a whole address, like https://github.com/owner/repository.";
  }
  if (parsed.protocol !== "https:") return "Only https addresses can be cloned.";
  if (parsed.username !== "" || parsed.password !== "")
    return "Leave the user name and password out of the address.";
  return null;
}
