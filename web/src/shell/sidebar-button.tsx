// Brings the sidebar back; stands at the left of a page's header while the sidebar is hidden.
import { PanelLeft } from "lucide-react";
import { IconButton } from "../ui/button";
import { useShell } from "./shell-context";

export function SidebarButton() {
  const { sidebarShown, toggleSidebar } = useShell();
  if (sidebarShown) return null;
  return (
    <IconButton label="Show the sidebar" keys="[" className="-ml-1.5" onClick={toggleSidebar}>
      <PanelLeft size={16} />
    </IconButton>
  );
}
