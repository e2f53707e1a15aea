// The head of a session: its title, where it works, its sandbox, who is here, and what can be done to it.
import { GitBranch, PanelRight } from "lucide-react";
import { Counts } from "../../diff/counts";
import { repositoryName } from "../../sessions/status";
import { SidebarButton } from "../../shell/sidebar-button";
import { Button } from "../../ui/button";
import { usePhone } from "../../ui/media";
import { Tooltip } from "../../ui/tooltip";
import { useConversation } from "../use-session";
import { PresentPeople } from "./present-people";
import { SandboxStatus } from "./sandbox-status";
import { SessionMenu } from "./session-menu";
import { TitleField } from "./title-field";

export function SessionHeader({ panelShown, onTogglePanel }: { panelShown: boolean; onTogglePanel(): void }) {
  const repository = useConversation(({ session }) => session.repository);
  const changes = useConversation((state) => state.changes);
  const phone = usePhone();
  const changed = changes !== null && changes.files.length > 0;
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b px-4">
      <SidebarButton />
      <div className="flex min-w-0 flex-1 items-center gap-2">
        <TitleField />
        {repository !== null && (
          <span className="hidden min-w-0 shrink-[2] items-center gap-1.5 text-muted text-xs lg:flex">
            <GitBranch size={13} className="shrink-0" />
            <a
              href={repository.url}
              target="_blank"
              rel="noreferrer noopener"
              className="truncate hover:text-ink hover:underline"
            >
              {repositoryName(repository.url)}
            </a>
            {repository.branch !== undefined && (
              <span className="max-w-32 truncate">{repository.branch}</span>
            )}
          </span>
        )}
      </div>
      <PresentPeople />
      <SandboxStatus />
      {!phone && (
        <Tooltip label={panelShown ? "Hide the changes" : "Show the changes"} keys="]">
          <Button
            look="ghost"
            small
            aria-pressed={panelShown}
            onClick={onTogglePanel}
            className="aria-pressed:bg-selected aria-pressed:text-ink"
          >
            <PanelRight size={14} />
            Changes
            {changed && <Counts added={changes.additions} removed={changes.deletions} />}
          </Button>
        </Tooltip>
      )}
      <SessionMenu />
    </header>
  );
}
