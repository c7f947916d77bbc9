/** Who stands where, pure: the tiles of a room, the picture each shows, and how large they are. */
import type { Line, Participant } from "../generated/events";
import { ALL_SEEN, type View } from "./attention";
import { type RoomState, isMuted } from "./state";

/** Pictures at once; whoever comes after them is seen by their initials. */
export const MOST_PICTURES = 16;
const RATIO = 16 / 9;
const GAP = 8;

export interface Tile {
  id: string;
  kind: "person" | "screen";
  participant: Participant;
  me: boolean;
  muted: boolean;
  speaking: boolean;
  /** Their place among the raised hands, from 1; 0: not raised. */
  hand: number;
  /** What troubles their connection. */
  line: Line | undefined;
  /** The published track to show; null shows initials. One's own picture comes from one's own camera. */
  track: string | null;
}

/** Screens first, then the others in the order of entry, oneself last. */
export function tilesOf(state: RoomState): Tile[] {
  const order = [...state.participants].sort((a, b) => Number(a.id === state.me) - Number(b.id === state.me));
  const tileOf = (participant: Participant, kind: Tile["kind"]): Tile => {
    const label = kind === "screen" ? "screen" : "camera";
    const track = state.tracks.find((one) => one.participant === participant.id && one.label === label && !one.muted);
    return {
      id: `${participant.id}-${kind}`,
      kind,
      participant,
      me: participant.id === state.me,
      muted: isMuted(state, participant.id),
      speaking: kind === "person" && state.speaking.includes(participant.id),
      hand: state.hands.indexOf(participant.id) + 1,
      line: state.lines.find((one) => one.participant === participant.id),
      track: track?.id ?? null,
    };
  };
  const screens = order.map((one) => tileOf(one, "screen")).filter(({ track }) => track !== null);
  return [...screens, ...order.map((one) => tileOf(one, "person"))];
}

/**
 * The tracks to ask the server for: not one's own, nor what is out of sight. Where there are more than may be shown,
 * screens come first, then who spoke last (`spoke`: newest first), then who came first.
 */
export function wanted(tiles: readonly Tile[], view: View = ALL_SEEN, spoke: readonly string[] = []): string[] {
  const { hidden, unseen, shown, floating } = view;
  const isSeen = (id: string): boolean => id === floating || (!hidden && !unseen.has(id) && (shown?.has(id) ?? true));
  const rank = ({ kind, participant }: Tile): number => {
    const turn = spoke.indexOf(participant.id);
    return kind === "screen" ? -1 : turn < 0 ? spoke.length : turn;
  };
  return tiles
    .filter(({ id, me, track }) => !me && track !== null && isSeen(id))
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MOST_PICTURES)
    .flatMap(({ track }) => track ?? []);
}

/** Who spoke last, newest first: those who speak now (loudest first) go to the front. */
export function spokenLast(before: readonly string[], speaking: readonly string[]): string[] {
  return [...speaking, ...before.filter((id) => !speaking.includes(id))].slice(0, MOST_PICTURES);
}

/**
 * Which slot shows which track: what is shown already stays in its slot, so that nothing flickers; what is new takes a
 * slot that is free, or a new one at the end.
 */
export function assign(slots: readonly (string | null)[], tracks: readonly string[]): (string | null)[] {
  const kept = slots.map((track) => (track !== null && tracks.includes(track) ? track : null));
  const waiting = tracks.filter((track) => !kept.includes(track));
  const filled = kept.map((track) => track ?? waiting.shift() ?? null);
  return [...filled, ...waiting];
}

export interface Grid {
  columns: number;
  rows: number;
  /** Of one tile, in CSS pixels. */
  height: number;
}

/** The number of columns that gives `count` tiles of 16:9 the most room in this box. */
export function arrange(count: number, width: number, height: number): Grid {
  let best: Grid = { columns: 1, rows: Math.max(count, 1), height: 0 };
  for (let columns = 1; columns <= Math.max(count, 1); columns++) {
    const rows = Math.ceil(Math.max(count, 1) / columns);
    const across = (width - GAP * (columns - 1)) / columns;
    const down = (height - GAP * (rows - 1)) / rows;
    const tile = Math.max(0, Math.min(down, across / RATIO));
    if (tile > best.height) best = { columns, rows, height: tile };
  }
  return { ...best, height: Math.round(best.height) };
}
