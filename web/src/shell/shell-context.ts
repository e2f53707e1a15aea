// What pages may ask of the shell around them.
import { createContext, useContext } from "react";

export interface Shell {
  /** Whether the sidebar stands beside the page just now. */
  sidebarShown: boolean;
  /** Shows or hides it; on a phone it comes as a drawer. */
  toggleSidebar(): void;
  openPalette(): void;
  openKeys(): void;
}

export const ShellContext = createContext<Shell>({
  sidebarShown: true,
  toggleSidebar() {},
  openPalette() {},
  openKeys() {},
});

export function useShell(): Shell {
  return useContext(ShellContext);
}
