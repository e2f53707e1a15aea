// A session's state as a small shape; colour only repeats what shape and word say.
import { Archive, Check, CircleDashed, MessageCircleQuestion, Moon, TriangleAlert } from "lucide-react";
import { Spinner } from "../ui/spinner";
import type { Mark } from "./status";

export function StatusMark({ mark, size = 14 }: { mark: Mark; size?: number }) {
  switch (mark) {
    case "waiting":
      return <MessageCircleQuestion size={size} className="shrink-0 text-warn" />;
    case "failed":
      return <TriangleAlert size={size} className="shrink-0 text-bad" />;
    case "working":
      return <Spinner size={size} />;
    case "queued":
      return <CircleDashed size={size} className="shrink-0 animate-breathe text-accent" />;
    case "idle":
      return <Check size={size} className="shrink-0 text-muted" />;
    case "asleep":
      return <Moon size={size} className="shrink-0 text-muted" />;
    case "archived":
      return <Archive size={size} className="shrink-0 text-muted" />;
  }
}
