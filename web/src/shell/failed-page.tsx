// Pages for when there is no page: something failed, or the address leads nowhere.
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { asProblem } from "../api/http";
import { Button } from "../ui/button";
import { ProblemNote } from "../ui/problem-note";

export function FailedPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div className="flex h-full items-center justify-center p-6">
      <ProblemNote problem={asProblem(error)} className="w-full max-w-md">
        <Button
          small
          onClick={() => {
            reset();
            void router.invalidate();
          }}
        >
          Try again
        </Button>
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
