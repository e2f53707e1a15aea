// What the agent says, as it comes.
import { Markdown } from "../../markdown/markdown";
import { usePart } from "../parts";

export function TextRow({ turnId, partId }: { turnId: string; partId: string }) {
  const part = usePart(turnId, partId);
  if (part?.type !== "text") return null;
  return (
    <div className="py-2">
      <Markdown text={part.text} streaming={part.state === "streaming"} />
      {part.state === "interrupted" && <p className="mt-1 text-muted text-xs">Cut off here.</p>}
    </div>
  );
}
