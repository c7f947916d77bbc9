import { type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { announce } from "../announce";
import { t } from "../i18n";
import { icon } from "../icon";
import { realtime } from "../realtime";
import { LightElement } from "./light";

const PATIENCE_MS = 2_000;

type Lost = "offline" | "signed-out" | "crowded";

/** <hc-connection>: says in words that the connection is lost, once that has lasted; silent on pages with nothing live. */
@customElement("hc-connection")
export class ConnectionState extends LightElement {
  @state() private lost: "" | Lost = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unwatch: (() => void) | undefined;

  /** Called by the pages that show something live. */
  follow(): void {
    this.unwatch ??= realtime().watch((connection) => {
      clearTimeout(this.timer);
      if (connection === "online") {
        if (this.lost) announce(t("The connection is back. This page is up to date."));
        this.show("");
      } else if (connection === "signed-out" || connection === "crowded") {
        this.show(connection);
      } else {
        this.timer = setTimeout(() => {
          this.show("offline");
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
    if (this.lost === "") return nothing;
    return html`<p class="connection">
      ${icon("wifi-off")}<span>${words(this.lost)}</span>
      ${this.lost === "signed-out" ? html`<a href=${signInUrl()}>${t("Sign in again")}</a>` : nothing}
    </p>`;
  }

  private show(lost: "" | Lost): void {
    if (lost !== "" && lost !== this.lost) announce(words(lost));
    this.lost = lost;
    this.hidden = lost === "";
  }
}

function words(lost: Lost): string {
  if (lost === "signed-out") return t("You are no longer signed in. What you see here is no longer kept up to date.");
  if (lost === "crowded") return t("Too many of your windows are open. Close some, and this page will bring itself up to date.");
  return t("The connection is lost. This page will bring itself up to date when it is back.");
}

const signInUrl = (): string => `/?next=${encodeURIComponent(location.pathname + location.search)}`;

/** Lets the page's indicator follow the connection. */
export function showConnection(): void {
  document.querySelector<ConnectionState>("hc-connection")?.follow();
}
