/** What a card says, in words: for who may only read it, and side by side where two people changed the same thing. */
import { type TemplateResult, html, nothing } from "lit";
import { locale, t } from "../i18n";
import { contentOf } from "./content";
import { said } from "./fields";
import type { CardDetails } from "./live";
import { type Content, FIELDS, type Field } from "./merge";
import type { Board, Person, Unit } from "./state";
import { shortDay } from "./words";

/** What the ids in a content stand for. */
export interface Known {
  readonly people: readonly Person[];
  readonly units: readonly Unit[];
  readonly board: Board;
}

export interface Stale {
  readonly mine: Content;
  readonly theirs: CardDetails;
  readonly conflicts: readonly Field[];
}

export function fact(field: Field, content: Content, { people, units, board }: Known, differs = false): TemplateResult {
  const named = (ids: readonly string[], things: readonly { id: string; name: string }[]): string =>
    new Intl.ListFormat(locale()).format(things.filter(({ id }) => ids.includes(id)).map(({ name }) => name));
  const day = (value: string | null): string => (value === null ? "" : shortDay(value));
  const plain: Readonly<Record<string, readonly [string, string]>> = {
    title: [t("Title"), content.title],
    description: [t("Description"), content.description],
    start: [t("Start"), day(content.start)],
    due: [t("Due date"), day(content.due)],
    assignees: [t("Given to"), named(content.assignees, people)],
    units: [t("Services"), named(content.units, units)],
    labels: [t("Labels"), named(content.labels, board.labels)],
    members: [t("Members"), named(content.members, [...people, ...units])],
    hidden: [t("Hidden card"), content.hidden ? t("yes") : t("no")],
  };
  const own = board.fields.find(({ id }) => field === `values.${id}`);
  const [label, value] = plain[field] ?? [own?.title ?? "", own ? said(own, content.values[own.id] ?? "", people) : ""];
  return html`<dt>${label}${differs ? html` <span class="badge warning">${t("different")}</span>` : nothing}</dt>
    <dd class="board-text">${value === "" ? t("none") : value}</dd>`;
}

/** Two versions of a card, to choose between. */
export function versions({ mine, theirs, conflicts }: Stale, known: Known, busy: boolean, keep: { mine: () => unknown; theirs: () => unknown }): TemplateResult {
  const fields: Field[] = [...FIELDS, ...known.board.fields.filter(({ archived }) => !archived).map(({ id }): Field => `values.${id}`)];
  const version = (title: string, content: Content): TemplateResult =>
    html`<section class="board-version">
      <h3>${title}</h3>
      <dl class="facts">${fields.map((field) => fact(field, content, known, conflicts.includes(field)))}</dl>
    </section>`;
  return html`
    <p>${t("Somebody changed the same thing while you were writing. Nothing is lost: choose what to keep. Everything else is already brought together.")}</p>
    <div class="board-versions">${version(t("Your version"), mine)} ${version(t("The version that is saved"), contentOf(theirs))}</div>
    <div class="dialog__actions">
      <button type="button" class="button" @click=${keep.theirs}>${t("Keep the saved version")}</button>
      <button type="button" class="button primary" aria-busy=${busy} @click=${keep.mine}>${t("Keep my version")}</button>
    </div>
  `;
}
