// The list of keys, opened with "?".
import { Dialog } from "../ui/dialog";
import { Keys } from "../ui/keys";

const groups: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["C", "New session"],
      ["Mod+K", "Search and commands"],
      ["Alt+ArrowDown", "Next session"],
      ["Alt+ArrowUp", "Previous session"],
      ["[", "Show or hide the sidebar"],
      ["?", "This list"],
    ],
  },
  {
    title: "In a session",
    keys: [
      ["/", "Write a prompt"],
      ["Enter", "Send"],
      ["Shift+Enter", "New line"],
      ["Esc", "Leave the text, so that single keys work"],
      ["Mod+Enter", "Send now: stop the agent and go next"],
      ["Esc Esc", "Stop the agent"],
      ["]", "Show or hide the changes"],
      ["End", "Jump to the newest"],
      ["1", "Answer a question (2, 3, …; with Alt while writing)"],
    ],
  },
];

export function KeysDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <div className="overflow-y-auto px-5 pb-5">
        {groups.map(({ title, keys }) => (
          <section key={title} className="mt-3">
            <h3 className="mb-1 text-muted text-xs">{title}</h3>
            <dl>
              {keys.map(([key, label]) => (
                <div key={key} className="flex min-h-8 items-center gap-4 border-b text-sm last:border-0">
                  <dt className="flex-1">{label}</dt>
                  <dd>
                    {key.split(" ").map((one, index) => (
                      <span key={`${one}${index === 0 ? "" : "-again"}`} className="ml-1">
                        <Keys keys={one} />
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
