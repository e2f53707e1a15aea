// What sending does while the agent works, said in words.
import { CornerDownRight, ListPlus } from "lucide-react";
import { Chip } from "../../ui/chip";
import { Menu, MenuChoices } from "../../ui/menu";
import type { PromptMode } from "../../wire/types";

export function ModeChip({ mode, onChange }: { mode: PromptMode; onChange(mode: PromptMode): void }) {
  return (
    <Menu
      side="top"
      className="w-72"
      trigger={
        <Chip
          icon={mode === "queue" ? <ListPlus size={14} /> : <CornerDownRight size={14} />}
          label="Sending"
        >
          {mode === "queue" ? "After this turn" : "Right now"}
        </Chip>
      }
    >
      <MenuChoices
        label="What sending does while the agent works"
        value={mode}
        onChange={onChange}
        choices={[
          {
            value: "queue",
            label: "After this turn",
            hint: "Queue: waits until the agent is done, then goes next.",
            icon: <ListPlus size={15} />,
          },
          {
            value: "steer",
            label: "Right now",
            hint: "Steer: stops what the agent does and goes next. Ctrl or ⌘ with Enter does it once.",
            icon: <CornerDownRight size={15} />,
          },
        ]}
      />
    </Menu>
  );
}
