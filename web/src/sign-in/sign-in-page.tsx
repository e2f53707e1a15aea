// Where somebody lands who is not signed in: the sign-in link is in the server's console. Identity
// providers' buttons will stand above that explanation once the server offers any.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { SquareTerminal, TriangleAlert } from "lucide-react";
import { useEffect } from "react";
import { signedIn } from "../api/auth";
import { Logo } from "../shell/logo";
import { Button } from "../ui/button";
import { refusal } from "./refusal";

export function SignInPage({ error, to }: { error: string | undefined; to: string | undefined }) {
  const me = useQuery(signedIn);
  const navigate = useNavigate();
  const reason = refusal(error);
  useEffect(() => {
    if (me.data !== undefined) void navigate({ href: to ?? "/", replace: true });
  }, [me.data, navigate, to]);

  return (
    <main className="flex h-full items-center justify-center overflow-y-auto p-6">
      <title>Sign in · Roundhouse</title>
      <div className="w-full max-w-[400px]">
        <Logo size={36} />
        <h1 className="mt-5 font-semibold text-2xl tracking-tight">Sign in to Roundhouse</h1>
        {reason !== null && (
          <div role="alert" className="mt-4 flex gap-2.5 rounded-lg border bg-bad-soft p-3 text-sm">
            <TriangleAlert size={16} className="mt-0.5 shrink-0 text-bad" />
            <p>{reason}</p>
          </div>
        )}
        <p className="mt-3 text-muted">
          This installation has no identity provider. The server prints a sign-in link to its console when it
          starts; open that link in this browser.
        </p>
        <figure className="mt-5 overflow-hidden rounded-lg border bg-sunken">
          <figcaption className="flex items-center gap-2 border-b px-3 py-2 text-muted text-xs">
            <SquareTerminal size={14} />
            The server's console
          </figcaption>
          <pre className="whitespace-pre-wrap px-3 py-3 font-mono text-xs leading-5 [overflow-wrap:anywhere]">
            <span className="text-muted">Open this link to sign in:</span>
            {"\n\n"}
            {location.origin}/auth/local?token=<span className="text-muted">…</span>
            {"\n"}
          </pre>
        </figure>
        <p className="mt-5 text-muted text-sm">
          No link in sight? Restart the server and it prints a fresh one. If you did not start it, ask the
          person who did.
        </p>
        <Button className="mt-5" disabled={me.isFetching} onClick={() => void me.refetch()}>
          {me.isFetching ? "Checking…" : "I have opened the link"}
        </Button>
      </div>
    </main>
  );
}
