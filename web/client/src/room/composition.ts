/** Which tiles stand where, pure: those on the stage, those in the strip beside it, and what turns the pages. */
import type { Tile } from "./layout";
import { MOST_PICTURES } from "./layout";
import type { Arrangement } from "./preferences";
import type { RoomState } from "./state";

export interface Look {
  readonly arrangement: Arrangement;
  readonly hidesSelf: boolean;
  /** The tile that one wants to see large, whoever speaks. */
  readonly pinned: string | null;
  /** The page of the grid, from 0. */
  readonly page: number;
}

export interface Composition {
  readonly stage: readonly Tile[];
  readonly strip: readonly Tile[];
  /** The strip stands below the stage even where there is room beside it. */
  readonly below: boolean;
  readonly page: number;
  readonly pages: number;
}

/** The smallest tile in which a face is worth looking at, in CSS pixels. */
const SMALLEST = { width: 140, height: 79 };
const GAP = 8;

/** How many tiles a page of the grid has in this box. */
export function perPage(width: number, height: number): number {
  const columns = Math.max(1, Math.floor((width + GAP) / (SMALLEST.width + GAP)));
  const rows = Math.max(1, Math.floor((height + GAP) / (SMALLEST.height + GAP)));
  return Math.min(columns * rows, MOST_PICTURES);
}

/** Whoever speaks loudest stands large until somebody else speaks; without a word, the first of the others. */
export function leading(before: string | null, { speaking, participants, me }: RoomState): string | null {
  const others = participants.filter(({ id }) => id !== me);
  const here = (id: string | null): boolean => others.some((one) => one.id === id);
  if (before !== null && speaking.includes(before) && here(before)) return before;
  return speaking.find(here) ?? (here(before) ? before : (others[0]?.id ?? null));
}

/** `leader`: who stands large where one person does; `most`: tiles on a page of the grid. */
export function compose(all: readonly Tile[], look: Look, leader: string | null, most: number): Composition {
  const others = all.filter((tile) => !(look.hidesSelf && tile.me && tile.kind === "person"));
  const tiles = others.length > 0 ? others : all;
  const pinned = tiles.find(({ id }) => id === look.pinned);
  const screens = tiles.filter(({ kind }) => kind === "screen");
  const below = look.arrangement === "speaker";
  const large = (stage: readonly Tile[]): Composition => ({
    stage,
    strip: tiles.filter((tile) => !stage.includes(tile)),
    below,
    page: 0,
    pages: 1,
  });
  if (pinned) return large([pinned]);
  if (screens.length > 0) return large(screens);
  if (look.arrangement !== "grid") {
    const lead = tiles.find(({ participant }) => participant.id === leader) ?? tiles[0];
    return large(lead ? [lead] : []);
  }
  const pages = Math.max(1, Math.ceil(tiles.length / most));
  const page = Math.min(look.page, pages - 1);
  return { stage: tiles.slice(page * most, (page + 1) * most), strip: [], below: false, page, pages };
}

/** How high a picture of 16:9 must be to fill this tile (cover it, or, a screen, fit into it), in device pixels. */
export function sharpHeight(kind: Tile["kind"], width: number, height: number, ratio: number): number {
  const across = (width * 9) / 16;
  return Math.ceil(ratio * (kind === "screen" ? Math.min(across, height) : Math.max(across, height)));
}
