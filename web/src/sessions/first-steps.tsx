// What an empty installation shows instead of sessions: the three steps to a first result.
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { asProblem } from "../api/http";
import { Button } from "../ui/button";
import { ProblemNote } from "../ui/problem-note";
import type { Capabilities } from "../wire/types";
import { useCreateSession } from "./new-session";

const DEMO_MODEL = "demo/scripted";
const DEMO_PROMPT =
  "Show me around: read the workspace, write a file, run a command, and tell me what you did.";

export function FirstSteps({ capabilities }: { capabilities: Capabilities }) {
  const demo = useCreateSession();
  const hasModel = capabilities.models.some((model) => !model.demo);
  return (
    <section aria-label="First steps" className="w-full">
      <h2 className="mb-3 font-medium text-muted text-sm">Three steps to a first result</h2>
      <ol className="overflow-hidden rounded-xl border">
        <Step number={1} title="Watch the demo">
          <p>A fixed script drives the real agent through a small change. It needs no key and no network.</p>
          <Button
            small
            className="mt-2"
            disabled={demo.isPending}
            onClick={() =>
              demo.begin({ title: "A walk through Roundhouse", model: DEMO_MODEL, prompt: DEMO_PROMPT })
            }
          >
            {demo.isPending ? "Starting…" : "Start the demo"}
          </Button>
          {demo.error !== null && <ProblemNote className="mt-2" problem={asProblem(demo.error)} />}
        </Step>
        <Step number={2} title="Give it a model" done={hasModel}>
          {hasModel ? (
            <p>{readyModels(capabilities)}</p>
          ) : (
            <p>
              Start the server with a provider's key, such as <Code>ANTHROPIC_API_KEY</Code>,{" "}
              <Code>OPENAI_API_KEY</Code> or <Code>OPENROUTER_API_KEY</Code>. The agent never sees it.
            </p>
          )}
        </Step>
        <Step number={3} title="Ask for a change">
          <p>Choose a repository above, say what should be done, and come back when it needs you.</p>
        </Step>
      </ol>
    </section>
  );
}

interface StepProps {
  number: number;
  title: string;
  done?: boolean;
  children: ReactNode;
}

function Step({ number, title, done = false, children }: StepProps) {
  return (
    <li className="flex gap-3 border-b bg-raised p-4 last:border-0">
      <span className="flex size-6 shrink-0 items-center justify-center rounded-full border border-line-strong text-muted text-xs">
        {done ? <Check size={13} aria-label="Done" className="text-good" /> : number}
      </span>
      <div className="min-w-0 flex-1 text-muted text-sm">
        <h3 className="font-medium text-ink">{title}</h3>
        {children}
      </div>
    </li>
  );
}

function readyModels({ models }: Capabilities): string {
  const real = models.filter(({ demo }) => !demo);
  return real.length === 1 ? `${real[0]?.name} is ready to use.` : `${real.length} models are ready to use.`;
}

export function Code({ children }: { children: ReactNode }) {
  return <code className="rounded bg-hover px-1 py-0.5 font-mono text-[12px] text-ink">{children}</code>;
}
