// Why a sign-in link was refused. Only words of our own are shown: an address can be written by anybody.

const reasons: Record<string, string> = {
  link_used: "That sign-in link was used already. Restart the server to get a fresh one.",
  link_expired: "That sign-in link has expired. Restart the server to get a fresh one.",
  link_invalid: "That sign-in link is not the current one. Copy the whole link from the server's console.",
  signed_out: "You were signed out. Open the sign-in link again.",
};

export function refusal(code: string | undefined): string | null {
  if (code === undefined || code === "") return null;
  return (
    reasons[code] ??
    "That sign-in link was refused. Copy the whole link from the server's console, or restart the server."
  );
}
