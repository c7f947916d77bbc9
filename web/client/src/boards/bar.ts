/** The bar above a board: how it is looked at, which cards, and the views that are kept. */
import { type TemplateResult, html, nothing } from "lit";
import { t } from "../i18n";
import { type IconName, icon } from "../icon";
import { choosable } from "./fields";
import { type Filter, type Look, NONE, isNarrow, queryOf, widened } from "./filter";
import { LANES } from "./lanes";
import type { SavedView } from "./live";
import type { Board, OwnField, Person } from "./state";

export interface BarDeeds {
  look(filter: Filter): void;
  show(view: SavedView): void;
  keep(shared: boolean): void;
  forget(view: SavedView): void;
}

const looks = (): readonly (readonly [Look, IconName, string])[] => [
  ["board", "square-kanban", t("Board")],
  ["table", "table", t("Table")],
  ["calendar", "calendar-days", t("Calendar")],
];

/** Everybody who is on a card, by name. */
function peopleOn({ columns }: Board): Person[] {
  const found = new Map(columns.flatMap(({ cards }) => cards.flatMap(({ assignees }) => assignees.map((one) => [one.id, one] as const))));
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

const lanes = (): readonly (readonly [string, string])[] => [
  ["person", t("Rows by person")],
  ["unit", t("Rows by service")],
  ["label", t("Rows by label")],
];

const ownFields = ({ fields }: Board): OwnField[] => fields.filter(({ kind, archived }) => !archived && (kind === "choice" || kind === "person"));

/** Everybody who stands in a field of the board's own, by name. */
function peopleIn({ columns }: Board, field: string): Person[] {
  const found = new Map<string, Person>();
  for (const { cards } of columns) for (const { values } of cards) {
    const one = values[field];
    if (typeof one === "object") found.set(one.id, one);
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function chosen(own: Filter["own"], field: string, value: string): Filter["own"] {
  const others = Object.fromEntries(Object.entries(own).filter(([id]) => id !== field));
  return value === "" ? others : { ...others, [field]: value };
}

export function bar(board: Board, filter: Filter, views: readonly SavedView[], canEdit: boolean, deeds: BarDeeds): TemplateResult {
  const select = (name: "person" | "label" | "due", words: string, options: readonly (readonly [string, string])[]): TemplateResult =>
    html`<select class="select" aria-label=${words} ?data-on=${filter[name] !== ""} @change=${(event: Event) => { deeds.look({ ...filter, [name]: (event.target as HTMLSelectElement).value }); }}>
      <option value="">${words}</option>
      ${options.map(([value, title]) => html`<option value=${value} ?selected=${filter[name] === value}>${title}</option>`)}
    </select>`;
  const close = (act: () => void) => (event: Event) => {
    (event.currentTarget as Element).closest("details")?.removeAttribute("open");
    act();
  };
  return html`<div class="board-bar">
    <div class="board-looks" role="group" aria-label=${t("View")}>
      ${looks().map(
        ([look, name, words]) =>
          html`<button type="button" class="button small" aria-pressed=${filter.look === look} @click=${() => { deeds.look({ ...filter, look }); }}>${icon(name)}${words}</button>`,
      )}
    </div>
    <div class="board-filter" role="search" aria-label=${t("Cards that are shown")}>
      <input class="input" type="search" .value=${filter.text} placeholder=${t("Words of the cards")} aria-label=${t("Words of the cards")}
        @input=${(event: Event) => { deeds.look({ ...filter, text: (event.target as HTMLInputElement).value }); }} />
      ${select("person", t("Given to"), peopleOn(board).map(({ id, name }) => [id, name]))}
      ${board.labels.length === 0 ? nothing : select("label", t("Label"), board.labels.map(({ id, name }) => [id, name]))}
      ${select("due", t("Due date"), [["late", t("Late")], ["week", t("Within a week")], ["none", t("No due date")]])}
      ${ownFields(board).map((field) =>
        html`<select class="select" aria-label=${field.title} ?data-on=${filter.own[field.id] !== undefined} @change=${(event: Event) => { deeds.look({ ...filter, own: chosen(filter.own, field.id, (event.target as HTMLSelectElement).value) }); }}>
          <option value="">${field.title}</option>
          ${choosable(field, "", peopleIn(board, field.id)).map(([value, words]) => html`<option value=${value} ?selected=${filter.own[field.id] === value}>${words}</option>`)}
          <option value=${NONE} ?selected=${filter.own[field.id] === NONE}>${t("%(field)s: none", { field: field.title })}</option>
        </select>`)}
      ${filter.look === "board"
        ? html`<select class="select" aria-label=${t("Rows of the board")} ?data-on=${filter.lanes !== ""} @change=${(event: Event) => { deeds.look({ ...filter, lanes: LANES.find((one) => one === (event.target as HTMLSelectElement).value) ?? "" }); }}>
            <option value="">${t("No rows")}</option>
            ${lanes().map(([value, words]) => html`<option value=${value} ?selected=${filter.lanes === value}>${words}</option>`)}
          </select>`
        : nothing}
      ${isNarrow(filter)
        ? html`<button type="button" class="button quiet small" @click=${() => { deeds.look(widened(filter)); }}>${icon("x")}${t("Show all cards")}</button>`
        : nothing}
    </div>
    <details class="menu board-views">
      <summary class="button small">${icon("star")}${t("Views")}</summary>
      <div class="menu__panel">
        ${views.map(
          (view) => html`<div class="board-view">
            <button type="button" class="menu__item" @click=${close(() => { deeds.show(view); })}>${icon(view.shared ? "users" : "user")}<span>${view.title}</span></button>
            ${view.mine ? html`<button type="button" class="icon-button" aria-label=${t("Forget the view “%(view)s”", { view: view.title })} @click=${() => { deeds.forget(view); }}>${icon("x")}</button>` : nothing}
          </div>`,
        )}
        ${views.length === 0 ? nothing : html`<hr />`}
        ${queryOf(filter) === ""
          ? html`<p class="soft size-s board-views__hint">${t("Choose a view or cards, then keep them under a name.")}</p>`
          : html`<button type="button" class="menu__item" @click=${close(() => { deeds.keep(false); })}>${icon("plus")}${t("Keep this view for me")}</button>
              ${canEdit ? html`<button type="button" class="menu__item" @click=${close(() => { deeds.keep(true); })}>${icon("users")}${t("Keep this view for everybody")}</button>` : nothing}`}
      </div>
    </details>
  </div>`;
}
