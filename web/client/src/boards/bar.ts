/** The bar above a board: how it is looked at, which cards, and the views that are kept. */
import { type TemplateResult, html, nothing } from "lit";
import { t } from "../i18n";
import { type IconName, icon } from "../icon";
import { type Filter, type Look, isNarrow, queryOf } from "./filter";
import type { SavedView } from "./live";
import type { Board, Person } from "./state";

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
      ${isNarrow(filter)
        ? html`<button type="button" class="button quiet small" @click=${() => { deeds.look({ look: filter.look, text: "", person: "", label: "", due: "" }); }}>${icon("x")}${t("Show all cards")}</button>`
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
