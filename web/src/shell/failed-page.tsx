// Pages for when there is no page: something failed, or the address leads nowhere.
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import { asProblem } from "../api/http";
import { Button } from "../ui/button";
import { ProblemNote } from "../ui/problem-note";

const RETRY_MS = 3_000;

export function FailedPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const problem = asProblem(error);
  const again = useCallback(() => {
    reset();
    void router.invalidate();
  }, [reset, router]);
  // A server that restarts is back in a moment; nobody has to sit and press a button for that.
  const passing = problem.code === "unreachable" || problem.status >= 500;
  useEffect(() => {
    if (!passing) return;
    const timer = setInterval(again, RETRY_MS);
    return () => clearInterval(timer);
  }, [passing, again]);
  return (
    <div className="flex h-full items-center justify-center p-6">
      <h1 className="sr-only">Something went wrong</h1>
      <ProblemNote problem={problem} className="w-full max-w-md">
        <Button small onClick={again}>
          Try again
        </Button>
        {passing && <span className="self-center text-muted text-xs">It is tried again by itself, too.</span>}
      </ProblemNote>
    </div>
  );
}

export function LostPage() {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 p-6 text-center">
      <h1 className="font-semibold text-lg">There is nothing at this address</h1>
      <p className="text-muted text-sm">It may have been deleted, or the link is not whole.</p>
      <Link to="/" className="mt-2 font-medium text-accent text-sm hover:underline">
        Go to the start
      </Link>
    </div>
  );
}
