// A session without a prompt yet.

export function EmptyConversation() {
  return (
    <div className="flex flex-col items-center gap-1 pt-[18vh] text-center">
      <p className="font-medium">Nothing was asked here yet</p>
      <p className="max-w-sm text-muted text-sm">
        Write below what should be done. The sandbox is made when the first prompt comes.
      </p>
    </div>
  );
}
