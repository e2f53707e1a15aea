// The sidebar: a new session, search, the sessions, the person.
import { Link } from "@tanstack/react-router";
import { PanelLeft, Plus, Search } from "lucide-react";
import { SessionGroups } from "../sessions/session-groups";
import { IconButton } from "../ui/button";
import { Keys } from "../ui/keys";
import { Logo } from "./logo";
import { PersonMenu } from "./person-menu";
import { useShell } from "./shell-context";

export function Sidebar({ onLeave }: { onLeave?: () => void }) {
  const { toggleSidebar, openPalette } = useShell();
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex h-12 shrink-0 items-center gap-2 pr-2 pl-4">
        <Link
          to="/"
          className="flex min-w-0 flex-1 items-center gap-2 font-semibold text-sm"
          onClick={onLeave}
        >
          <Logo />
          Roundhouse
        </Link>
        <IconButton label="Hide the sidebar" keys="[" onClick={toggleSidebar}>
          <PanelLeft size={16} />
        </IconButton>
      </div>
      <div className="flex shrink-0 flex-col gap-px px-2 pb-4">
        <Link
          to="/"
          onClick={onLeave}
          className="flex h-8 items-center gap-2 rounded-md px-2 text-sm outline-offset-[-2px] hover:bg-hover"
          activeOptions={{ exact: true }}
          activeProps={{ className: "bg-selected hover:bg-selected" }}
        >
          <Plus size={15} className="text-muted" />
          <span className="flex-1">New session</span>
          <Keys keys="C" />
        </Link>
        <button
          type="button"
          onClick={openPalette}
          className="flex h-8 items-center gap-2 rounded-md px-2 text-left text-sm outline-offset-[-2px] hover:bg-hover"
        >
          <Search size={15} className="text-muted" />
          <span className="flex-1">Search and commands</span>
          <Keys keys="Mod+K" />
        </button>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <SessionGroups onOpen={onLeave} />
      </div>
      <div className="shrink-0 border-t p-2">
        <PersonMenu />
      </div>
    </div>
  );
}
