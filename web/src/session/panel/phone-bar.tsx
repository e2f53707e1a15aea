// On a phone: the bar at the bottom that changes between the conversation and the changes.
import { GitCompare, MessageSquare } from "lucide-react";
import type { ReactNode } from "react";
import { Counts } from "../../diff/counts";
import { cx } from "../../ui/cx";
import { useConversation } from "../use-session";

export function PhoneBar({ panelShown, onTogglePanel }: { panelShown: boolean; onTogglePanel(): void }) {
  const changes = useConversation((state) => state.changes);
  return (
    <nav
      aria-label="Views"
      className="flex h-[52px] shrink-0 border-t bg-sunken pb-[env(safe-area-inset-bottom)]"
    >
      <Tab
        current={!panelShown}
        onClick={() => panelShown && onTogglePanel()}
        icon={<MessageSquare size={17} />}
      >
        Conversation
      </Tab>
      <Tab
        current={panelShown}
        onClick={() => !panelShown && onTogglePanel()}
        icon={<GitCompare size={17} />}
      >
        Changes
        {changes !== null && changes.files.length > 0 && (
          <Counts added={changes.additions} removed={changes.deletions} />
        )}
      </Tab>
    </nav>
  );
}

interface TabProps {
  current: boolean;
  onClick(): void;
  icon: ReactNode;
  children: ReactNode;
}

function Tab({ current, onClick, icon, children }: TabProps) {
  return (
    <button
      type="button"
      aria-current={current ? "page" : undefined}
      onClick={onClick}
      className={cx(
        "flex flex-1 items-center justify-center gap-2 text-sm",
        current ? "font-medium text-ink" : "text-muted",
      )}
    >
      {icon}
      {children}
    </button>
  );
}
