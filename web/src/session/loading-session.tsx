// A session whose view is still on its way: its frame, with its title if the list knew it.
import { SidebarButton } from "../shell/sidebar-button";
import { Skeleton } from "../ui/skeleton";
import type { Session } from "../wire/types";

export function LoadingSession({ session }: { session: Session | undefined }) {
  return (
    <div className="flex h-full flex-col" role="status" aria-label="Loading the session">
      <header className="flex h-12 shrink-0 items-center gap-2 border-b px-4">
        <SidebarButton />
        {session === undefined ? (
          <h1 aria-label="Session">
            <Skeleton className="h-4 w-56" />
          </h1>
        ) : (
          <h1 className="truncate font-semibold text-sm">{session.title}</h1>
        )}
      </header>
      <div className="mx-auto flex w-full max-w-[760px] flex-1 flex-col gap-4 px-4 pt-10">
        <Skeleton className="ml-auto h-14 w-3/5 rounded-xl" />
        <Skeleton className="h-4 w-2/5" />
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-11/12" />
        <Skeleton className="h-4 w-3/4" />
      </div>
      <div className="mx-auto w-full max-w-[760px] px-4 pb-4">
        <Skeleton className="h-[92px] w-full rounded-xl" />
      </div>
    </div>
  );
}
