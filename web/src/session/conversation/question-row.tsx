// A question of the agent with its answers; afterwards what was answered, and by whom.
import { CircleCheck, CircleX, MessageCircleQuestion } from "lucide-react";
import { useRef } from "react";
import { Button } from "../../ui/button";
import { InlineCode } from "../../ui/inline-code";
import { Keys } from "../../ui/keys";
import { Spinner } from "../../ui/spinner";
import type { OptionKind, Question } from "../../wire/types";
import type { SettledQuestion } from "../state/conversation";
import { useConversation, useSessionStore, useSnapshot } from "../use-session";
import { useReportSight } from "./questions-in-sight";

export function QuestionRow({ questionId }: { questionId: string }) {
  const question = useConversation(({ questions }) => questions.find(({ id }) => id === questionId));
  const settled = useConversation((state) => state.settled.find((one) => one.question.id === questionId));
  if (question !== undefined) return <OpenQuestion question={question} />;
  return settled === undefined ? null : <Settled settled={settled} />;
}

function OpenQuestion({ question }: { question: Question }) {
  const card = useRef<HTMLElement>(null);
  useReportSight(question.id, card);
  return (
    <section
      ref={card}
      aria-label="Question of the agent"
      className="my-2 rounded-xl border border-warn/50 bg-warn-soft p-4"
    >
      <div className="flex items-start gap-2.5">
        <MessageCircleQuestion size={17} className="mt-0.5 shrink-0 text-warn" />
        <h3 className="min-w-0 flex-1 font-medium [overflow-wrap:anywhere]">
          <InlineCode text={question.title} />
        </h3>
      </div>
      <Answers question={question} />
    </section>
  );
}

export function Answers({ question }: { question: Question }) {
  const store = useSessionStore();
  const chosen = useSnapshot(({ answering }) => answering[question.id]);
  const main = question.options.findIndex(({ kind }) => kind === "allowOnce");
  return (
    <div className="mt-3 flex flex-wrap gap-2">
      {question.options.map((option, index) => (
        <Button
          key={option.id}
          look={index === main ? "primary" : "plain"}
          disabled={chosen !== undefined}
          onClick={() => store.answer(question.id, option.id)}
        >
          {chosen === option.id && <Spinner size={12} />}
          {option.label}
          {index < 9 && <Keys keys={String(index + 1)} />}
        </Button>
      ))}
    </div>
  );
}

function Settled({ settled: { question, answer } }: { settled: SettledQuestion }) {
  const rejected = answer !== null && isRejection(answer.kind);
  const Icon = answer === null || rejected ? CircleX : CircleCheck;
  return (
    <p className="flex items-start gap-2 py-1.5 text-muted text-sm">
      <Icon size={15} className="mt-[3px] shrink-0" />
      <span className="min-w-0 [overflow-wrap:anywhere]">
        <InlineCode text={question.title} />{" "}
        {answer === null ? "Nobody answered in time." : `${answer.by.name}: ${answer.label}`}
      </span>
    </p>
  );
}

function isRejection(kind: OptionKind | null): boolean {
  return kind === "rejectOnce" || kind === "rejectAlways";
}
