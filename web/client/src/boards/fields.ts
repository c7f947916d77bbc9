/** The board's own fields: what a card says in them, in words and in the form of a card. */
import { type TemplateResult, html, nothing } from "lit";
import { locale, t } from "../i18n";
import { icon } from "../icon";
import type { Card, OwnField, Person } from "./state";
import { avatar, shortDay } from "./words";

/** A number as it is read: 1 234,5 in French. The server keeps 1234.5. */
export const readable = (number: string): string => new Intl.NumberFormat(locale(), { maximumFractionDigits: 6 }).format(Number(number));

/** A number as it was typed, as the server keeps it. Pure. */
export const kept = (typed: string): string => typed.replaceAll(/[\s\u00a0\u202f]/g, "").replace(",", ".");

/** A number as it is typed: with the sign of the language, without spaces. */
export const typable = (number: string): string => (locale().startsWith("fr") ? number.replace(".", ",") : number);

/** What a value says, in words; `people` for whom it may be. */
export function said(field: OwnField, value: string, people: readonly Person[]): string {
  if (value === "") return "";
  switch (field.kind) {
    case "number":
      return readable(value);
    case "date":
      return shortDay(value);
    case "choice":
      return field.choices.find(({ id }) => id === value)?.name ?? "";
    case "person":
      return people.find(({ id }) => id === value)?.name ?? "";
    default:
      return value;
  }
}

/** The same of a card as its board shows it. */
export function saidOn(field: OwnField, card: Card): string {
  const value = card.values[field.id];
  return value === undefined ? "" : typeof value === "string" ? said(field, value, []) : value.name;
}

/** What the face of a card shows of the board's own fields. */
export function ownFace(card: Card, fields: readonly OwnField[]): TemplateResult | typeof nothing {
  const shown = fields.filter((field) => field.shown && !field.archived && saidOn(field, card) !== "");
  if (shown.length === 0) return nothing;
  return html`<dl class="board-card__own">
    ${shown.map((field) => html`<div><dt>${field.title}</dt><dd>${ownValue(field, card)}</dd></div>`)}
  </dl>`;
}

/** A value with its colour or face. */
export function ownValue(field: OwnField, card: Card): TemplateResult | string {
  const value = card.values[field.id];
  const words = saidOn(field, card);
  if (field.kind === "choice" && words !== "")
    return html`<span class="tag" data-colour=${field.choices.find(({ id }) => id === value)?.colour ?? "grey"}>${words}</span>`;
  if (value !== undefined && typeof value !== "string") return html`<span class="person">${avatar(value)}<span>${words}</span></span>`;
  return words;
}

/** What was typed into the form of a card. What cannot be filled in any more stays as it `was`. */
export function typedIn(data: FormData, fields: readonly OwnField[], was: Readonly<Record<string, string>>): Record<string, string> {
  const values: Record<string, string> = { ...was };
  for (const { id, kind } of fields) {
    const typed = data.get(`value-${id}`);
    if (typeof typed !== "string") continue;
    const value = kind === "number" ? kept(typed) : typed.trim().replaceAll(/\s+/g, " ");
    values[id] = value;
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

const TYPES: Readonly<Record<string, string>> = { text: "text", number: "text", date: "date" };

/** Who or what can be chosen in a field, with what a card says already. */
export function choosable(field: OwnField, value: string, people: readonly Person[], said?: Person): (readonly [string, string])[] {
  if (field.kind === "choice")
    return field.choices.filter(({ id, archived }) => !archived || id === value).map(({ id, name }) => [id, name] as const);
  const all = said && !people.some(({ id }) => id === said.id) ? [...people, said] : people;
  return all.map(({ id, name }) => [id, name] as const);
}

/** The inputs for the board's own fields in the form of a card. */
export function fieldInputs(
  fields: readonly OwnField[], card: Card, people: readonly Person[], errors: Readonly<Record<string, string>>,
): TemplateResult[] {
  return fields.filter(({ archived }) => !archived).map((field) => {
    const name = `value-${field.id}`;
    const on = card.values[field.id];
    const value = on === undefined ? "" : typeof on === "string" ? on : on.id;
    const error = errors[`values.${field.id}`];
    const invalid = error === undefined ? nothing : "true";
    const about = error === undefined ? nothing : `${name}-error`;
    const type = TYPES[field.kind];
    return html`<div class="field">
      <label for=${name}>${field.title}</label>
      ${type === undefined
        ? html`<select class="select" id=${name} name=${name} aria-invalid=${invalid} aria-describedby=${about}>
            <option value="">${t("none")}</option>
            ${choosable(field, value, people, typeof on === "object" ? on : undefined).map(([id, words]) => html`<option value=${id} ?selected=${id === value}>${words}</option>`)}
          </select>`
        : html`<input class="input" id=${name} name=${name} type=${type} inputmode=${field.kind === "number" ? "decimal" : nothing}
            maxlength=${type === "text" ? "500" : nothing} autocomplete="off" .value=${field.kind === "number" ? typable(value) : value} aria-invalid=${invalid} aria-describedby=${about} />`}
      ${error === undefined ? nothing : html`<p class="field__error" id="${name}-error">${icon("circle-alert")}<span>${error}</span></p>`}
    </div>`;
  });
}
