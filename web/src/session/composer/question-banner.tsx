// Stays until every question is answered: the oldest one, with its answers on keys 1 to 9.
import { MessageCircleQuestion } from "lucide-react";
import { useShortcuts } from "../../shell/shortcuts";
import { InlineCode } from "../../ui/inline-code";
import { Answers } from "../conversation/question-row";
import { useInSight } from "../conversation/questions-in-sight";
import { useConversation, useSessionStore } from "../use-session";

const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function QuestionBanner() {
  const store = useSessionStore();
  const questions = useConversation((state) => state.questions);
  const [question] = questions;
  const answersInSight = useInSight(question?.id);
  useShortcuts(
    DIGITS.map((digit) => ({
      keys: String(digit),
      label: `Answer ${digit}`,
      run: () => {
        const option = question?.options[digit - 1];
        if (question !== undefined && option !== undefined) store.answer(question.id, option.id);
      },
    })),
  );
  if (question === undefined) return null;
  return (
    <section
      aria-label="The agent waits for you"
      className="mb-2 animate-rise rounded-xl border border-warn/50 bg-warn-soft px-3.5 py-2.5"
    >
      <p className="flex items-center gap-2.5 text-sm">
        <MessageCircleQuestion size={16} className="shrink-0 text-warn" />
        <span className="min-w-0 flex-1 truncate">
          {answersInSight ? "The agent waits for your answer." : <InlineCode text={question.title} />}
        </span>
        {questions.length > 1 && (
          <span className="shrink-0 text-muted text-xs">and {questions.length - 1} more</span>
        )}
      </p>
      {!answersInSight && <Answers question={question} />}
    </section>
  );
}
