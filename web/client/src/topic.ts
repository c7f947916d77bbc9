/**
 * The state of one subscription, pure: which events to apply, drop or wait with, and when to ask for the whole again.
 * Each event raises the topic's rev by one; a snapshot holds everything up to its own rev. See realtime.ts for the I/O.
 */
export interface WireEvent {
  topic: string;
  rev: number;
  type: string;
  data: unknown;
}

export interface TopicState {
  /** The rev of what the page shows; null before the first snapshot. */
  readonly rev: number | null;
  /** Events that came while a snapshot is on its way; null when none is. */
  readonly waiting: readonly WireEvent[] | null;
}

export type TopicInput =
  | { kind: "asked" }
  | { kind: "snapshot"; rev: number }
  | { kind: "failed" }
  | { kind: "event"; event: WireEvent }
  | { kind: "heartbeat"; rev: number };

export interface Step {
  state: TopicState;
  /** To be given to the page, in this order. */
  apply: readonly WireEvent[];
  /** Something was missed: ask for the snapshot. */
  refetch: boolean;
}

export const unknownTopic: TopicState = { rev: null, waiting: null };

export function step(state: TopicState, input: TopicInput): Step {
  switch (input.kind) {
    case "asked":
      return quiet({ rev: state.rev, waiting: state.waiting ?? [] });
    case "failed":
      return quiet({ rev: state.rev, waiting: null });
    case "snapshot":
      return inOrder({ rev: input.rev, waiting: null }, state.waiting ?? []);
    case "event":
      if (state.waiting) return quiet({ rev: state.rev, waiting: [...state.waiting, input.event] });
      return inOrder(state, [input.event]);
    case "heartbeat":
      return { state, apply: [], refetch: state.waiting === null && state.rev !== null && input.rev > state.rev };
  }
}

function inOrder(state: TopicState, events: readonly WireEvent[]): Step {
  let rev = state.rev;
  const apply: WireEvent[] = [];
  for (const event of [...events].sort((a, b) => a.rev - b.rev)) {
    if (rev !== null && event.rev <= rev) continue;
    if (rev === null || event.rev > rev + 1) return { state: { rev, waiting: null }, apply, refetch: true };
    apply.push(event);
    rev = event.rev;
  }
  return { state: { rev, waiting: null }, apply, refetch: false };
}

function quiet(state: TopicState): Step {
  return { state, apply: [], refetch: false };
}
