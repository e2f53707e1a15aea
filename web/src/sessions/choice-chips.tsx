// The quiet chips of the new-session composer: repository and branch, model, agent, permissions.
import { Bot, Cpu, GitBranch, ShieldCheck, ShieldQuestion } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/button";
import { Chip } from "../ui/chip";
import { Menu, MenuChoices } from "../ui/menu";
import { Popover } from "../ui/popover";
import { Skeleton } from "../ui/skeleton";
import type { Capabilities } from "../wire/types";
import { type Choices, effective, repositoryProblem } from "./choices";
import { repositoryName } from "./status";

interface ChipsProps {
  choices: Choices;
  onChange(patch: Partial<Choices>): void;
  capabilities: Capabilities | undefined;
}

export function ChoiceChips({ choices, onChange, capabilities }: ChipsProps) {
  if (capabilities === undefined) return <Skeleton className="h-7 w-64" />;
  const { model, agent } = effective(choices, capabilities);
  return (
    <>
      <RepositoryChip choices={choices} onChange={onChange} />
      <Menu
        className="min-w-64"
        trigger={
          <Chip icon={<Cpu size={14} />} label="Model">
            {model?.name ?? "No model"}
          </Chip>
        }
      >
        <MenuChoices
          label="Model"
          value={model?.id ?? ""}
          onChange={(id) => onChange({ model: id })}
          choices={capabilities.models.map(({ id, name, providerName, demo }) => ({
            value: id,
            label: name,
            hint: demo ? "A fixed script that needs no key" : providerName,
          }))}
        />
      </Menu>
      <Menu
        className="min-w-64"
        trigger={
          <Chip icon={<Bot size={14} />} label="Agent">
            {agent?.name ?? "No agent"}
          </Chip>
        }
      >
        <MenuChoices
          label="Agent"
          value={agent?.id ?? ""}
          onChange={(id) => onChange({ agent: id })}
          choices={capabilities.agents.map(({ id, name, available, hint }) => ({
            value: id,
            label: name,
            hint: available ? null : (hint ?? "Not installed"),
            disabled: !available,
          }))}
        />
      </Menu>
      <Menu
        className="min-w-64"
        trigger={
          <Chip
            icon={choices.permissions === "ask" ? <ShieldQuestion size={14} /> : <ShieldCheck size={14} />}
            label="Permissions"
          >
            {choices.permissions === "ask" ? "Asks first" : "Acts freely"}
          </Chip>
        }
      >
        <MenuChoices
          label="Permissions"
          value={choices.permissions}
          onChange={(permissions) => onChange({ permissions })}
          choices={[
            { value: "allow", label: "Acts freely", hint: "Runs commands and changes files in its sandbox" },
            { value: "ask", label: "Asks first", hint: "Asks before each command and each change" },
          ]}
        />
      </Menu>
    </>
  );
}

function RepositoryChip({ choices, onChange }: Omit<ChipsProps, "capabilities">) {
  const [open, setOpen] = useState(false);
  const problem = repositoryProblem(choices.repository);
  const name = choices.repository.trim() === "" ? "No repository" : repositoryName(choices.repository.trim());
  return (
    <Popover
      label="Repository"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Chip
          icon={<GitBranch size={14} />}
          label="Repository"
          className={problem === null ? "" : "text-bad"}
        >
          {choices.branch.trim() === "" || choices.repository.trim() === ""
            ? name
            : `${name} · ${choices.branch.trim()}`}
        </Chip>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === null) setOpen(false);
        }}
      >
        <label className="flex flex-col gap-1 text-xs">
          <span className="font-medium">Repository</span>
          <input
            value={choices.repository}
            onChange={({ target }) => onChange({ repository: target.value })}
            placeholder="https://github.com/owner/repository"
            inputMode="url"
            spellCheck={false}
            aria-invalid={problem !== null}
            aria-describedby="repository-note"
            className={field}
          />
          <span id="repository-note" className={problem === null ? "text-muted" : "text-bad"}>
            {problem ?? "Leave it empty to start with an empty workspace."}
          </span>
        </label>
        <label className="flex flex-col gap-1 text-xs">
          <span className="font-medium">Branch</span>
          <input
            value={choices.branch}
            onChange={({ target }) => onChange({ branch: target.value })}
            placeholder="The repository's default"
            spellCheck={false}
            className={field}
          />
        </label>
        <div className="flex justify-end gap-2">
          <Button small look="ghost" onClick={() => onChange({ repository: "", branch: "" })}>
            Clear
          </Button>
          <Button small look="primary" type="submit" disabled={problem !== null}>
            Done
          </Button>
        </div>
      </form>
    </Popover>
  );
}

const field =
  "h-8 rounded-md border border-line-strong bg-canvas px-2.5 text-sm outline-none focus:border-accent focus:ring-1 focus:ring-accent";
