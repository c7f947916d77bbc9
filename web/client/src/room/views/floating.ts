/** What the small window shows: one picture, whose it is, and the controls that cannot wait. */
import { type TemplateResult, html } from "lit";
import { t } from "../../i18n";
import type { Tile } from "../layout";
import type { RoomState } from "../state";
import { type ControlActions, control } from "./controls";
import { pictured } from "./tiles";

export function floating(
  tile: Tile,
  picture: MediaStreamTrack | null,
  { microphone, camera }: RoomState,
  actions: Pick<ControlActions, "microphone" | "camera" | "leave">,
): TemplateResult {
  return html`<main class="floating__room">
    <div class="tile ${tile.kind}">${pictured(tile, picture)}</div>
    <section class="controls" aria-label=${t("In the meeting")}>
      ${control(microphone ? "mic" : "mic-off", microphone ? t("Mute") : t("Unmute"), actions.microphone, { off: !microphone })}
      ${control(camera ? "video" : "video-off", camera ? t("Stop camera") : t("Start camera"), actions.camera, { off: !camera })}
      ${control("phone-off", t("Leave"), actions.leave, { leave: true })}
    </section>
  </main>`;
}
