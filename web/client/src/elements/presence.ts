import { type TemplateResult, html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { locale, t } from "../i18n";
import { realtime } from "../realtime";
import { showConnection } from "./connection";
import { LightElement } from "./light";

interface Present {
  visit: string;
  name: string;
}

/** <hc-presence meeting="…">: who is in a meeting's room, kept up to date. */
@customElement("hc-presence")
export class Presence extends LightElement {
  @property() meeting = "";
  @state() private present: readonly Present[] | null = null;
  private leave: (() => void) | undefined;
  private words = "";

  override connectedCallback(): void {
    this.words ||= this.textContent.trim();
    super.connectedCallback();
    showConnection();
    this.leave = realtime().subscribe<{ present: Present[] }>(`room:${this.meeting}`, {
      onSnapshot: ({ present }) => {
        this.present = present;
      },
      onEvent: ({ type, data }) => {
        const { visit, name = "" } = data as { visit: string; name?: string };
        const others = (this.present ?? []).filter((one) => one.visit !== visit);
        this.present = type === "room.entered" ? [...others, { visit, name }] : others;
      },
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave?.();
  }

  protected override render(): TemplateResult {
    if (this.present === null) return html`${this.words}`;
    const names = [...new Set(this.present.map(({ name }) => name))];
    return html`${names.length ? new Intl.ListFormat(locale()).format(names) : t("Nobody yet")}`;
  }
}
