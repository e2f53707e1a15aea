// The person at the foot of the sidebar: theme, keys, archive, sign-out.
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Archive, ChevronsUpDown, Keyboard, LogOut } from "lucide-react";
import { signedIn, signOut } from "../api/auth";
import { asProblem } from "../api/http";
import { Avatar } from "../ui/avatar";
import { Menu, MenuChoices, MenuItem, MenuLine } from "../ui/menu";
import { toast } from "../ui/toast";
import { useShell } from "./shell-context";
import { useTheme } from "./theme";

const themes = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

export function PersonMenu() {
  const { data } = useSuspenseQuery(signedIn);
  const [theme, setTheme] = useTheme();
  const { openKeys } = useShell();
  const navigate = useNavigate();
  const client = useQueryClient();

  const leave = async () => {
    try {
      await signOut();
      client.clear();
      await navigate({ to: "/sign-in" });
    } catch (error) {
      toast(asProblem(error).detail, true);
    }
  };

  return (
    <Menu
      side="top"
      className="w-56"
      trigger={
        <button
          type="button"
          className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left text-sm outline-offset-[-2px] hover:bg-hover"
        >
          <Avatar person={data.user} size={22} />
          <span className="min-w-0 flex-1 truncate">{data.user.name}</span>
          <ChevronsUpDown size={14} className="text-muted" />
        </button>
      }
    >
      <MenuChoices label="Theme" value={theme} onChange={setTheme} choices={themes} />
      <MenuLine />
      <MenuItem icon={<Archive size={15} />} onSelect={() => void navigate({ to: "/archive" })}>
        Archived sessions
      </MenuItem>
      <MenuItem icon={<Keyboard size={15} />} onSelect={openKeys}>
        Keyboard shortcuts
      </MenuItem>
      <MenuItem icon={<LogOut size={15} />} onSelect={() => void leave()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
