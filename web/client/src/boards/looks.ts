/** The board as a calendar of what is due. */
import { type TemplateResult, html, nothing } from "lit";
import { locale, t, tn } from "../i18n";
import { icon } from "../icon";
import type { Board, Card } from "./state";
import { today } from "./words";

export interface Deeds {
  open(card: string): void;
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
