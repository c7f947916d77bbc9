/** The dialog of devices and keys: what one can change in the middle of a meeting, and what the keys do. */
import { type TemplateResult, html } from "lit";
import { t } from "../../i18n";
import { icon } from "../../icon";
import type { Owned } from "../own";
import { type Command, KEYS } from "../shortcuts";
import { type DoorActions, select } from "./door";

export interface SettingsActions extends Pick<DoorActions, "choose"> {
  shortcuts(on: boolean): void;
}

export function settings(owned: Owned, shortcuts: boolean, actions: SettingsActions): TemplateResult {
  return html`<dialog class="dialog room-settings" aria-labelledby="room-settings-title">
    <div class="dialog__body">
      <header class="room-panel__head">
        <h2 id="room-settings-title">${t("Devices and keys")}</h2>
        <form method="dialog"><button class="icon-button" aria-label=${t("Close")}>${icon("x")}</button></form>
      </header>
      <div class="door__devices">
        ${select("camera", t("Camera"), owned, actions)} ${select("microphone", t("Microphone"), owned, actions)}
        ${select("speaker", t("Speaker"), owned, actions)}
      </div>
      <section aria-labelledby="room-keys-title">
        <h3 id="room-keys-title">${t("Keyboard")}</h3>
        <label class="check">
          <input
            type="checkbox"
            .checked=${shortcuts}
            @change=${({ target }: Event) => actions.shortcuts((target as HTMLInputElement).checked)}
          />
          <span>${t("Single keys do something")}</span>
        </label>
        <p class="soft size-s">${t("Never while you write. Switch them off if a screen reader or voice control needs these keys.")}</p>
        <dl class="room-keys">
          <div><dt><kbd>${t("Space")}</kbd></dt><dd>${t("Hold it down to speak while your microphone is off")}</dd></div>
          ${(Object.keys(KEYS) as Command[]).map(
            (command) => html`<div><dt><kbd>${KEYS[command].toUpperCase()}</kbd></dt><dd>${commandWords(command)}</dd></div>`,
          )}
        </dl>
      </section>
    </div>
  </dialog>`;
}

function commandWords(command: Command): string {
  switch (command) {
    case "microphone":
      return t("Microphone on or off");
    case "camera":
      return t("Camera on or off");
    case "share":
      return t("Share the screen, or stop");
    case "hand":
      return t("Raise or lower your hand");
    case "chat":
      return t("Open or close the chat");
    case "people":
      return t("Open or close the list of people");
    case "arrange":
      return t("Next layout");
    case "help":
      return t("Devices and keys");
  }
}
