/** The grid of tiles: a picture or initials, the name, who is muted, who speaks. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../../i18n";
import { icon } from "../../icon";
import type { Participant } from "../../generated/events";
import type { Grid, Tile } from "../layout";
import type { Slot } from "../media";
import { streamOf } from "./streams";

const HUES = 8;

export interface TilesModel {
  tiles: readonly Tile[];
  grid: Grid;
  slots: readonly Slot[];
  camera: MediaStreamTrack | null;
  screen: MediaStreamTrack | null;
}

export function tiles(model: TilesModel): TemplateResult {
  const screens = model.tiles.filter(({ kind }) => kind === "screen");
  const people = model.tiles.filter(({ kind }) => kind === "person");
  const list = (some: readonly Tile[]): unknown =>
    repeat(
      some,
      ({ id }) => id,
      (tile) => oneTile(tile, pictureOf(tile, model)),
    );
  return html`<div
    class="tiles ${screens.length ? "shared" : ""}"
    .style=${`--columns: ${model.grid.columns}; --tile: ${model.grid.height}px`}
  >
    ${screens.length ? html`<ul class="tiles__screens" role="list" aria-label=${t("Shared screens")}>${list(screens)}</ul>` : nothing}
    <ul class="tiles__people" role="list" aria-label=${t("People in the meeting")}>${list(people)}</ul>
  </div>`;
}

function pictureOf(tile: Tile, model: TilesModel): MediaStreamTrack | null {
  if (tile.me) return tile.kind === "screen" ? model.screen : model.camera;
  if (tile.track === null) return null;
  return model.slots.find(({ kind, carries }) => kind === "video" && carries === tile.track)?.media ?? null;
}

function oneTile(tile: Tile, picture: MediaStreamTrack | null): TemplateResult {
  const { participant, me, kind } = tile;
  const called = nameOf(participant);
  const name = me ? t("%(name)s (you)", { name: called }) : called;
  const label = kind === "screen" ? t("Screen of %(name)s", { name: called }) : name;
  return html`<li
    class="tile ${kind} ${tile.speaking ? "speaking" : ""} ${participant.away ? "away" : ""}"
    data-participant=${participant.id}
    data-tile=${tile.id}
  >
    ${picture
      ? html`<video class=${me && kind === "person" ? "mirror" : ""} autoplay playsinline .muted=${true} .srcObject=${streamOf(picture)} aria-label=${label}></video>`
      : html`<span class="avatar tile__initials" data-hue=${hueOf(participant.person)} aria-hidden="true">
          ${initials(called)}${participant.photo
            ? html`<img src="/directory/people/${participant.person}/photo" alt="" />`
            : nothing}
        </span>`}
    <span class="tile__name">
      ${tile.muted && kind === "person" ? icon("mic-off", t("Microphone off")) : nothing}
      ${tile.speaking ? html`<span class="visually-hidden">${t("speaks")}</span>` : nothing}
      ${tile.hand > 0 && kind === "person" ? icon("hand", t("Hand raised, number %(count)s", { count: tile.hand })) : nothing}
      <span>${label}</span>
    </span>
    ${participant.away ? html`<span class="tile__away">${icon("wifi-off")}${t("Coming back…")}</span>` : nothing}
  </li>`;
}

/** What somebody is called here; a program that sends may have no name of its own. */
export function nameOf(participant: Participant): string {
  return participant.name === "" ? t("Broadcast source") : participant.name;
}

export function initials(name: string): string {
  const words = name.replaceAll("-", " ").split(" ").filter((word) => /^\p{L}/u.test(word));
  const first = words[0]?.[0] ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return (first + last).toUpperCase();
}

/** The same colour as everywhere else: CRC-32 of the id (see hue() of web/render/pages.py). */
export function hueOf(id: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(id)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ((crc ^ 0xffffffff) >>> 0) % HUES;
}
