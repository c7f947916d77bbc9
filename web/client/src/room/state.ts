/**
 * The room as this page knows it, pure. The server's snapshot and events say who is there and what they send; the
 * person's own choices and the media session's word complete it. Views only render this.
 */
import type { FloorView, Line, Participant, Quality, RecordingView, RoomEvent, TrackView, Welcome } from "../generated/events";
import type { SessionState } from "./media";

export type Phase = "door" | "joining" | "waiting" | "in" | "left" | "out" | "refused";
export type Panel = "people" | "chat" | "quality";
export type OutReason = Extract<RoomEvent["event"], { type: "put_out" }>["reason"];

export interface RoomState {
  readonly phase: Phase;
  /** Who one is in the room; empty outside. */
  readonly me: string;
  /** Whether sound and picture pass; false while the page works on coming back. */
  readonly connected: boolean;
  /** Why one is outside again. */
  readonly reason: OutReason | null;
  /** What the server said when it did not let one in. */
  readonly refusal: string;
  /** Changes up to this one are in. */
  readonly seq: number;
  readonly participants: readonly Participant[];
  readonly tracks: readonly TrackView[];
  /** Loudest first. */
  readonly speaking: readonly string[];
  /** How many programs look on. */
  readonly viewers: number;
  /** Who wants to speak, the first to ask first. */
  readonly hands: readonly string[];
  /** Whether the room lets nobody else in. */
  readonly locked: boolean;
  /** Who speaks by turn, and who is next. */
  readonly floor: FloorView;
  /** That the meeting is recorded, or is to be. */
  readonly recording: RecordingView | null;
  /** Why the last recording ended, such as `full`. */
  readonly ending: string;
  /** Where the public sees the room; empty where it does not. */
  readonly onAir: string;
  /** Whose connection troubles, and why. */
  readonly lines: readonly Line[];
  /** What came before the snapshot that it belongs to. */
  readonly early: readonly RoomEvent[];
  /** A change was missed: the whole must be asked for. */
  readonly stale: boolean;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly sharing: boolean;
  readonly panel: Panel | null;
  /** Messages that came while the chat was closed. */
  readonly unread: number;
  /** How everybody is connected, while a host looks at it. */
  readonly quality: readonly Quality[] | null;
}

export type RoomInput =
  | { kind: "joining" }
  | { kind: "welcome"; welcome: Welcome }
  | { kind: "event"; event: RoomEvent }
  | { kind: "media"; state: SessionState }
  | { kind: "refused"; title: string }
  | { kind: "waiting" }
  | { kind: "left" }
  | { kind: "own"; microphone?: boolean; camera?: boolean; sharing?: boolean }
  | { kind: "panel"; panel: Panel | null }
  | { kind: "message"; mine: boolean };

export const SILENCE: FloorView = { speaker: null, since: null, fair: false, opens: false, limit: null, queue: [], spoken: [], silenced: [] };

export const atTheDoor: RoomState = {
  phase: "door",
  me: "",
  connected: false,
  reason: null,
  refusal: "",
  seq: 0,
  participants: [],
  tracks: [],
  speaking: [],
  viewers: 0,
  hands: [],
  locked: false,
  floor: SILENCE,
  recording: null,
  ending: "",
  onAir: "",
  lines: [],
  early: [],
  stale: false,
  microphone: true,
  camera: true,
  sharing: false,
  panel: null,
  unread: 0,
  quality: null,
};

/** Outside of the room; what one chose of one's devices stays. */
function outside(state: RoomState, phase: Phase, more: Partial<RoomState> = {}): RoomState {
  const { microphone, camera } = state;
  return { ...atTheDoor, microphone, camera, phase, ...more };
}

