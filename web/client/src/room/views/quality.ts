/** The hosts' panel: how everybody in the room is connected, two seconds ago at most. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { PictureQuality, Quality } from "../../generated/events";
import { locale, t } from "../../i18n";
import { icon } from "../../icon";
import type { RoomState } from "../state";
import { nameOf } from "./tiles";

/** Above these somebody is likely to see or hear it. */
const LOSS = 0.03;
const ROUND_TRIP = 0.3;
const CONCEALED = 0.02;

export function quality(state: RoomState): TemplateResult {
  const known = new Map((state.quality ?? []).map((one) => [one.participant, one]));
  return html`<div class="room-quality" tabindex="0" role="group" aria-labelledby="room-panel-title">
    <p class="room-panel__note">${t("Figures of the last seconds. What is marked can be heard or seen.")}</p>
    <ul role="list">
      ${repeat(
        state.participants,
        ({ id }) => id,
        (one) => html`<li>
          <h3>${one.id === state.me ? t("%(name)s (you)", { name: nameOf(one) }) : nameOf(one)}</h3>
          ${figures(known.get(one.id))}
        </li>`,
      )}
    </ul>
  </div>`;
}

function figures(one: Quality | undefined): TemplateResult {
  if (!one) return html`<p class="room-quality__none">${t("No figures yet.")}</p>`;
  return html`<dl>
    ${row(t("Sends"), bits(one.up_bps), loss(one.up_loss))}
    ${row(t("Receives"), bits(one.down_bps), loss(one.down_loss))}
    ${row(
      t("Round trip"),
      one.round_trip === null ? t("unknown") : t("%(count)s ms", { count: number(one.round_trip * 1000) }),
      nothing,
      (one.round_trip ?? 0) > ROUND_TRIP,
    )}
    ${one.pictures.length > 0 ? row(t("Pictures"), pictures(one.pictures)) : nothing}
    ${one.freezes === null || one.frozen === null
      ? nothing
      : row(
          t("Freezes"),
          one.freezes === 0
            ? number(0)
            : t("%(count)s in all, %(seconds)s s", { count: one.freezes, seconds: number(one.frozen, 1) }),
        )}
    ${(one.concealed ?? 0) > CONCEALED
      ? row(t("Sound made up"), percent(one.concealed ?? 0), nothing, true)
      : nothing}
  </dl>`;
}

function row(
  name: string,
  value: string,
  more: TemplateResult | typeof nothing = nothing,
  marked = false,
): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="figures">${marked ? icon("triangle-alert", t("High")) : nothing}<span>${value}</span>${more}</dd>
  </div>`;
}

function loss(share: number): TemplateResult {
  return html`<span class="room-quality__loss"
    >${share > LOSS ? icon("triangle-alert", t("High")) : nothing}${t("%(share)s lost", { share: percent(share) })}</span
  >`;
}

/** The sizes, the largest first: `720p, 180p × 3, 1 paused`. */
export function pictures(all: readonly PictureQuality[]): string {
  const shown = all.filter(({ paused, height }) => !paused && height > 0).map(({ height }) => height);
  const words = [...new Set(shown)]
    .sort((a, b) => b - a)
    .map((height) => {
      const count = shown.filter((one) => one === height).length;
      return count === 1 ? `${height}p` : `${height}p × ${count}`;
    });
  const paused = all.filter((one) => one.paused).length;
  const waiting = all.length - shown.length - paused;
  if (waiting > 0) words.push(t("%(count)s awaited", { count: waiting }));
  if (paused > 0) words.push(t("%(count)s paused", { count: paused }));
  return words.join(", ");
}

export function bits(rate: number): string {
  if (rate < 999_500) return t("%(count)s kbit/s", { count: number(rate / 1000) });
  return t("%(count)s Mbit/s", { count: number(rate / 1e6, 1) });
}

const number = (value: number, digits = 0): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);

const percent = (share: number): string =>
  new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(share);
