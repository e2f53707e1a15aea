// The frame around every page once somebody is signed in: sidebar or drawer, palette, keys, the live
// session list.
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useSessionFeed } from "../api/session-feed";
import { groupSessions } from "../sessions/status";
import { useSessions } from "../sessions/use-sessions";
import { Drawer } from "../ui/dialog";
import { usePhone } from "../ui/media";
import { useStored } from "../ui/stored";
import { KeysDialog } from "./keys-dialog";
import { ShellContext } from "./shell-context";
import { useShortcuts } from "./shortcuts";
import { Sidebar } from "./sidebar";

const Palette = lazy(() => import("./palette"));

export function Shell() {
  useSessionFeed();
  const phone = usePhone();
  const [wide, setWide] = useStored("sidebar", true);
  const [drawer, setDrawer] = useState(false);
  const [palette, setPalette] = useState(false);
  const [keys, setKeys] = useState(false);
  const navigate = useNavigate();
  const step = useStepThroughSessions();

  const shell = useMemo(
    () => ({
      sidebarShown: !phone && wide,
      toggleSidebar: () => (phone ? setDrawer((open) => !open) : setWide(!wide)),
      openPalette: () => {
        setDrawer(false);
        setPalette(true);
      },
      openKeys: () => setKeys(true),
    }),
    [phone, wide, setWide],
  );

  useShortcuts([
    { keys: "C", label: "New session", run: () => void navigate({ to: "/" }) },
    { keys: "Mod+K", label: "Search and commands", run: () => setPalette(true) },
    { keys: "?", label: "Keyboard shortcuts", run: () => setKeys(true) },
    { keys: "[", label: "Sidebar", run: shell.toggleSidebar },
    { keys: "Alt+ArrowDown", label: "Next session", run: () => step(1) },
    { keys: "Alt+ArrowUp", label: "Previous session", run: () => step(-1) },
  ]);

  return (
    <ShellContext value={shell}>
      <div className="flex h-full">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-primary px-3 py-2 text-on-primary text-sm focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
        >
          Skip to the page
        </a>
        {shell.sidebarShown && (
          <aside aria-label="Sidebar" className="w-[260px] shrink-0 border-r bg-sunken">
            <Sidebar />
          </aside>
        )}
        <main id="main" tabIndex={-1} className="relative min-w-0 flex-1 outline-none">
          <Outlet />
        </main>
      </div>
      {phone && (
        <Drawer open={drawer} onOpenChange={setDrawer} title="Sidebar">
          <Sidebar onLeave={() => setDrawer(false)} />
        </Drawer>
      )}
      {palette && (
        <Suspense>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      )}
      <KeysDialog open={keys} onOpenChange={setKeys} />
    </ShellContext>
  );
}

/** Goes through the sessions in the order in which the sidebar lists them. */
function useStepThroughSessions(): (by: 1 | -1) => void {
  const { sessions } = useSessions();
  const { sessionId } = useParams({ strict: false });
  const navigate = useNavigate();
  return (by) => {
    const { needsYou, working, recent } = groupSessions(sessions ?? []);
    const order = [...needsYou, ...working, ...recent];
    const at = order.findIndex(({ id }) => id === sessionId);
    const next = order[at === -1 && by === -1 ? 0 : at + by];
    if (next !== undefined) void navigate({ to: "/sessions/$sessionId", params: { sessionId: next.id } });
  };
}
