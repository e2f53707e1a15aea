// The stores of the sessions that were looked at last: coming back shows them at once and fetches only
// what was missed.
import { SessionStore, type StoreOptions } from "./session-store";

const KEPT = 6;
const stores = new Map<string, SessionStore>();

export function storeFor(sessionId: string, options: StoreOptions): SessionStore {
  const store = stores.get(sessionId) ?? new SessionStore(sessionId, options);
  stores.delete(sessionId);
  stores.set(sessionId, store);
  for (const [id, old] of stores) {
    if (stores.size <= KEPT) break;
    old.close();
    stores.delete(id);
  }
  return store;
}

export function dropStore(sessionId: string): void {
  stores.get(sessionId)?.close();
  stores.delete(sessionId);
}
