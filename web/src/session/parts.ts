// How rows find what they show: a turn, a part, a message.
import type { Part, Turn } from "../wire/types";
import type { Conversation, TurnState } from "./state/conversation";
import { useConversation } from "./use-session";

export function findTurn({ turns }: Conversation, turnId: string): TurnState | undefined {
  return turns.findLast(({ turn }) => turn.id === turnId);
}

export function usePart(turnId: string, partId: string): Part | undefined {
  return useConversation((state) => findTurn(state, turnId)?.parts.findLast(({ id }) => id === partId));
}

export function useTurn(turnId: string): Turn | undefined {
  return useConversation((state) => findTurn(state, turnId)?.turn);
}
