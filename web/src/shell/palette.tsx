// Search and commands: sessions by title or repository, and what can be done from anywhere.
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Archive, Keyboard, Monitor, Moon, PanelLeft, Plus, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { markOf, repositoryName, statusLine } from "../sessions/status";
import { StatusMark } from "../sessions/status-mark";
import { useSessions } from "../sessions/use-sessions";
import { Dialog } from "../ui/dialog";
import { Keys } from "../ui/keys";
import { useShell } from "./shell-context";
import { setTheme } from "./theme";

export default function Palette({ onClose }: { onClose(): void }) {
  const { sessions } = useSessions();
  const shell = useShell();
  const navigate = useNavigate();
  const then = (run: () => void) => () => {
    onClose();
    run();
  };

  return (
    <Dialog open onOpenChange={onClose} title="Search and commands" bare className="max-w-xl">
      <Command label="Search and commands" loop className="flex min-h-0 flex-col">
        <Command.Input
          autoFocus
          placeholder="Search sessions, or type a command"
          className="h-12 shrink-0 border-b bg-transparent px-4 text-base outline-none"
        />
        <Command.List className="min-h-0 flex-1 scroll-py-2 overflow-y-auto p-2">
          <Command.Empty className="px-3 py-8 text-center text-muted text-sm">
            Nothing is called that.
          </Command.Empty>
          <Group heading="Commands">
            <Item icon={<Plus size={15} />} keys="C" onSelect={then(() => void navigate({ to: "/" }))}>
              New session
            </Item>
            <Item icon={<Archive size={15} />} onSelect={then(() => void navigate({ to: "/archive" }))}>
              Archived sessions
            </Item>
            <Item icon={<PanelLeft size={15} />} keys="[" onSelect={then(shell.toggleSidebar)}>
              Show or hide the sidebar
            </Item>
            <Item icon={<Sun size={15} />} onSelect={then(() => setTheme("light"))}>
              Theme: light
            </Item>
            <Item icon={<Moon size={15} />} onSelect={then(() => setTheme("dark"))}>
              Theme: dark
            </Item>
            <Item icon={<Monitor size={15} />} onSelect={then(() => setTheme("system"))}>
              Theme: as the system
            </Item>
            <Item icon={<Keyboard size={15} />} keys="?" onSelect={then(shell.openKeys)}>
              Keyboard shortcuts
            </Item>
          </Group>
          {sessions !== null && sessions.length > 0 && (
            <Group heading="Sessions">
              {sessions.map((session) => (
                <Item
                  key={session.id}
                  value={`${session.title} ${session.repository?.url ?? ""} ${session.id}`}
                  icon={<StatusMark mark={markOf(session)} />}
                  note={
                    session.repository === null ? statusLine(session) : repositoryName(session.repository.url)
                  }
                  onSelect={then(
                    () => void navigate({ to: "/sessions/$sessionId", params: { sessionId: session.id } }),
                  )}
                >
                  {session.title}
                </Item>
              ))}
            </Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProps {
  icon: ReactNode;
  keys?: string;
  note?: string;
  value?: string;
  onSelect(): void;
  children: ReactNode;
}

function Item({ icon, keys, note, value, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      {...(value === undefined ? {} : { value })}
      onSelect={onSelect}
      className="flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2 text-sm data-[selected=true]:bg-hover"
    >
      <span className="shrink-0 text-muted">{icon}</span>
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {note !== undefined && <span className="max-w-[45%] truncate text-muted text-xs">{note}</span>}
      {keys !== undefined && <Keys keys={keys} />}
    </Command.Item>
  );
}
