import { type TemplateResult, html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../announce";
import { t } from "../i18n";
import { icon } from "../icon";
import { LightElement } from "./light";

/** <hc-secret label="…"><code>value</code></hc-secret>: shown once by the server; hidden from the room until asked for. */
@customElement("hc-secret")
export class Secret extends LightElement {
  @property() label = "";
  @state() private shown = false;
  private value = "";

  override connectedCallback(): void {
    this.value ||= this.querySelector("code")?.textContent.trim() ?? "";
    super.connectedCallback();
  }

  protected override render(): TemplateResult {
    return html`
      <span class="visually-hidden">${this.label}</span>
      <code>${this.shown ? this.value : "•".repeat(Math.min(this.value.length, 24))}</code>
      <button type="button" class="button quiet small" aria-pressed=${this.shown} @click=${this.toggle}>
        ${icon(this.shown ? "eye-off" : "eye")}${this.shown ? t("Hide") : t("Show")}
      </button>
      <button type="button" class="button small" @click=${this.copy}>${icon("copy")}${t("Copy")}</button>
    `;
  }

  private toggle(): void {
    this.shown = !this.shown;
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.value);
      announce(t("Copied."));
    } catch {
      this.shown = true;
      announce(t("This browser does not let the page copy. The value is shown: select it and copy it."));
    }
  }
}
