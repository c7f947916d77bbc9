import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../announce";
import { LightElement } from "../elements/light";
import { t } from "../i18n";
import { icon } from "../icon";
import { growing } from "./chunks";
import { choosable, typable } from "./fields";
import { type Head, type Row, changeOf, headsOf, shown, sorted, valueOf } from "./grid";
import type { Change } from "./merge";
import type { Board, Card, Person, Unit } from "./state";

export interface TableDeeds {
  open(card: string): void;
  moveTo(card: string, column: string): void;
  /** Save a change of a card as it was seen; gives whether the matter is settled. */
  change(seen: Card, change: Change): Promise<boolean>;
  /** Another order of the rows, other columns. */
  arrange(sort: string, hide: readonly string[]): void;
}

interface Editing {
  /** The row as it was seen when one began: what is typed is a change of that. */
  readonly row: Row;
  readonly head: Head;
  /** What was typed to begin with. */
  readonly text: string | undefined;
}

const ROWS = 100;
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-10, 0], PageDown: [10, 0],
};

/**
 * <hc-board-table>: the cards of a board as a grid (WAI-ARIA): arrows walk, Enter, F2 or letters begin to change a cell,
 * Enter and Tab save it, Escape leaves it as it was, Delete empties it.
 */
@customElement("hc-board-table")
export class BoardTable extends LightElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) sort = "";
  @property({ attribute: false }) hide: readonly string[] = [];
  @property({ attribute: false }) canEdit = false;
  @property({ attribute: false }) people: readonly Person[] = [];
  @property({ attribute: false }) units: readonly Unit[] = [];
  @property({ attribute: false }) deeds!: TableDeeds;
  @state() private editing: Editing | undefined;
  @state() private parts = 1;
  private saving = false;

  override connectedCallback(): void {
    super.connectedCallback();
    growing(1, () => Math.ceil(this.board.columns.reduce((sum, { cards }) => sum + cards.length, 0) / ROWS), (parts) => { this.parts = parts; });
  }

  private get heads(): Head[] {
    return headsOf(this.board).filter(({ key }) => key === "title" || !this.hide.includes(key));
  }

  protected override updated(changes: PropertyValues): void {
    if (changes.has("editing") && this.editing) this.querySelector<HTMLElement>(".grid__editor, .grid__editor input")?.focus();
    if (!this.editing && !this.querySelector('[role="gridcell"][tabindex="0"]')) {
      const was = changes.get("editing") as Editing | undefined;
      const first = (was && this.cellOf(was.row.card.id, was.head.key)) ?? this.querySelector<HTMLElement>('[role="gridcell"]');
      if (first) first.tabIndex = 0;
    }
  }

  private cellOf(card: string, key: string): HTMLElement | null {
    return this.querySelector(`[role="gridcell"][data-row="${card}"][data-key="${key}"]`);
  }

  private focusCell(cell: Element | null | undefined): void {
    if (!(cell instanceof HTMLElement)) return;
    for (const old of this.querySelectorAll<HTMLElement>('[role="gridcell"][tabindex="0"]')) old.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  }

  /** The cell that many rows and columns further, within the table. */
  private further(cell: HTMLElement, rows: number, columns: number): Element | undefined {
    const row = cell.parentElement as HTMLTableRowElement;
    const all = [...(row.parentElement?.children ?? [])];
    const to = all[Math.min(all.length - 1, Math.max(0, all.indexOf(row) + rows))];
    const at = [...row.children].indexOf(cell) + columns;
    return to?.children[Math.min(this.heads.length - 1, Math.max(0, at))];
  }

  private readonly keys = (event: KeyboardEvent): void => {
    const cell = (event.target as Element).closest<HTMLElement>('[role="gridcell"]');
    if (!cell || event.target !== cell || event.altKey || event.metaKey) return;
    const step = STEPS[event.key];
    if (step) this.focusCell(this.further(cell, ...step));
    else if (event.key === "Home" || event.key === "End") this.focusCell(event.key === "Home" ? cell.parentElement?.children[0] : cell.parentElement?.children[this.heads.length - 1]);
    else if (event.key === "Enter" || event.key === "F2") this.begin(cell);
    else if (event.key === "Delete" || event.key === "Backspace") void this.empty(cell);
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey) this.begin(cell, event.key);
    else return;
    event.preventDefault();
  };

  private whereIs(cell: HTMLElement): { row: Row; head: Head } | undefined {
    const head = this.heads.find(({ key }) => key === cell.dataset.key);
    for (const column of this.board.columns) {
      const card = column.cards.find(({ id }) => id === cell.dataset.row);
      if (card && head) return { row: { card, column }, head };
    }
    return undefined;
  }

  private begin(cell: HTMLElement, text?: string): void {
    const place = this.whereIs(cell);
    if (!place || !this.canEdit) return;
    this.focusCell(cell);
    cell.tabIndex = -1; // one stops in its editor now
    this.editing = { ...place, text: ["title", "text", "number"].includes(place.head.kind) ? text : undefined };
  }

  private async empty(cell: HTMLElement): Promise<void> {
    const place = this.whereIs(cell);
    if (!place || !this.canEdit || ["title", "column"].includes(place.head.kind)) return;
    const nothing = typeof valueOf(place.row, place.head) === "string" ? "" : [];
    const change = changeOf(place.row, place.head, nothing);
    if (change && (await this.deeds.change(place.row.card, change))) announce(t("Emptied."));
  }

  private typed(): string | readonly string[] {
    const editor = this.querySelector<HTMLElement>(".grid__editor");
    if (editor instanceof HTMLInputElement || editor instanceof HTMLSelectElement) return editor.value;
    return [...(editor?.querySelectorAll<HTMLInputElement>("input:checked") ?? [])].map(({ value }) => value);
  }

  /** Save what is in the editor, then go that far; a refused change stays in its editor. */
  private async finish(rows: number, columns: number, refocus = true): Promise<void> {
    const { editing } = this;
    if (!editing || this.saving) return;
    const { row, head } = editing;
    const value = this.typed();
    const change = head.kind === "column" ? null : changeOf(row, head, value);
    this.saving = true;
    try {
      if (head.kind === "column" && value !== row.column.id) this.deeds.moveTo(row.card.id, String(value));
      if (change && !(await this.deeds.change(row.card, change))) return;
    } finally {
      this.saving = false;
    }
    if (this.editing === editing) this.editing = undefined;
    if (change) announce(t("Saved."));
    await this.updateComplete;
    const cell = this.cellOf(row.card.id, head.key);
    if (refocus && cell && !document.querySelector("dialog[open]")) this.focusCell(this.further(cell, rows, columns));
  }

  private readonly editorKeys = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === "Escape") {
      const cell = (event.target as Element).closest('[role="gridcell"]');
      this.editing = undefined;
      void this.updateComplete.then(() => { this.focusCell(cell); });
    } else if (event.key === "Enter") void this.finish(1, 0);
    else if (event.key === "Tab") void this.finish(0, event.shiftKey ? -1 : 1);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target instanceof HTMLInputElement && event.target.type === "checkbox") {
      const boxes = [...this.querySelectorAll<HTMLInputElement>(".grid__editor input")];
      boxes[boxes.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    } else return;
    event.preventDefault();
  };

  private readonly left = (event: FocusEvent): void => {
    const editor = event.currentTarget as HTMLElement;
    if (!editor.contains(event.relatedTarget as Node | null)) void this.finish(0, 0, false);
  };

  protected override render(): TemplateResult {
    const { heads, board } = this;
    const rows = sorted(board, board.columns.flatMap((column) => column.cards.map((card): Row => ({ card, column }))), this.sort);
    return html`${this.chooser()}
      <div class="table-wrap">
        <table class="table board-grid" role="grid" aria-label=${t("Cards of the board")} aria-rowcount=${rows.length + 1} aria-readonly=${this.canEdit ? nothing : "true"} @keydown=${this.keys}>
          <thead><tr>${heads.map((head) => this.head(head))}<th scope="col"><span class="visually-hidden">${t("Open")}</span></th></tr></thead>
          <tbody>
            ${repeat(rows.slice(0, this.parts * ROWS), ({ card }) => card.id, (row, index) => {
              const editing = this.editing?.row.card.id === row.card.id ? this.editing : undefined;
              return guard([row.card, row.column.id, row.column.title, row.column.done, board.labels, board.fields, board.columns.length, this.hide, index, editing, this.canEdit], () => this.row(row, heads, index, editing));
            })}
          </tbody>
        </table>
        ${rows.length === 0 ? html`<p class="soft">${t("No card to show.")}</p>` : nothing}
      </div>
      ${this.canEdit && rows.length > 0 ? html`<p class="soft size-s">${t("Arrows walk through the table. Enter or a letter changes a cell, Enter saves it, Escape leaves it as it was.")}</p>` : nothing}`;
  }

  private chooser(): TemplateResult {
    const turn = (key: string, on: boolean): void => {
      this.deeds.arrange(this.sort, on ? this.hide.filter((one) => one !== key) : [...this.hide, key]);
    };
    return html`<details class="menu board-grid__columns">
      <summary class="button small">${icon("table")}${t("Columns of the table")}</summary>
      <div class="menu__panel">
        ${headsOf(this.board).slice(1).map(({ key, title }) => html`<label class="choice"><input type="checkbox" .checked=${!this.hide.includes(key)} @change=${(event: Event) => { turn(key, (event.target as HTMLInputElement).checked); }} /><span>${title}</span></label>`)}
      </div>
    </details>`;
  }

  private head({ key, title }: Head): TemplateResult {
    const way = this.sort === key ? "ascending" : this.sort === `-${key}` ? "descending" : undefined;
    const next = way === "ascending" ? `-${key}` : way === "descending" ? "" : key;
    return html`<th scope="col" aria-sort=${way ?? nothing}>
      <button type="button" class="board-grid__sort" title=${t("Order by “%(column)s”", { column: title })} @click=${() => { this.deeds.arrange(next, this.hide); }}>
        ${title}${way === undefined ? nothing : icon(way === "ascending" ? "arrow-up" : "arrow-down")}
      </button>
    </th>`;
  }

  private row(row: Row, heads: readonly Head[], index: number, editing: Editing | undefined): TemplateResult {
    const { id, title } = row.card;
    return html`<tr aria-rowindex=${index + 2} data-card=${id}>
      ${heads.map((head) => {
        const here = editing?.head.key === head.key ? editing : undefined;
        return html`<td role="gridcell" tabindex="-1" data-row=${id} data-key=${head.key} ?data-editing=${here !== undefined}
          @click=${(event: Event) => { if (!here) this.focusCell(event.currentTarget as Element); }} @dblclick=${(event: Event) => { if (!here) this.begin(event.currentTarget as HTMLElement); }}>
          ${here ? this.editor(here) : shown(this.board, row, head)}
        </td>`;
      })}
      <td><button type="button" class="icon-button" aria-label=${t("Open “%(card)s”", { card: title })} @click=${() => { this.deeds.open(id); }}>${icon("chevron-right")}</button></td>
    </tr>`;
  }

  private editor({ row, head, text }: Editing): TemplateResult {
    const words = t("%(column)s of “%(card)s”", { column: head.title, card: row.card.title });
    const value = valueOf(row, head);
    if (typeof value !== "string") {
      const all: readonly { id: string; name: string }[] = { labels: this.board.labels, assignees: this.people, units: this.units }[head.kind as "labels"];
      const own: readonly { id: string; name: string }[] = { labels: [], assignees: row.card.assignees, units: row.card.units }[head.kind as "labels"];
      const both = [...all, ...own.filter(({ id }) => !all.some((one) => one.id === id))];
      return html`<div class="grid__editor grid__choices" role="group" tabindex="-1" aria-label=${words} @keydown=${this.editorKeys} @focusout=${this.left}>
        ${both.map(({ id, name }) => html`<label class="choice"><input type="checkbox" value=${id} .checked=${value.includes(id)} /><span>${name}</span></label>`)}
        ${both.length === 0 ? html`<span class="soft">${t("Nothing to choose from.")}</span>` : nothing}
      </div>`;
    }
    if (head.kind === "column" || head.kind === "choice" || head.kind === "person") {
      const on = head.field ? row.card.values[head.field.id] : undefined;
      const options = head.field
        ? [["", t("none")] as const, ...choosable(head.field, value, this.people, typeof on === "object" ? on : undefined)]
        : this.board.columns.map(({ id, title }) => [id, title] as const);
      return html`<select class="select grid__editor" aria-label=${words} @keydown=${this.editorKeys} @focusout=${this.left}>
        ${options.map(([id, name]) => html`<option value=${id} ?selected=${id === value}>${name}</option>`)}
      </select>`;
    }
    const was = head.kind === "number" ? typable(value) : value;
    return html`<input class="input grid__editor" type=${head.kind === "date" ? "date" : "text"} inputmode=${head.kind === "number" ? "decimal" : nothing} maxlength=${head.kind === "title" ? "200" : "500"}
      autocomplete="off" .value=${text ?? was} aria-label=${words} @keydown=${this.editorKeys} @focusout=${this.left} />`;
  }
}
