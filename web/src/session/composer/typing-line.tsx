// Who else writes just now. Its line is always there, so that nothing moves when it fills.
import { useSuspenseQuery } from "@tanstack/react-query";
import { signedIn } from "../../api/auth";
import { useConversation } from "../use-session";

export function TypingLine() {
  const { data } = useSuspenseQuery(signedIn);
  const names = useConversation(({ present }) =>
    present
      .filter(({ typing, person }) => typing && person.id !== data.user.id)
      .map(({ person }) => person.name)
      .join(" and "),
  );
  return (
    <p role="status" className="h-5 px-1 text-muted text-xs">
      {names !== "" && `${names} ${names.includes(" and ") ? "are" : "is"} writing…`}
    </p>
  );
}
