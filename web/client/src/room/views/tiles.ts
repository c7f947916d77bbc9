/** The tiles on the stage and beside it: a picture or initials, the name, who is muted, who speaks. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../../i18n";
import { type IconName, icon } from "../../icon";
import type { Participant } from "../../generated/events";
import type { Composition } from "../composition";
import type { Grid, Tile } from "../layout";
import type { Slot } from "../media";
import { type Reaction, SIGNS, reactionWords } from "../reactions";
import { lineSign } from "./lines";
import { streamOf } from "./streams";

const HUES = 8;

export interface TilesModel {
  composition: Composition;
  grid: Grid;
  /** The tile that one has pinned. */
  pinned: string | null;
  /** What people show for a few seconds, by participant. */
  reactions: ReadonlyMap<string, Reaction>;
  slots: readonly Slot[];
  camera: MediaStreamTrack | null;
  screen: MediaStreamTrack | null;
}

export interface TilesActions {
  pin(tile: string): void;
  turn(by: number): void;
}

export function tiles(model: TilesModel, actions: TilesActions): TemplateResult {
  const { stage, strip, below, page, pages } = model.composition;
  const many = stage.length + strip.length > 1;
  const screens = stage.length > 0 && stage.every(({ kind }) => kind === "screen");
  const list = (some: readonly Tile[]): unknown =>
    repeat(
      some,
      ({ id }) => id,
      (tile) => oneTile(tile, pictureOf(tile, model), model.reactions.get(tile.participant.id), many ? { pinned: tile.id === model.pinned, pin: actions.pin } : null),
    );
  return html`<div
    class="tiles ${strip.length > 0 ? "with-strip" : ""} ${below ? "below" : ""}"
    .style=${`--columns: ${model.grid.columns}; --tile: ${model.grid.height}px`}
  >
    <ul class="tiles__stage ${screens ? "screens" : ""}" role="list" aria-label=${screens ? t("Shared screens") : t("People in the meeting")}>
      ${list(stage)}
    </ul>
    ${strip.length > 0 ? html`<ul class="tiles__strip" role="list" tabindex="0" aria-label=${t("The others")}>${list(strip)}</ul>` : nothing}
    ${pages > 1 ? pager(page, pages, actions) : nothing}
  </div>`;
}

function pager(page: number, pages: number, { turn }: TilesActions): TemplateResult {
  const button = (picture: IconName, words: string, by: number, none: boolean): TemplateResult =>
    html`<button type="button" class="icon-button" aria-label=${words} aria-disabled=${none} @click=${() => {
      if (!none) turn(by);
    }}>${icon(picture)}</button>`;
  return html`<nav class="tiles__pages" aria-label=${t("Pages of people")}>
    ${button("chevron-left", t("Previous page"), -1, page === 0)}
    <span>${t("Page %(page)s of %(pages)s", { page: page + 1, pages })}</span>
    ${button("chevron-right", t("Next page"), 1, page === pages - 1)}
  </nav>`;
}

export function pictureOf(tile: Tile, model: Pick<TilesModel, "slots" | "camera" | "screen">): MediaStreamTrack | null {
  if (tile.me) return tile.kind === "screen" ? model.screen : model.camera;
  if (tile.track === null) return null;
  return model.slots.find(({ kind, carries }) => kind === "video" && carries === tile.track)?.media ?? null;
}

interface Pinning {
  pinned: boolean;
  pin(tile: string): void;
}

function oneTile(tile: Tile, picture: MediaStreamTrack | null, reaction: Reaction | undefined, pinning: Pinning | null): TemplateResult {
  const { participant, kind } = tile;
  return html`<li
    class="tile ${kind} ${tile.speaking ? "speaking" : ""} ${participant.away ? "away" : ""}"
    data-participant=${participant.id}
    data-tile=${tile.id}
  >
    ${pictured(tile, picture)}
    ${reaction && kind === "person" ? html`<span class="tile__reaction" aria-hidden="true"><span>${SIGNS[reaction]}</span>${reactionWords(reaction)}</span>` : nothing}
    ${pinning
      ? html`<button
          type="button"
          class="icon-button tile__pin"
          aria-pressed=${pinning.pinned}
          aria-label=${t("Pin for me: %(name)s", { name: labelOf(tile) })}
          @click=${() => pinning.pin(tile.id)}
        >
          ${icon(pinning.pinned ? "pin-off" : "pin")}
        </button>`
      : nothing}
  </li>`;
}

function labelOf({ participant, me, kind }: Tile): string {
  const called = nameOf(participant);
  if (kind === "screen") return t("Screen of %(name)s", { name: called });
  return me ? t("%(name)s (you)", { name: called }) : called;
}

/** What a tile shows: the picture or initials, and over it the name and what is to be known of somebody. */
export function pictured(tile: Tile, picture: MediaStreamTrack | null): TemplateResult {
  const { participant, me, kind } = tile;
  const label = labelOf(tile);
  return html`${picture
      ? html`<video class=${me && kind === "person" ? "mirror" : ""} autoplay playsinline .muted=${true} .srcObject=${streamOf(picture)} aria-label=${label}></video>`
      : html`<span class="avatar tile__initials" data-hue=${hueOf(participant.person)} aria-hidden="true">
          ${initials(nameOf(participant))}${participant.photo
            ? html`<img src="/directory/people/${participant.person}/photo" alt="" />`
            : nothing}
        </span>`}
    <span class="tile__name">
      ${tile.muted && kind === "person" ? icon("mic-off", t("Microphone off")) : nothing}
      ${tile.speaking ? html`<span class="visually-hidden">${t("speaks")}</span>` : nothing}
      ${tile.hand > 0 && kind === "person" ? icon("hand", t("Hand raised, number %(count)s", { count: tile.hand })) : nothing}
      ${kind === "person" ? lineSign(tile.line, me) : nothing}
      <span>${label}</span>
    </span>
    ${participant.away ? html`<span class="tile__away">${icon("wifi-off")}${t("Coming back…")}</span>` : nothing}`;
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
