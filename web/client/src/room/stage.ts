/**
 * The stage as this person has arranged it: which tiles stand where and how large, what the server is asked for, and the
 * tile in a window of its own. The element renders what `compose` gives and calls `settle` after each rendering.
 */
import { announce } from "../announce";
import { t } from "../i18n";
import { toast } from "../toast";
import { ALL_SEEN, Attention, type View } from "./attention";
import { type Composition, compose, leading, perPage, sharpHeight } from "./composition";
import { Floating } from "./floating";
import { type Grid, type Tile, arrange, tilesOf } from "./layout";
import { ARRANGEMENTS, type Arrangement, remember, remembered } from "./preferences";
import type { RoomState } from "./state";

/** What the stage tells the call. */
export interface Viewer {
  look(view: View): void;
  setHeights(measured: ReadonlyMap<string, number>): void;
}

interface Box {
  readonly width: number;
  readonly height: number;
}

export class Stage {
  arrangement: Arrangement;
  hidesSelf: boolean;
  readonly floating = new Floating(() => {
    this.look();
    this.changed();
  });
  private pinned: string | null = null;
  private page = 0;
  private leader: string | null = null;
  /** What the tiles of the stage have; nothing until the window has been measured. */
  private box: Box = { width: 0, height: 0 };
  private seen: View = ALL_SEEN;
  private last = "";
  private composed: Composition = { stage: [], strip: [], below: false, page: 0, pages: 1 };
  private readonly attention = new Attention((view) => {
    this.seen = view;
    this.look();
  });
  private readonly resize = new ResizeObserver(() => {
    this.settle();
  });

  constructor(
    private readonly root: HTMLElement,
    private readonly viewer: Viewer,
    private readonly changed: () => void,
  ) {
    const { arrangement, hidesSelf } = remembered();
    this.arrangement = arrangement;
    this.hidesSelf = hidesSelf;
  }

  close(): void {
    this.attention.close();
    this.resize.disconnect();
    this.floating.close();
  }

  /** The room has changed. */
  follow(room: RoomState): void {
    this.leader = leading(this.leader, room);
    if (room.phase !== "in") this.floating.close();
  }

  compose(room: RoomState): { composition: Composition; grid: Grid; pinned: string | null } {
    const { arrangement, hidesSelf, pinned, page, box } = this;
    const most = box.width > 0 ? perPage(box.width, box.height) : perPage(innerWidth, innerHeight);
    this.composed = compose(tilesOf(room), { arrangement, hidesSelf, pinned, page }, this.leader, most);
    return { composition: this.composed, grid: arrange(this.composed.stage.length, box.width, box.height), pinned };
  }

  /** The tile that stands for the room in a small window. */
  get main(): Tile | undefined {
    const { stage } = this.composed;
    return stage.length === 1 ? stage[0] : (stage.find(({ participant }) => participant.id === this.leader) ?? stage[0]);
  }

  arrangeAs(arrangement: Arrangement): void {
    this.arrangement = arrangement;
    this.pinned = null;
    this.page = 0;
    remember({ arrangement });
    announce(arrangementWords(arrangement));
    this.changed();
  }

  arrangeNext(): void {
    const next = ARRANGEMENTS[(ARRANGEMENTS.indexOf(this.arrangement) + 1) % ARRANGEMENTS.length];
    if (next) this.arrangeAs(next);
  }

  hideSelf(hidesSelf: boolean): void {
    this.hidesSelf = hidesSelf;
    remember({ hidesSelf });
    announce(hidesSelf ? t("Your own picture is hidden; the others still see you.") : t("Your own picture is shown."));
    this.changed();
  }

  /** Show this tile large for oneself, or no longer. */
  pin(tile: string): void {
    this.pinned = this.pinned === tile ? null : tile;
    announce(this.pinned ? t("Pinned: this picture stays large, for you alone.") : t("Nothing is pinned any more."));
    this.changed();
  }

  /** Open the small window, or close it. */
  async float(): Promise<void> {
    const { floating, main } = this;
    if (floating.isOpen) floating.close();
    else if (main) {
      try {
        await floating.open(main.id, this.root.querySelector<HTMLVideoElement>(`[data-tile="${main.id}"] video`));
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        toast(t("This browser did not open a small window. It needs a picture to show: wait until somebody’s camera is on."), { kind: "danger" });
      }
    }
  }

  turn(by: number): void {
    const { page, pages } = this.composed;
    this.page = Math.min(Math.max(page + by, 0), pages - 1);
    announce(t("Page %(page)s of %(pages)s", { page: this.page + 1, pages }));
    this.changed();
  }

  /** After a rendering, or when the window has another size: measure, and ask for what is seen. */
  settle(): void {
    const stage = this.root.querySelector<HTMLElement>(".tiles__stage");
    if (!stage) return;
    this.resize.observe(stage);
    const { width, height } = stage.getBoundingClientRect();
    if (Math.abs(width - this.box.width) >= 1 || Math.abs(height - this.box.height) >= 1) {
      this.box = { width, height };
      this.changed(); // which settles again
      return;
    }
    const tiles = [...this.root.querySelectorAll<HTMLElement>("[data-tile]")];
    this.attention.watch(tiles);
    const { composed } = this;
    const heights = new Map<string, number>();
    for (const { id, kind } of [...composed.stage, ...composed.strip]) {
      const element = tiles.find(({ dataset }) => dataset.tile === id);
      if (element) heights.set(id, sharpHeight(kind, element.offsetWidth, element.offsetHeight, devicePixelRatio));
    }
    if (this.floating.tile !== null) heights.set(this.floating.tile, Math.max(heights.get(this.floating.tile) ?? 0, this.floating.height));
    this.viewer.setHeights(heights);
    this.look();
  }

  private look(): void {
    const { stage, strip } = this.composed;
    const shown = new Set([...stage, ...strip].map(({ id }) => id));
    const { tile } = this.floating;
    const view: View = { ...this.seen, shown, floating: tile };
    const told = JSON.stringify([view.hidden, [...view.unseen], [...shown], tile]);
    if (told === this.last) return;
    this.last = told;
    this.viewer.look(view);
  }
}

export function arrangementWords(arrangement: Arrangement): string {
  switch (arrangement) {
    case "grid":
      return t("Everybody in a grid");
    case "speaker":
      return t("The one who speaks, the others below");
    case "sidebar":
      return t("The one who speaks, the others at the side");
  }
}
