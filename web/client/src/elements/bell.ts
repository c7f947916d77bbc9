import { type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../announce";
import type { Announcements } from "../generated/events";
import { t, tn } from "../i18n";
import { icon } from "../icon";
import { realtime } from "../realtime";
import { LightElement } from "./light";

const MOST_SHOWN = 99;

/** <hc-bell person="…" count="…" href="…">: the number of unread notifications, kept up to date. */
@customElement("hc-bell")
export class Bell extends LightElement {
  @property() person = "";
  @property() href = "/notifications";
  @property({ type: Number }) count = 0;
  @state() private unread = 0;
  private leave: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.unread = this.count;
    this.leave = realtime().subscribe<{ unread: number }>(`person:${this.person}`, {
      onSnapshot: ({ unread }) => {
        this.unread = unread;
      },
      onEvent: (event) => {
        if (event.type !== "notification.added" && event.type !== "notifications.read") return;
        const { unread } = event.data as Announcements["notification.added" | "notifications.read"];
        if (event.type === "notification.added") announce(t("A new notification."));
        this.unread = unread;
      },
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave?.();
  }

  protected override render(): TemplateResult {
    const label =
      this.unread > 0 ? tn("%(count)s unread notification", "%(count)s unread notifications", this.unread) : t("Notifications");
    return html`<a class="icon-button" href=${this.href} title=${label}>
      ${icon("bell")}
      ${
        this.unread > 0
          ? html`<span class="count" aria-hidden="true">${this.unread > MOST_SHOWN ? "99+" : this.unread}</span>`
          : nothing
      }
      <span class="visually-hidden">${label}</span>
    </a>`;
  }
}
