// Which component draws which row. Drawn again only when the row itself became another.
import { memo } from "react";
import type { Row } from "../state/rows";
import { ErrorRow } from "./error-row";
import { PlanRow } from "./plan-row";
import { OutgoingRow, PromptRow } from "./prompt-row";
import { QuestionRow } from "./question-row";
import { StepRow } from "./step-row";
import { TextRow } from "./text-row";
import { TurnFooter } from "./turn-footer";
import { WaitingRow } from "./waiting-row";
import { WorkRow } from "./work-row";

export const RowView = memo(function RowView({ row }: { row: Row }) {
  switch (row.kind) {
    case "prompt":
      return <PromptRow turnId={row.turnId} promptId={row.promptId} />;
    case "outgoing":
      return <OutgoingRow requestId={row.requestId} />;
    case "text":
      return <TextRow turnId={row.turnId} partId={row.partId} />;
    case "plan":
      return <PlanRow turnId={row.turnId} partId={row.partId} />;
    case "work":
      return <WorkRow rowKey={row.key} turnId={row.turnId} partIds={row.partIds} />;
    case "step":
      return <StepRow rowKey={row.key} turnId={row.turnId} partId={row.partId} last={row.last} />;
    case "question":
      return <QuestionRow questionId={row.questionId} />;
    case "error":
      return <ErrorRow turnId={row.turnId} seq={row.seq} />;
    case "waiting":
      return <WaitingRow />;
    case "footer":
      return <TurnFooter turnId={row.turnId} />;
  }
});
