/** The other ways of looking at a board: as a table whose cells are changed in place, and as a calendar of what is due. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { locale, t, tn } from "../i18n";
import { icon } from "../icon";
import { type CellDeeds, cell } from "./cell";
import type { Board, Card, Column } from "./state";
import { avatars, counts, dueBadge, labelsOf, today } from "./words";

export interface Deeds extends CellDeeds {
  open(card: string): void;
  moveTo(card: string, column: string): void;
}

export function table(board: Board, canEdit: boolean, deeds: Deeds): TemplateResult {
  const rows = board.columns.flatMap((column) => column.cards.map((card) => ({ card, column })));
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${t("Cards of the board")}>
    <table class="table board-table">
      <thead>
        <tr><th scope="col">${t("Title")}</th><th scope="col">${t("Column")}</th><th scope="col">${t("Due date")}</th><th scope="col">${t("Labels")}</th><th scope="col">${t("Given to")}</th><th scope="col"><span class="visually-hidden">${t("Open")}</span></th></tr>
      </thead>
      <tbody>${repeat(rows, ({ card }) => card.id, ({ card, column }) => row(board, card, column, canEdit, deeds))}</tbody>
    </table>
    ${rows.length === 0 ? html`<p class="soft">${t("No card to show.")}</p>` : nothing}
  </div>`;
}

function row(board: Board, card: Card, column: Column, canEdit: boolean, deeds: Deeds): TemplateResult {
  return html`<tr data-card=${card.id}>
    <td>${canEdit ? cell(card, "title", t("Title of “%(card)s”", { card: card.title }), deeds) : card.title}</td>
    <td>
      ${canEdit
        ? html`<select class="select" aria-label=${t("Column of “%(card)s”", { card: card.title })} @change=${(event: Event) => { deeds.moveTo(card.id, (event.target as HTMLSelectElement).value); }}>
            ${board.columns.map(({ id, title: name }) => html`<option value=${id} ?selected=${id === column.id}>${name}</option>`)}
          </select>`
        : column.title}
    </td>
    <td>
      ${canEdit
        ? cell(card, "due", t("Due date of “%(card)s”", { card: card.title }), deeds)
        : nothing}
      ${canEdit && (column.done || card.due === null || card.due >= today()) ? nothing : dueBadge(card, column.done)}
    </td>
    <td>${labelsOf(card, board.labels)}</td>
    <td><span class="board-table__who">${counts(card)}${avatars(card.assignees)}</span></td>
    <td><button type="button" class="icon-button" aria-label=${t("Open “%(card)s”", { card: card.title })} @click=${() => { deeds.open(card.id); }}>${icon("chevron-right")}</button></td>
  </tr>`;
}

const DAYS = 7;

/** The month of a day with the days of the weeks it begins and ends in. `month`: as 2026-11. Pure. */
export function daysOf(month: string): string[] {
  const first = new Date(`${month}-01T00:00:00Z`);
  const days: string[] = [];
  const start = first.getTime() - ((first.getUTCDay() + 6) % DAYS) * 86_400_000;
  for (let at = start; days.length % DAYS !== 0 || days.length === 0 || new Date(at).toISOString().slice(0, 7) <= month; at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** The month that many months further. Pure. */
export function further(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

export function calendar(board: Board, month: string, deeds: Deeds, turn: (month: string) => void): TemplateResult {
  const format = (options: Intl.DateTimeFormatOptions, day: string): string =>
    new Intl.DateTimeFormat(locale(), { ...options, timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
  const due = new Map<string, { card: Card; done: boolean }[]>();
  let without = 0;
  for (const { cards, done } of board.columns)
    for (const card of cards) {
      if (card.due === null) without++;
      else due.set(card.due, [...(due.get(card.due) ?? []), { card, done }]);
    }
  const name = format({ month: "long", year: "numeric" }, `${month}-01`);
  return html`<section class="board-calendar" aria-labelledby="calendar-month">
    <header class="board-calendar__head">
      <button type="button" class="icon-button" aria-label=${t("The month before")} @click=${() => { turn(further(month, -1)); }}>${icon("arrow-left")}</button>
      <h2 id="calendar-month" aria-live="polite">${name}</h2>
      <button type="button" class="icon-button" aria-label=${t("The month after")} @click=${() => { turn(further(month, 1)); }}>${icon("arrow-right")}</button>
    </header>
    <ol class="board-days" role="list">
      ${daysOf(month).map((day) => {
        const here = due.get(day) ?? [];
        return html`<li class="board-day" ?data-other=${!day.startsWith(month)} ?data-empty=${here.length === 0} aria-current=${day === today() ? "date" : nothing}>
          <time datetime=${day}><span class="board-day__name">${format({ weekday: "short" }, day)} </span>${Number(day.slice(8))}</time>
          ${here.map(({ card, done }) => html`<button type="button" class="board-day__card" ?data-late=${!done && day < today()} ?data-done=${done} @click=${() => { deeds.open(card.id); }}>
            ${!done && day < today() ? icon("circle-alert", t("Late")) : done ? icon("check", t("finished")) : nothing}${card.title}
          </button>`)}
        </li>`;
      })}
    </ol>
    ${without === 0 ? nothing : html`<p class="soft size-s">${tn("%(count)s card without a due date is not shown here.", "%(count)s cards without a due date are not shown here.", without)}</p>`}
  </section>`;
}
