/** What a person can see of the room now: nothing is sent for a page in the background or a tile that scrolled away. */

export interface View {
  /** The page is in the background. */
  readonly hidden: boolean;
  /** Tiles (by id) that are scrolled out of sight. */
  readonly unseen: ReadonlySet<string>;
  /** Tiles on the page now; all of them where it is not said. */
  readonly shown?: ReadonlySet<string>;
  /** The tile in a window of its own, which is seen whatever the page is. */
  readonly floating?: string | null;
}

export const ALL_SEEN: View = { hidden: false, unseen: new Set() };

/** Whoever looks something up in another tab gets their pictures back without a wait. */
const AWAY_MS = 3_000;
/** Tiles so close to the edge are about to come. */
const MARGIN = "80px";

export class Attention {
  #view: View = ALL_SEEN;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #observer: IntersectionObserver | undefined;
  readonly #changed: (view: View) => void;

  constructor(changed: (view: View) => void) {
    this.#changed = changed;
    document.addEventListener("visibilitychange", this.#turned);
    if ("IntersectionObserver" in globalThis) {
      this.#observer = new IntersectionObserver((entries) => { this.#moved(entries); }, { rootMargin: MARGIN });
    }
  }

  /** Watch these tiles too; each has its id in `data-tile`. */
  watch(tiles: Iterable<Element>): void {
    for (const tile of tiles) this.#observer?.observe(tile);
  }

  close(): void {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#turned);
    this.#observer?.disconnect();
  }

  #turned = (): void => {
    clearTimeout(this.#timer);
    if (document.visibilityState === "visible") this.#set({ ...this.#view, hidden: false });
    else this.#timer = setTimeout(() => { this.#set({ ...this.#view, hidden: true }); }, AWAY_MS);
  };

  #moved(entries: readonly IntersectionObserverEntry[]): void {
    const unseen = new Set(this.#view.unseen);
    for (const { target, isIntersecting } of entries) {
      const id = (target as HTMLElement).dataset.tile ?? "";
      // an element that was taken away is seen nowhere, but its tile may have got another one
      if (isIntersecting || !target.isConnected) unseen.delete(id);
      else unseen.add(id);
    }
    this.#set({ ...this.#view, unseen });
  }

  #set(view: View): void {
    const { hidden, unseen } = this.#view;
    const same = view.hidden === hidden && view.unseen.size === unseen.size && [...unseen].every((id) => view.unseen.has(id));
    if (same) return;
    this.#view = view;
    this.#changed(view);
  }
}
