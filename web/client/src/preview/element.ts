/** <hc-preview>: a picture, the pages of a document or a text, made by the server when they are first asked for. */
import { type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../announce";
import { LightElement } from "../elements/light";
import { t } from "../i18n";
import { icon } from "../icon";
import { type State, part, settled, zoomed } from "./parts";

@customElement("hc-preview")
export class Preview extends LightElement {
  @property() parts = "";
  @property() kind = "";
  @property() name = "";
  @property() state: State = "waiting";
  @property({ type: Number }) pages = 0;
  @state() private zoom = 1;
  @state() private page = 1;
  @state() private urls: ReadonlyMap<string, string> = new Map();
  @state() private text: string | undefined;
  private readonly asked = new Set<string>();
  private leave = new AbortController();
  private seen: IntersectionObserver | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.leave = new AbortController();
    document.addEventListener("keydown", this.pressed, { signal: this.leave.signal });
    void this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave.abort();
    this.seen?.disconnect();
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
  }

  protected override render(): TemplateResult {
    if (this.state === "waiting")
      return html`<div class="preview__wait" role="status"><div class="skeleton preview__skeleton"></div><p>${t("The preview is being made…")}</p></div>`;
    if (this.state !== "ready") return this.none();
    if (this.kind === "text") return html`<pre class="preview__text" tabindex="0" aria-label=${this.name}>${this.text ?? ""}</pre>`;
    return html`${this.bar()}
      <div class="preview__scroll" tabindex="0" role="region" aria-label=${t("Preview of %(name)s", { name: this.name })}>
        ${this.kind === "picture" ? this.picture("picture", this.name) : Array.from({ length: this.pages }, (_, index) => this.sheet(index + 1))}
      </div>`;
  }

  protected override updated(): void {
    this.style.setProperty("--zoom", String(this.zoom));
    if (this.state !== "ready" || this.kind === "text" || this.kind === "picture") return;
    this.seen ??= new IntersectionObserver(this.shown, { root: this.querySelector(".preview__scroll"), rootMargin: "50% 0px" });
    for (const sheet of this.querySelectorAll("[data-page]")) this.seen.observe(sheet);
  }

  private none(): TemplateResult {
    const why =
      this.state === "absent"
        ? t("This server does not show office documents. Download the file to open it.")
        : t("The server could not make a picture of this file. Download it to open it.");
    return html`<div class="preview__none">${icon("file")}<p><strong>${t("No preview")}</strong></p><p>${why}</p></div>`;
  }

  private bar(): TemplateResult {
    const change = (step: 1 | -1) => () => {
      this.zoom = zoomed(this.zoom, step);
    };
    return html`<div class="preview__bar" role="toolbar" aria-label=${t("Preview")}>
      ${this.kind === "picture" ? nothing : this.pager()}
      <span class="button-group">
        <button class="icon-button" type="button" title=${t("Smaller")} @click=${change(-1)}>${icon("zoom-out", t("Smaller"))}</button>
        <button class="button small" type="button" title=${t("Fit to the width")} @click=${() => {
          this.zoom = 1;
        }}>${Math.round(this.zoom * 100)} %</button>
        <button class="icon-button" type="button" title=${t("Larger")} @click=${change(1)}>${icon("zoom-in", t("Larger"))}</button>
      </span>
    </div>`;
  }

  private pager(): TemplateResult {
    return html`<span class="button-group">
      <button class="icon-button" type="button" ?disabled=${this.page <= 1} title=${t("Previous page")} @click=${() => {
        this.turn(this.page - 1);
      }}>${icon("arrow-up", t("Previous page"))}</button>
      <label class="preview__page"><span class="visually-hidden">${t("Page")}</span>
        <input class="input" type="number" min="1" max=${this.pages} .value=${String(this.page)} @change=${(event: Event) => {
          this.turn((event.target as HTMLInputElement).valueAsNumber || this.page);
        }}> / ${this.pages}</label>
      <button class="icon-button" type="button" ?disabled=${this.page >= this.pages} title=${t("Next page")} @click=${() => {
        this.turn(this.page + 1);
      }}>${icon("arrow-down", t("Next page"))}</button>
    </span>`;
  }

  private sheet(number: number): TemplateResult {
    return html`<div class="preview__sheet" data-page=${number}>
      ${this.picture(`page-${number}`, t("Page %(number)s", { number }))}
    </div>`;
  }

  private picture(name: string, alt: string): TemplateResult {
    const url = this.urls.get(name);
    if (url === undefined) return html`<div class="skeleton preview__skeleton"></div>`;
    return html`<img class="preview__picture" src=${url} alt=${alt}>`;
  }

  private async begin(): Promise<void> {
    const { signal } = this.leave;
    try {
      const waited = this.state === "waiting";
      if (waited) {
        const view = await settled(this.parts, signal);
        this.pages = view.pages;
        this.state = view.state;
        announce(view.state === "ready" ? t("The preview is ready.") : t("No preview"));
      }
      if (this.state !== "ready") return;
      if (this.kind === "picture") await this.fetch("picture");
      else if (this.kind === "text") this.text = await (await part(`${this.parts}/text`, signal))?.text();
    } catch {
      if (!signal.aborted) this.state = "broken";
    }
  }

  private async fetch(name: string): Promise<void> {
    if (this.asked.has(name)) return;
    this.asked.add(name);
    try {
      const blob = await part(`${this.parts}/${name}`, this.leave.signal);
      if (blob) this.urls = new Map(this.urls).set(name, URL.createObjectURL(blob));
    } catch {
      this.asked.delete(name); // seen again, it is asked for again
    }
  }

  private readonly shown = (entries: IntersectionObserverEntry[]): void => {
    for (const { isIntersecting, target } of entries)
      if (isIntersecting) void this.fetch(`page-${(target as HTMLElement).dataset.page ?? "1"}`);
    const scroll = this.querySelector(".preview__scroll");
    if (!scroll) return;
    const { top, height } = scroll.getBoundingClientRect();
    for (const sheet of this.querySelectorAll<HTMLElement>("[data-page]")) {
      const box = sheet.getBoundingClientRect();
      if (box.bottom > top + height / 3) {
        this.page = Number(sheet.dataset.page);
        break;
      }
    }
  };

  private turn(number: number): void {
    this.page = Math.min(Math.max(Math.round(number), 1), this.pages);
    this.querySelector(`[data-page="${this.page}"]`)?.scrollIntoView({ block: "start" });
  }

  /** + and - for the size, left and right for the files beside this one. */
  private readonly pressed = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select, [contenteditable]")) return;
    const across = this.querySelector(".preview__scroll");
    const wide = across !== null && across.scrollWidth > across.clientWidth && across.contains(target);
    if (event.key === "+") this.zoom = zoomed(this.zoom, 1);
    else if (event.key === "-") this.zoom = zoomed(this.zoom, -1);
    else if (event.key === "ArrowLeft" && !wide) document.querySelector<HTMLElement>('[data-neighbours] [rel="prev"]')?.click();
    else if (event.key === "ArrowRight" && !wide) document.querySelector<HTMLElement>('[data-neighbours] [rel="next"]')?.click();
  };
}
