/** Dates and people in the words of the page's language, as the server's templates say them. */
import { type TemplateResult, html, nothing } from "lit";
import { locale, t, tn } from "../i18n";
import { type IconName, icon } from "../icon";
import type { Card, Label, Person } from "./state";

const HUES = 8;
const MOST_AVATARS = 3;

/** The date where the page stands, which the server says; a day is late from the next one on. */
export const today = (): string => document.querySelector<HTMLElement>("hc-board")?.dataset.today ?? "";

const formats = new Map<boolean, Intl.DateTimeFormat>();

/** « 26 nov. », with the year when it is not this one. */
export function shortDay(due: string): string {
  const sameYear = due.slice(0, 4) === today().slice(0, 4);
  let format = formats.get(sameYear);
  if (!format) {
    const options: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", timeZone: "UTC" };
    format = new Intl.DateTimeFormat(locale(), sameYear ? options : { ...options, year: "numeric" });
    formats.set(sameYear, format);
  }
  return format.format(new Date(`${due}T00:00:00Z`)).replaceAll(" ", "\u00a0");
}

export function dueBadge({ due }: Card, done: boolean): TemplateResult | typeof nothing {
  if (due === null) return nothing;
  const late = !done && due < today();
  const day = shortDay(due);
  return html`<span class="badge ${late ? "danger" : ""}"
    >${icon(late ? "circle-alert" : "clock")}<time datetime=${due}>${late ? t("Late: %(day)s", { day }) : day}</time></span
  >`;
}

/** The labels of a card, by the board's order; one that the board has no more is not shown. */
export function labelsOf(card: Card, labels: readonly Label[]): TemplateResult | typeof nothing {
  const own = labels.filter(({ id }) => card.labels.includes(id));
  if (own.length === 0) return nothing;
  return html`<span class="board-card__labels">${own.map(({ name, colour }) => html`<span class="tag" data-colour=${colour}>${name}</span>`)}</span>`;
}

/** What hangs on a card, in figures. */
export function counts({ tasks, tasks_done, comments, files, blockers }: Card): TemplateResult | typeof nothing {
  if (tasks + comments + files + blockers === 0) return nothing;
  const one = (name: IconName, figure: string, words: string): TemplateResult =>
    html`<span class="board-card__count" title=${words}>${icon(name)}<span aria-hidden="true">${figure}</span><span class="visually-hidden">${words}</span></span>`;
  const waits = tn("Waits for %(count)s card", "Waits for %(count)s cards", blockers);
  return html`${blockers === 0 ? nothing : html`<span class="badge warning" title=${waits}>${icon("pause")}${waits}</span>`}
  ${tasks === 0 ? nothing : one("square-check", `${tasks_done}/${tasks}`, t("%(done)s of %(total)s ticked", { done: tasks_done, total: tasks }))}
  ${comments === 0 ? nothing : one("message-square", String(comments), tn("%(count)s comment", "%(count)s comments", comments))}
  ${files === 0 ? nothing : one("paperclip", String(files), tn("%(count)s file", "%(count)s files", files))}`;
}

/** The mark of a hidden card. */
export function lockOf({ hidden }: Card): TemplateResult | typeof nothing {
  return hidden ? html`<span class="board-card__lock" title=${t("Hidden card")}>${icon("lock")}<span class="visually-hidden">${t("Hidden card:")} </span></span>` : nothing;
}

/** Whether a card shows more than its title. */
export const hasFoot = (card: Card): boolean =>
  card.due !== null || card.assignees.length + card.units.length + card.tasks + card.comments + card.files + card.blockers > 0;

export function avatars(people: readonly Person[]): TemplateResult | typeof nothing {
  if (people.length === 0) return nothing;
  const names = new Intl.ListFormat(locale()).format(people.map(({ name }) => name));
  const more = people.length - MOST_AVATARS;
  return html`<span class="avatars" role="img" aria-label=${t("Given to %(names)s", { names })} title=${names}>
    ${people.slice(0, MOST_AVATARS).map(avatar)}${more > 0 ? html`<span class="board-card__more">+${more}</span>` : nothing}
  </span>`;
}

export function avatar({ id, name, photo }: Person): TemplateResult {
  return html`<span class="avatar small" data-hue=${hue(id)} aria-hidden="true"
    >${photo ? html`<img src="/directory/people/${id}/photo" alt="" loading="lazy" />` : initials(name)}</span
  >`;
}

/** As in web/render/pages.py: the first letters of the first and of the last word. */
function initials(name: string): string {
  const words = name.replaceAll("-", " ").split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const first = words[0]?.charAt(0) ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.charAt(0) ?? "") : "";
  return (first + last).toUpperCase();
}

/** As in web/render/pages.py: CRC-32 of the id. */
function hue(id: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(id)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ((crc ^ 0xffffffff) >>> 0) % HUES;
}
