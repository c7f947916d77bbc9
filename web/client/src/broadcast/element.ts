import { type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../announce";
import { LightElement } from "../elements/light";
import { t, tn } from "../i18n";
import { icon } from "../icon";
import { streamOf } from "../room/views/streams";
import { type Picture, type Showing, Watching } from "./watching";

/** <hc-broadcast broadcast>: what a room shows to the public. Sound begins with a click, as browsers want it. */
@customElement("hc-broadcast")
export class BroadcastElement extends LightElement {
  @property() broadcast = "";

  @state() private showing: Showing = "connecting";
  @state() private pictures: readonly Picture[] = [];
  @state() private voices: readonly MediaStreamTrack[] = [];
  @state() private heard = false;

  private watching: Watching | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.watching = new Watching(this.broadcast, (showing, pictures, voices) => {
      if (showing !== this.showing) announce(words(showing));
      this.showing = showing;
      this.pictures = pictures;
      this.voices = voices;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watching?.close();
  }

  protected override render(): TemplateResult {
    const live = this.pictures.filter((one) => one.live);
    return html`<p class="broadcast__state ${this.showing}">${icon("radio")}<span>${words(this.showing)}</span></p>
      ${this.showing === "on"
        ? html`<div class="broadcast__pictures" data-count=${live.length}>
              ${live.map(
                ({ track }, index) => html`<video
                  autoplay
                  playsinline
                  .muted=${true}
                  .srcObject=${streamOf(track)}
                  aria-label=${t("Picture %(number)s", { number: index + 1 })}
                ></video>`,
              )}
            </div>
            <p class="cluster">
              <button type="button" class="button ${this.heard ? "" : "primary"}" aria-pressed=${this.heard} @click=${this.listen}>
                ${icon("volume-2")}${this.heard ? t("Switch the sound off") : t("Switch the sound on")}
              </button>
              <span class="soft">${tn("%(count)s picture", "%(count)s pictures", live.length)}</span>
            </p>
            ${this.voices.map((track) => html`<audio autoplay .muted=${!this.heard} .srcObject=${streamOf(track)}></audio>`)}`
        : nothing}`;
  }

  private readonly listen = (): void => {
    this.heard = !this.heard;
    void this.updateComplete.then(() => {
      for (const audio of this.querySelectorAll("audio")) audio.play().catch(() => undefined);
    });
  };
}

function words(showing: Showing): string {
  switch (showing) {
    case "connecting":
      return t("Connecting…");
    case "off":
      return t("Nothing is shown at the moment. This page begins by itself.");
    case "on":
      return t("Live");
    case "lost":
      return t("The connection was lost. Trying again.");
  }
}