export function reduce(state: RoomState, input: RoomInput): RoomState {
  switch (input.kind) {
    case "joining":
      return outside(state, "joining");
    case "welcome":
      return welcomed(state, input.welcome);
    case "event":
      return heard(state, input.event);
    case "media":
      return state.phase === "in" ? { ...state, connected: input.state === "connected" } : state;
    case "waiting":
      return state.phase === "joining" || state.phase === "in" ? outside(state, "waiting") : state;
    case "refused":
      return state.phase === "waiting" || state.phase === "joining" || state.phase === "in" ? outside(state, "refused", { refusal: input.title }) : state;
    case "left":
      return state.phase === "out" ? state : outside(state, "left");
    case "own":
      return {
        ...state,
        microphone: input.microphone ?? state.microphone,
        camera: input.camera ?? state.camera,
        sharing: input.sharing ?? state.sharing,
      };
    case "panel":
      return {
        ...state,
        panel: input.panel,
        unread: input.panel === "chat" ? 0 : state.unread,
        quality: input.panel === "quality" ? state.quality : null,
      };
    case "message":
      return state.panel === "chat" || input.mine ? state : { ...state, unread: state.unread + 1 };
  }
}

function welcomed(state: RoomState, { participant, room }: Welcome): RoomState {
  if (state.phase !== "joining" && state.phase !== "in") return state;
  const whole: RoomState = {
    ...state,
    phase: "in",
    me: participant,
    seq: room.seq,
    participants: room.participants,
    tracks: room.tracks,
    speaking: room.speaking,
    viewers: room.viewers,
    hands: room.hands,
    locked: room.locked,
    floor: room.floor,
    recording: room.recording,
    onAir: room.on_air,
    lines: room.lines,
    early: [],
    stale: false,
  };
  return [...state.early].sort((a, b) => a.seq - b.seq).reduce(heard, whole);
}

function heard(state: RoomState, message: RoomEvent): RoomState {
  const { event } = message;
  if (event.type === "put_out") {
    // Who was lost comes back by itself. Who was removed may have heard no to that before hearing why.
    const isHere = state.phase === "in" || state.phase === "joining" || state.phase === "waiting" || state.phase === "refused";
    return isHere && event.reason !== "lost" && event.reason !== "kept_out" ? outside(state, "out", { reason: event.reason }) : state;
  }
  if (event.type === "slots" || event.type === "silenced" || event.type === "reacted") return state;
  if (event.type === "quality") return state.panel === "quality" ? { ...state, quality: event.participants } : state;
  if (state.phase === "joining") return { ...state, early: [...state.early, message] };
  if (state.phase !== "in" || message.seq <= state.seq) return state;
  if (message.seq > state.seq + 1) return { ...state, stale: true, early: [...state.early, message] };
  const next: RoomState = { ...state, seq: message.seq };
  switch (event.type) {
    case "entered":
      return { ...next, participants: put(state.participants, event.participant) };
    case "left":
      return {
        ...next,
        participants: state.participants.filter(({ id }) => id !== event.participant),
        tracks: state.tracks.filter(({ participant }) => participant !== event.participant),
        speaking: state.speaking.filter((id) => id !== event.participant),
        hands: state.hands.filter((id) => id !== event.participant),
        lines: state.lines.filter(({ participant }) => participant !== event.participant),
      };
    case "track":
      return { ...next, tracks: put(state.tracks, event.track) };
    case "track_gone":
      return { ...next, tracks: state.tracks.filter(({ id }) => id !== event.track) };
    case "speaking":
      return { ...next, speaking: event.participants };
    case "viewers":
      return { ...next, viewers: event.count };
    case "hands":
      return { ...next, hands: event.participants };
    case "locked":
      return { ...next, locked: event.locked };
    case "lines":
      return { ...next, lines: event.lines };
    case "floor":
      return { ...next, floor: event.floor };
    case "recorded":
      return { ...next, recording: event.recording, ending: event.ending };
    case "on_air":
      return { ...next, onAir: event.on_air };
  }
}

/** The list with this one in the place of its former self, or at the end. */
function put<T extends { id: string }>(list: readonly T[], item: T): T[] {
  return list.some(({ id }) => id === item.id) ? list.map((one) => (one.id === item.id ? item : one)) : [...list, item];
}

/** Whether one organises the meeting. */
export function isHost(state: RoomState): boolean {
  return state.participants.some(({ id, role }) => id === state.me && role === "host");
}

/** Whether somebody's microphone sends nothing. */
export function isMuted(state: RoomState, participant: string): boolean {
  const track = state.tracks.find((one) => one.participant === participant && one.label === "microphone");
  return track?.muted ?? true;
}
