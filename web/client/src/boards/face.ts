/** A card as its board shows it. */
import { type TemplateResult, html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { t } from "../i18n";
import { icon } from "../icon";
import { draggableCard } from "./drag";
import { ownFace } from "./fields";
import type { Board, Card } from "./state";
import { avatars, counts, dueBadge, hasFoot, labelsOf, lockOf } from "./words";

export interface FaceDeeds {
  open(card: string): void;
  choosePlace(card: string): void;
}

const item = (element?: Element): void => {
  if (element) draggableCard(element as HTMLElement);
};

export function face(card: Card, done: boolean, { labels, fields }: Board, canMove: boolean, deeds: FaceDeeds): TemplateResult {
  const { id, title } = card;
  return html`<div class="card board-card" role="listitem" data-card=${id} ${ref(canMove ? item : undefined)}>
    <button type="button" class="board-card__title" @click=${() => { deeds.open(id); }}>${lockOf(card)}${title}</button>
    ${canMove
      ? html`<button
          type="button"
          class="icon-button board-card__move"
          aria-haspopup="dialog"
          aria-label=${t("Move “%(card)s” to…", { card: title })}
          title=${t("Move to…")}
          @click=${() => { deeds.choosePlace(id); }}
        >
          ${icon("ellipsis")}
        </button>`
      : nothing}
    ${labelsOf(card, labels)} ${ownFace(card, fields)}
    ${hasFoot(card)
      ? html`<div class="board-card__foot">
          ${dueBadge(card, done)}${counts(card)}${card.units.map(({ name }) => html`<span class="badge">${icon("building-2")}${name}</span>`)}${avatars(card.assignees)}
        </div>`
      : nothing}
  </div>`;
}
