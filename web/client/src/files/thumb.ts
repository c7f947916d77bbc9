/**
 * <hc-thumb>: the small picture of a file, its icon until there is one. What is in sight is asked about, all of a list in
 * one question, again and again while the server makes it.
 */
import { api } from "../api";

interface Answer {
  items: { file: string; state: "ready" | "waiting" | "none" }[];
}

/** How long to wait before asking again when nothing new was ready; the last is repeated. */
const WAITS_MS = [600, 1000, 1500, 2500, 4000];
const MOST_TIMES = 40;
const MOST_AT_ONCE = 60;
/** Rows that come into sight together are asked about together. */
const GATHER_MS = 60;

/** Those of one list that wait to be known, by their file. */
class Waiting {
  private readonly thumbs = new Map<string, Thumb>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private times = 0;

  constructor(private readonly states: string) {}

  add(thumb: Thumb): void {
    this.thumbs.set(thumb.file, thumb);
    this.times = 0;
    this.askIn(GATHER_MS);
  }

  remove(thumb: Thumb): void {
    if (this.thumbs.get(thumb.file) === thumb) this.thumbs.delete(thumb.file);
  }

  private askIn(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), delay);
  }

  private async ask(): Promise<void> {
    const asked = [...this.thumbs.values()].slice(0, MOST_AT_ONCE);
    if (asked.length === 0 || this.times > MOST_TIMES) return;
    const query = new URLSearchParams(asked.map(({ file }): [string, string] => ["item", file]));
    try {
      const { items } = await api.get<Answer>(`${this.states}?${query}`);
      const known = items.filter(({ state }) => state !== "waiting");
      for (const { file, state } of known) {
        if (state === "ready") this.thumbs.get(file)?.show();
        this.thumbs.delete(file);
      }
      this.times = known.length > 0 ? 0 : this.times + 1;
      this.askIn(WAITS_MS[Math.min(this.times, WAITS_MS.length - 1)] ?? 0);
    } catch {
      this.thumbs.clear(); // icons stay; what comes into sight later is asked about again
    }
  }
}

const lists = new Map<string, Waiting>();

function listOf(states: string): Waiting {
  const list = lists.get(states) ?? new Waiting(states);
  lists.set(states, list);
  return list;
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof Thumb)) continue;
      seen.unobserve(target);
      listOf(target.states).add(target);
    }
  },
  { rootMargin: "25% 0px" },
);

class Thumb extends HTMLElement {
  static readonly observedAttributes = ["src"];

  get file(): string {
    return this.getAttribute("file") ?? "";
  }

  get states(): string {
    return this.getAttribute("states") ?? "";
  }

  connectedCallback(): void {
    if (this.hasAttribute("src") && !this.querySelector("img")) seen.observe(this);
  }

  disconnectedCallback(): void {
    seen.unobserve(this);
    lists.get(this.states)?.remove(this);
  }

  /** Another version: another picture. */
  attributeChangedCallback(_name: string, before: string | null): void {
    if (before === null) return;
    this.querySelector("img")?.remove();
    if (this.isConnected) this.connectedCallback();
  }

  show(): void {
    const image = new Image();
    image.alt = "";
    image.addEventListener("load", () => { this.append(image); });
    image.src = this.getAttribute("src") ?? "";
  }
}

customElements.define("hc-thumb", Thumb);
