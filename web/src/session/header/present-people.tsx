// Who else looks at this session.
import { useSuspenseQuery } from "@tanstack/react-query";
import { signedIn } from "../../api/auth";
import { Avatar } from "../../ui/avatar";
import { Tooltip } from "../../ui/tooltip";
import type { Presence } from "../../wire/types";
import { useConversation } from "../use-session";

const SHOWN = 4;

export function PresentPeople() {
  const { data } = useSuspenseQuery(signedIn);
  const present = useConversation((state) => state.present);
  const others = present.filter(({ person }) => person.id !== data.user.id);
  if (others.length === 0) return null;
  return (
    <ul aria-label="Also here" className="hidden items-center -space-x-1.5 sm:flex">
      {others.slice(0, SHOWN).map(({ person, typing }) => (
        <li key={person.id}>
          <Tooltip label={says({ person, typing })}>
            <span className="block rounded-full ring-2 ring-canvas">
              <Avatar person={person} size={22} />
              <span className="sr-only">{says({ person, typing })}</span>
            </span>
          </Tooltip>
        </li>
      ))}
      {others.length > SHOWN && <li className="pl-3 text-muted text-xs">+{others.length - SHOWN}</li>}
    </ul>
  );
}

function says({ person, typing }: Presence): string {
  return typing ? `${person.name} is writing` : `${person.name} is here`;
}
