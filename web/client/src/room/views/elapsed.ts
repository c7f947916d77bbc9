import { type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../../announce";
import { LightElement } from "../../elements/light";
import { t } from "../../i18n";

/** A length of time as 1:05 or 1:02:03. */
export function lasting(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** <hc-elapsed since limit>: how long somebody has been speaking; says when their time is over. */
@customElement("hc-elapsed")
export class ElapsedElement extends LightElement {
  @property() since = "";
  @property({ type: Number }) limit = 0;
  @state() private seconds = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  private warned = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => {
      this.count();
    }, 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected override willUpdate(): void {
    this.count();
  }

  protected override render(): TemplateResult {
    const over = this.limit > 0 && this.seconds >= this.limit;
    return html`<span role="timer" class=${over ? "over" : ""}
      >${lasting(this.seconds)}${this.limit > 0 ? ` / ${lasting(this.limit)}` : ""}${over
        ? html`<span class="visually-hidden"> ${t("The time is over")}</span>`
        : nothing}</span
    >`;
  }

  private count(): void {
    this.seconds = Math.max(0, Math.floor((Date.now() - Date.parse(this.since)) / 1000) || 0);
    if (this.limit > 0 && this.seconds >= this.limit && this.warned !== this.since) {
      this.warned = this.since;
      announce(t("The time is over"));
    }
  }
}
