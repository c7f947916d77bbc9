/** The columns of a board, side by side, or cut into lanes: what is in them, and where new cards are written. */
import { type TemplateResult, html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { t, tn } from "../i18n";
import { icon } from "../icon";
import { inParts } from "./chunks";
import { type Columns, count } from "./columns";
import { droppableList } from "./drag";
import { type FaceDeeds, face } from "./face";
import type { Lane } from "./lanes";
import type { CardTemplate } from "./live";
import type { Board, Column } from "./state";

/** How columns are shown, and what can be done in them. `shown`: the one that narrow screens show. */
export interface ColumnDeeds {
  readonly shown: string;
  readonly ready: number;
  readonly canEdit: boolean;
  readonly canMove: boolean;
  readonly acts: Columns;
  readonly templates: readonly CardTemplate[];
  readonly face: FaceDeeds;
  readonly folded: readonly string[];
  create(event: SubmitEvent, column: string): void;
  fold(lane: string): void;
}

const list = (element?: Element): void => {
  if (element) droppableList(element as HTMLElement);
};

export function columnOf(board: Board, column: Column, deeds: ColumnDeeds): TemplateResult {
  return html`<section class="board-column" aria-labelledby="column-${column.id}" ?data-shown=${column.id === deeds.shown}>
    ${head(board, column, deeds)} ${cards(board, column, deeds)} ${creating(column, deeds)}
  </section>`;
}

function head(board: Board, column: Column, { canEdit, acts }: ColumnDeeds): TemplateResult {
  const whole = board.columns.find(({ id }) => id === column.id) ?? column;
  return html`<header class="board-column__head">
    <h2 id="column-${column.id}">${column.title}</h2>
    ${count(whole)} ${canEdit ? acts.menu(column) : nothing}
  </header>`;
}

function cards(board: Board, { id, cards: own, done }: Column, deeds: ColumnDeeds, lane?: string): TemplateResult {
  return html`<div class="board-column__cards" role="list" data-column=${id} data-lane=${lane ?? nothing} tabindex="-1" ${ref(list)}>
    ${inParts(own, deeds.ready, [done, deeds.canMove, board.labels, board.fields], (card) => face(card, done, board, deeds.canMove, deeds.face))}
  </div>`;
}

function creating({ id, title }: Column, { canEdit, templates, create }: ColumnDeeds): TemplateResult | typeof nothing {
  if (!canEdit) return nothing;
  const begin = (event: Event, template: CardTemplate): void => {
    const menu = (event.currentTarget as Element).closest("details");
    const form = menu?.closest("form");
    menu?.removeAttribute("open");
    if (!form) return;
    form.dataset.template = template.id;
    const input = form.elements.namedItem("title") as HTMLInputElement;
    input.value = template.title;
    input.focus();
    input.select();
  };
  return html`<form class="board-create" data-live @submit=${(event: SubmitEvent) => { create(event, id); }}>
    <input class="input" name="title" maxlength="200" autocomplete="off" placeholder=${t("New card")} aria-label=${t("New card in %(column)s", { column: title })} />
    ${templates.length === 0
      ? nothing
      : html`<details class="menu board-create__templates">
          <summary class="icon-button" title=${t("From a template")} aria-label=${t("New card in %(column)s from a template", { column: title })}>${icon("copy")}</summary>
          <div class="menu__panel">${templates.map((one) => html`<button type="button" class="menu__item" @click=${(event: Event) => { begin(event, one); }}>${icon("file")}<span>${one.name}</span></button>`)}</div>
        </details>`}
    <button class="icon-button" aria-label=${t("Add the card to %(column)s", { column: title })}>${icon("plus")}</button>
  </form>`;
}

/** The columns in lanes: their heads above, their limits counted over all lanes, new cards at the bottom. */
export function lanesView(board: Board, lanes: readonly Lane[], deeds: ColumnDeeds): TemplateResult {
  const each = (show: (column: Column) => TemplateResult | typeof nothing, columns: readonly Column[] = board.columns): TemplateResult[] =>
    columns.map((column) => html`<div class="board-lane__cell" ?data-shown=${column.id === deeds.shown}>${show(column)}</div>`);
  return html`<div class="board-lanes">
    <div class="board-lane__row board-lane__heads">${each((column) => head(board, column, deeds))}</div>
    ${repeat(
      lanes.filter(({ key, count: all }) => key !== "" || all > 0 || lanes.length === 1),
      ({ key }) => key,
      ({ key, title, board: own, count: all }) => {
        const open = !deeds.folded.includes(key);
        return html`<section class="board-lane" aria-labelledby="lane-${key}">
          <h3 class="board-lane__head">
            <button type="button" class="board-lane__fold" id="lane-${key}" aria-expanded=${open} @click=${() => { deeds.fold(key); }}>
              ${icon(open ? "chevron-down" : "chevron-right")}<span>${title}</span>
              <span class="board-count" aria-hidden="true">${all}</span><span class="visually-hidden">${tn("%(count)s card", "%(count)s cards", all)}</span>
            </button>
          </h3>
          ${open ? html`<div class="board-lane__row">${each((column) => cards(board, column, deeds, key), own.columns)}</div>` : nothing}
        </section>`;
      },
    )}
    <div class="board-lane__row">${each((column) => creating(column, deeds))}</div>
  </div>`;
}
