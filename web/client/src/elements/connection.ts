import { type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { announce } from "../announce";
import { t } from "../i18n";
import { icon } from "../icon";
import { realtime } from "../realtime";
import { LightElement } from "./light";

const PATIENCE_MS = 2_000;

/** <hc-connection>: says in words that the connection is lost, once that has lasted; silent on pages with nothing live. */
@customElement("hc-connection")
export class ConnectionState extends LightElement {
  @state() private lost = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unwatch: (() => void) | undefined;

  /** Called by the pages that show something live. */
  follow(): void {
    this.unwatch ??= realtime().watch((connection) => {
      clearTimeout(this.timer);
      if (connection === "online") {
        if (this.lost) announce(t("The connection is back. This page is up to date."));
        this.show(false);
      } else {
        this.timer = setTimeout(() => {
          this.show(true);
          announce(t("The connection is lost. This page will bring itself up to date when it is back."));
        }, PATIENCE_MS);
      }
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.unwatch?.();
    this.unwatch = undefined;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.lost) return nothing;
    return html`<p class="connection">
      ${icon("wifi-off")}${t("The connection is lost. This page will bring itself up to date when it is back.")}
    </p>`;
  }

  private show(lost: boolean): void {
    this.lost = lost;
    this.hidden = !lost;
  }
}

/** Lets the page's indicator follow the connection. */
export function showConnection(): void {
  document.querySelector<ConnectionState>("hc-connection")?.follow();
}
