/** The chat as this page knows it, pure: what was said, and what one wrote that the server has not yet taken. */
import type { MessagePosted } from "../generated/events";

export type Message = MessagePosted;

export interface Unsent {
  nonce: string;
  text: string;
  /** The message that it answers. */
  reply: Message["reply"];
  /** It was tried and did not arrive; it is tried again by itself. */
  failed: boolean;
}

export interface ChatState {
  readonly messages: readonly Message[];
  /** What to ask for to read further back; null at the beginning of it all. */
  readonly before: string | null;
  readonly unsent: readonly Unsent[];
}

export type ChatInput =
  | { kind: "snapshot"; messages: readonly Message[]; before: string | null }
  | { kind: "posted"; message: Message }
  | { kind: "older"; messages: readonly Message[]; before: string | null }
  | { kind: "written"; nonce: string; text: string; reply: Message["reply"] }
  | { kind: "failed"; nonce: string }
  | { kind: "dropped"; nonce: string };

export const silence: ChatState = { messages: [], before: null, unsent: [] };

export function say(state: ChatState, input: ChatInput): ChatState {
  switch (input.kind) {
    case "snapshot":
      return arrived({ ...state, ...join(input.messages, state.messages, input.before, state.before) }, input.messages);
    case "posted":
      return arrived({ ...state, messages: merge(state.messages, [input.message]) }, [input.message]);
    case "older":
      return { ...state, messages: merge(input.messages, state.messages), before: input.before };
    case "written":
      return { ...state, unsent: [...state.unsent, { nonce: input.nonce, text: input.text, reply: input.reply, failed: false }] };
    case "failed":
      return {
        ...state,
        unsent: state.unsent.map((one) => (one.nonce === input.nonce ? { ...one, failed: true } : one)),
      };
    case "dropped":
      return { ...state, unsent: state.unsent.filter(({ nonce }) => nonce !== input.nonce) };
  }
}

/** What one had read further back is kept where the new end meets it; else it would leave a hole. */
function join(
  fresh: readonly Message[],
  known: readonly Message[],
  before: string | null,
  knownBefore: string | null,
): Pick<ChatState, "messages" | "before"> {
  const meets = known.some(({ id }) => fresh.some((one) => one.id === id));
  return meets ? { messages: merge(known, fresh), before: knownBefore } : { messages: [...fresh], before };
}

function merge(first: readonly Message[], second: readonly Message[]): Message[] {
  const all = new Map([...first, ...second].map((message) => [message.id, message]));
  return [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function arrived(state: ChatState, messages: readonly Message[]): ChatState {
  return { ...state, unsent: state.unsent.filter(({ nonce }) => !messages.some((one) => one.nonce === nonce)) };
}
