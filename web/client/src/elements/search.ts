import { type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { announce } from "../announce";
import { api, wordsFor } from "../api";
import { t, tn } from "../i18n";
import { type IconName, icon } from "../icon";
import { LightElement } from "./light";

interface Piece {
  text: string;
  found: boolean;
}

interface Hit {
  id: string;
  title: string;
  title_pieces: Piece[];
  url: string;
  icon: IconName;
  where: string[];
  passage: Piece[];
}

const WAIT_MS = 180;
const SHORTEST = 2;
const MOST = 7;

/**
 * <hc-search>: the field of the header. What is found shows while one types; Enter without a choice opens the page of
 * results. A combobox (ARIA 1.2). `/` and Ctrl+K lead to the field from anywhere.
 */
@customElement("hc-search")
export class SearchField extends LightElement {
  @state() private found: readonly Hit[] = [];
  @state() private active = -1;
  @state() private words = "";
  @state() private fault = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("focusout", this.left);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener("focusout", this.left);
    this.forget();
  }

  /** What somebody has typed into the server's field by now goes on in ours, which takes its place. */
  protected override createRenderRoot(): HTMLElement {
    const early = this.field;
    const focused = early !== null && early === document.activeElement;
    void this.updateComplete.then(() => {
      if (!this.field) return;
      if (early?.value) this.field.value = early.value;
      if (focused) this.field.focus();
      if (early?.value && focused) this.typed();
    });
    return super.createRenderRoot();
  }

  protected override render(): TemplateResult {
    const open = this.words !== "" && (this.found.length > 0 || this.fault !== "");
    return html`<form class="search__form" role="search" action="/search">
      <label class="visually-hidden" for="search">${t("Search")}</label>
      ${icon("search")}<input
        class="input"
        id="search"
        name="q"
        type="search"
        maxlength="300"
        autocomplete="off"
        placeholder=${t("Search")}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded=${open}
        aria-controls="search-found"
        aria-keyshortcuts="/ Control+K"
        aria-activedescendant=${this.active >= 0 ? `search-${this.active}` : nothing}
        @input=${this.typed}
        @keydown=${this.pressed}
      /><kbd class="search__keys" aria-hidden="true">/</kbd>
      <ul class="search__found" id="search-found" role="listbox" aria-label=${t("Found")} ?hidden=${!open}>
        ${this.found.map((hit, index) => this.option(hit, index))}
        ${this.fault ? html`<li role="option" aria-selected="false" aria-disabled="true">${icon("circle-alert")}<span>${this.fault}</span></li>` : nothing}
        ${this.found.length ? this.all() : nothing}
      </ul>
    </form>`;
  }

  private option(hit: Hit, index: number): TemplateResult {
    return html`<li
      id="search-${index}"
      role="option"
      aria-selected=${index === this.active}
      @pointerdown=${(event: PointerEvent) => {
        event.preventDefault();
        if (event.button === 0) this.open(index);
      }}
    >
      ${icon(hit.icon)}<span><bdi>${pieces(hit.title_pieces)}</bdi></span>
      <span>${hit.passage.length ? pieces(hit.passage) : hit.where.join(" · ")}</span>
    </li>`;
  }

  private all(): TemplateResult {
    const index = this.found.length;
    return html`<li
      class="search__all"
      id="search-${index}"
      role="option"
      aria-selected=${index === this.active}
      @pointerdown=${(event: PointerEvent) => {
        event.preventDefault();
        if (event.button === 0) this.open(index);
      }}
    >
      ${icon("search")}<span>${t("All results for “%(words)s”", { words: this.words })}</span>
    </li>`;
  }

  private get field(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>("input");
  }

  private typed(): void {
    this.forget();
    const words = this.field?.value.trim() ?? "";
    this.show("", []);
    if (words.length >= SHORTEST) this.timer = setTimeout(() => void this.search(words), WAIT_MS);
  }

  private async search(words: string): Promise<void> {
    this.asking = new AbortController();
    try {
      const path = `/api/v1/search?q=${encodeURIComponent(words)}`;
      const { items } = await api.get<{ items: Hit[] }>(path, { signal: this.asking.signal });
      this.show(words, items.slice(0, MOST));
      announce(
        this.found.length
          ? tn("%(count)s result, the arrows lead to it", "%(count)s results, the arrows lead to them", this.found.length)
          : t("Nothing found."),
      );
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.show(words, []);
      this.fault = wordsFor(error);
      announce(this.fault);
    }
  }

  private show(words: string, found: readonly Hit[]): void {
    this.words = words;
    this.found = found;
    this.fault = "";
    this.active = -1;
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  private pressed(event: KeyboardEvent): void {
    const { key } = event;
    const count = this.found.length ? this.found.length + 1 : 0;
    if (key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.open(this.active);
    } else if (key === "Escape" && (this.words || this.field?.value)) {
      event.preventDefault();
      if (this.words === "" && this.field) this.field.value = "";
      this.forget();
      this.show("", []);
    } else if ((key === "ArrowDown" || key === "ArrowUp") && count) {
      event.preventDefault();
      const step = key === "ArrowDown" ? 1 : -1;
      this.active = this.active < 0 ? (step > 0 ? 0 : count - 1) : (this.active + step + count) % count;
      void this.updateComplete.then(() => this.querySelector(`#search-${this.active}`)?.scrollIntoView({ block: "nearest" }));
    }
  }

  private open(index: number): void {
    const hit = this.found[index];
    if (hit) location.assign(hit.url);
    else this.querySelector("form")?.requestSubmit();
  }

  private readonly left = (event: FocusEvent): void => {
    if (event.relatedTarget instanceof Node && this.contains(event.relatedTarget)) return;
    this.forget();
    this.show("", []);
  };
}

function pieces(parts: readonly Piece[]): TemplateResult[] {
  return parts.map(({ text, found }) => (found ? html`<mark>${text}</mark>` : html`${text}`));
}

/** `/` outside of fields, and Ctrl+K or Cmd+K anywhere, lead to the search field; where it has no room, to its page. */
export function searchShortcuts(root: Document): void {
  root.addEventListener("keydown", (event) => {
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !writes(event.target);
    const command = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const field = root.querySelector<HTMLInputElement>('[role="search"] input[type="search"]');
    if (!(slash || command) || !field || root.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (field.offsetParent === null) location.assign("/search");
    else field.focus();
    field.select();
  });
}

function writes(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
