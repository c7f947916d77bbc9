/** The panel of those who are in the room: who wants to speak, and what hosts may do with each and with all. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Line, Participant } from "../../generated/events";
import { t, tn } from "../../i18n";
import { type IconName, icon } from "../../icon";
import type { HostAct, Label } from "../call";
import { type RoomState, isHost, isMuted } from "../state";
import type { Lobby } from "../lobby";
import { queue } from "./floor";
import { type LobbyActions, waiting } from "./lobby";
import { lineNote } from "./lines";
import { hueOf, initials, nameOf } from "./tiles";

export interface PeopleActions {
  lower(participant: string): void;
  host(act: HostAct, participant?: Participant): void;
  quality(): void;
}

export function people(state: RoomState, lobby: Lobby, actions: PeopleActions & LobbyActions): TemplateResult {
  const count = state.participants.filter(({ kind }) => kind === "person").length;
  const host = isHost(state);
  const lineOf = (id: string): Line | undefined => state.lines.find(({ participant }) => participant === id);
  return html`<div class="room-people">
    ${host ? waiting(lobby, actions) : nothing}
    <p class="room-panel__note">${tn("%(count)s person is in the room", "%(count)s people are in the room", count)}</p>
    ${state.viewers === 0
      ? nothing
      : html`<p class="room-panel__note">${tn("%(count)s program looks on", "%(count)s programs look on", state.viewers)}</p>`}
    ${state.locked ? html`<p class="room-panel__note with-icon">${icon("lock")}<span>${t("The room is locked: nobody else comes in.")}</span></p>` : nothing}
    ${queue(state, actions)}
    <ul role="list">
      ${repeat(
        state.participants,
        ({ id }) => id,
        (one) => html`<li>
          <span class="avatar" data-hue=${hueOf(one.person)} aria-hidden="true">${initials(nameOf(one))}</span>
          <span class="room-people__name">
            <span>${called(one, state)}</span>
            ${one.kind === "source" && one.name !== "" ? html`<small>${t("Broadcast source")}</small>` : nothing}
            ${one.guest ? html`<small>${t("Guest")}</small>` : nothing}
            ${one.role === "host" ? html`<small>${t("Organises")}</small>` : nothing}
            ${lineNote(lineOf(one.id), one.id === state.me)}
          </span>
          ${one.away ? icon("wifi-off", t("Connection interrupted")) : nothing}
          ${state.speaking.includes(one.id) ? icon("volume-2", t("Speaks")) : nothing}
          ${isMuted(state, one.id) ? icon("mic-off", t("Microphone off")) : icon("mic", t("Microphone on"))}
          ${host && one.id !== state.me && one.role !== "host" ? menu(one, state, actions) : nothing}
        </li>`,
      )}
    </ul>
    ${host ? forAll(state, actions) : nothing}
  </div>`;
}

function menu(one: Participant, state: RoomState, { host }: PeopleActions): TemplateResult {
  const sends = (label: Label): boolean =>
    state.tracks.some((track) => track.participant === one.id && track.label === label && !track.muted);
  const silence = (label: Label, picture: IconName, words: string): TemplateResult | typeof nothing =>
    sends(label)
      ? item(picture, words, () => {
          host({ type: "silence", label, participant: one.id }, one);
        })
      : nothing;
  return html`<details class="menu">
    <summary class="icon-button" aria-label=${t("What to do about %(name)s", { name: nameOf(one) })}>${icon("ellipsis")}</summary>
    <div class="menu__panel">
      ${silence("microphone", "mic-off", t("Switch the microphone off"))}
      ${silence("camera", "video-off", t("Switch the camera off"))}
      ${silence("screen", "screen-share-off", t("Stop the shared screen"))}
      ${item("log-out", t("Put out of the room"), () => {
        host({ type: "send_out", participant: one.id, back: true }, one);
      })}
      ${item(
        "x",
        t("Put out for good"),
        () => {
          host({ type: "send_out", participant: one.id, back: false }, one);
        },
        "danger",
      )}
    </div>
  </details>`;
}

function item(picture: IconName, words: string, act: () => void, kind = ""): TemplateResult {
  return html`<button
    type="button"
    class="menu__item ${kind}"
    @click=${({ currentTarget }: Event) => {
      (currentTarget as HTMLElement).closest("details")?.removeAttribute("open");
      act();
    }}
  >
    ${icon(picture)}${words}
  </button>`;
}

function forAll(state: RoomState, { host, quality }: PeopleActions): TemplateResult {
  const others = state.participants.some(({ id, role }) => role !== "host" && !isMuted(state, id));
  return html`<div class="room-people__more">
    <button
      type="button"
      class="button quiet small"
      ?disabled=${!others}
      @click=${() => {
        host({ type: "silence", label: "microphone", participant: null });
      }}
    >
      ${icon("mic-off")}${t("Switch all microphones off")}
    </button>
    <button
      type="button"
      class="button quiet small"
      aria-pressed=${state.locked}
      @click=${() => {
        host({ type: "lock", locked: !state.locked });
      }}
    >
      ${icon("lock")}${state.locked ? t("Open the room again") : t("Lock the room")}
    </button>
    <button type="button" class="button quiet small" @click=${quality}>${icon("activity")}${t("Connection quality")}</button>
    <button
      type="button"
      class="button danger small"
      @click=${() => {
        host({ type: "end" });
      }}
    >
      ${icon("phone-off")}${t("End for everybody")}
    </button>
  </div>`;
}

function called(one: Participant, state: RoomState): string {
  return one.id === state.me ? t("%(name)s (you)", { name: nameOf(one) }) : nameOf(one);
}
