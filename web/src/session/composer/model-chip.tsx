// The model of the next turn.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Cpu } from "lucide-react";
import { capabilities } from "../../api/capabilities";
import { asProblem } from "../../api/http";
import { updateSession } from "../../api/sessions";
import { Chip } from "../../ui/chip";
import { Menu, MenuChoices } from "../../ui/menu";
import { toast } from "../../ui/toast";
import { useConversation } from "../use-session";

export function ModelChip() {
  const { data } = useQuery(capabilities);
  const id = useConversation(({ session }) => session.id);
  const current = useConversation(({ session }) => session.model);
  const change = useMutation({
    mutationFn: (model: string) => updateSession(id, { model }),
    onError: (error) => toast(asProblem(error).detail, true),
  });
  const shown = change.isPending ? change.variables : current;
  const models = data?.models ?? [];
  return (
    <Menu
      side="top"
      className="min-w-64"
      trigger={
        <Chip icon={<Cpu size={14} />} label="Model of the next turn">
          {models.find((model) => model.id === shown)?.name ?? shown}
        </Chip>
      }
    >
      <MenuChoices
        label="Model of the next turn"
        value={shown}
        onChange={(model) => change.mutate(model)}
        choices={models.map(({ id: value, name, providerName, demo }) => ({
          value,
          label: name,
          hint: demo ? "A fixed script that needs no key" : providerName,
        }))}
      />
    </Menu>
  );
}
