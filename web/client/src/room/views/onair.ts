/** That a room is shown to the public, as everybody in it sees it; for hosts, the switch, the address, how many look on. */
import { type TemplateResult, html, nothing } from "lit";
import { t, tn } from "../../i18n";
import { icon } from "../../icon";
import type { HostAct } from "../call";
import { type RoomState, isHost } from "../state";
import { quiet } from "./recording";

/** `offered`: whether the meeting is one that may be shown. */
export function onAir(room: RoomState, offered: boolean, act: (act: HostAct) => void): TemplateResult | typeof nothing {
  const host = isHost(room);
  const turn = (on: boolean) => (): void => {
    act({ type: "broadcast", on });
  };
  if (room.onAir === "") {
    return host && offered ? quiet("radio", t("Show to the public"), turn(true)) : nothing;
  }
  return html`<div class="room-recording on">
    ${icon("radio")}
    <span>${t("Shown to the public")}</span>
    <span>${tn("%(count)s looks on", "%(count)s look on", room.viewers)}</span>
    <a href=${room.onAir} target="_blank" rel="noopener">${t("Public page")}</a>
    ${host ? html`<button type="button" class="button small danger" @click=${turn(false)}>${t("Cut")}</button>` : nothing}
  </div>`;
}
