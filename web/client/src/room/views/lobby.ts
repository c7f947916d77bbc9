/** Who waits at the door, in the hosts' panel of people; and what who waits sees before it. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../../i18n";
import { icon } from "../../icon";
import type { Lobby, Waiting } from "../lobby";

export interface LobbyActions {
  /** null: all of them. */
  letIn(wait: string | null): void;
  refuse(one: Waiting): void;
  tellWaiting(text: string): void;
}

export function waiting(lobby: Lobby, actions: LobbyActions): TemplateResult | typeof nothing {
  if (lobby.waiting.length === 0) return nothing;
  const tell = (event: Event): void => {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem("text") as HTMLInputElement;
    actions.tellWaiting(field.value.trim());
  };
  return html`<section class="room-lobby" aria-labelledby="room-lobby-title">
    <h3 id="room-lobby-title">${t("Waiting to be let in")}</h3>
    <ul role="list">
      ${repeat(
        lobby.waiting,
        ({ wait }) => wait,
        (one) => html`<li>
          <span class="room-people__name"><span>${one.name}</span>${one.guest ? html`<small>${t("Guest")}</small>` : nothing}</span>
          <button type="button" class="button primary small" @click=${() => { actions.letIn(one.wait); }}>
            ${t("Let in")}<span class="visually-hidden"> ${one.name}</span>
          </button>
          <button type="button" class="button quiet small" @click=${() => { actions.refuse(one); }}>
            ${t("Refuse")}<span class="visually-hidden"> ${one.name}</span>
          </button>
        </li>`,
      )}
    </ul>
    ${lobby.waiting.length > 1
      ? html`<button type="button" class="button small" @click=${() => { actions.letIn(null); }}>${t("Let all in")}</button>`
      : nothing}
    <form @submit=${tell}>
      <label class="visually-hidden" for="room-lobby-text">${t("Message to those who wait")}</label>
      <input id="room-lobby-text" class="input" name="text" maxlength="500" autocomplete="off" .value=${lobby.message} placeholder=${t("Message to those who wait")} />
      <button class="icon-button" aria-label=${t("Send to those who wait")}>${icon("send")}</button>
    </form>
  </section>`;
}

export function waits(message: string, stop: () => void): TemplateResult {
  return html`<section class="door__wait" role="status">
      ${icon("clock")}
      <p><strong>${t("Please wait: somebody who organises the meeting will let you in.")}</strong></p>
      <p>${t("You come in by yourself as soon as they do. Keep this page open.")}</p>
      ${message ? html`<blockquote class="door__said">${message}</blockquote>` : nothing}
    </section>
    <button type="button" class="button" @click=${stop}>${t("Stop waiting")}</button>`;
}
