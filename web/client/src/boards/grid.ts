/**
 * What the table of a board shows: its columns, what stands in a cell, the order of rows, and what a cell's editor gives
 * back. Pure but for the look of cells.
 */
import { type TemplateResult, html, nothing } from "lit";
import { t } from "../i18n";
import { saidIn } from "./content";
import { kept, ownValue, saidOn } from "./fields";
import type { Change } from "./merge";
import type { Board, Card, Column, OwnField } from "./state";
import { avatars, dueBadge, labelsOf, shortDay } from "./words";

export interface Row {
  readonly card: Card;
  readonly column: Column;
}

export type Kind = "title" | "column" | "text" | "number" | "date" | "choice" | "person" | "labels" | "assignees" | "units";

/** A column of the table. `key` stands in the address. */
export interface Head {
  readonly key: string;
  readonly title: string;
  readonly kind: Kind;
  readonly day?: "start" | "due";
  readonly field?: OwnField;
}

const SHORT = 12;

export function headsOf(board: Board): Head[] {
  return [
    { key: "title", title: t("Title"), kind: "title" },
    { key: "column", title: t("Column"), kind: "column" },
    { key: "assignees", title: t("Given to"), kind: "assignees" },
    { key: "units", title: t("Services"), kind: "units" },
    { key: "start", title: t("Start"), kind: "date", day: "start" },
    { key: "due", title: t("Due date"), kind: "date", day: "due" },
    { key: "labels", title: t("Labels"), kind: "labels" },
    ...board.fields.filter(({ archived }) => !archived).map((field): Head => ({ key: `f${field.id.slice(-SHORT)}`, title: field.title, kind: field.kind, field })),
  ];
}

/** What stands in a cell, as its editor begins: a text, or the ids of what is chosen. */
export function valueOf({ card, column }: Row, head: Head): string | readonly string[] {
  if (head.field) return saidIn(card.values)[head.field.id] ?? "";
  if (head.day) return card[head.day] ?? "";
  switch (head.kind) {
    case "column":
      return column.id;
    case "labels":
      return card.labels;
    case "assignees":
      return card.assignees.map(({ id }) => id);
    case "units":
      return card.units.map(({ id }) => id);
    default:
      return card.title;
  }
}

/** What an editor's value changes of a card; null for nothing. A move to another column is no change of content. */
export function changeOf(row: Row, head: Head, value: string | readonly string[]): Change | null {
  const before = valueOf(row, head);
  if (typeof value !== "string") {
    const same = typeof before !== "string" && [...before].sort().join() === [...value].sort().join();
    return same ? null : { [head.kind]: value };
  }
  const typed = head.kind === "number" ? kept(value) : value.trim().replaceAll(/\s+/g, " ");
  if (typed === before || (head.kind === "title" && typed === "")) return null;
  if (head.field) return { values: { [head.field.id]: typed || null } };
  if (head.day) return { [head.day]: typed || null };
  return { title: typed };
}

/** By what rows are ordered: numbers as such, columns and choices by their place, the rest as read. */
function orderOf({ columns, labels }: Board, head: Head): (row: Row) => string | number {
  return (row) => {
    const value = valueOf(row, head);
    if (head.kind === "number") return value === "" ? "" : Number(value);
    if (head.kind === "column") return columns.findIndex(({ id }) => id === row.column.id);
    if (head.kind === "labels") return labels.filter(({ id }) => row.card.labels.includes(id)).map(({ name }) => name).join();
    if (head.kind === "assignees") return row.card.assignees.map(({ name }) => name).join();
    if (head.kind === "units") return row.card.units.map(({ name }) => name).join();
    if (head.kind === "choice" && value !== "") return head.field?.choices.findIndex(({ id }) => id === value) ?? "";
    if (head.field && head.kind === "person") return saidOn(head.field, row.card);
    return String(value);
  };
}

/** The rows in the order of `sort`: the key of a column, with a minus for the other way; what is empty comes last. */
export function sorted(board: Board, rows: readonly Row[], sort: string): readonly Row[] {
  const back = sort.startsWith("-");
  const head = headsOf(board).find(({ key }) => key === (back ? sort.slice(1) : sort));
  if (!head) return rows;
  const order = orderOf(board, head);
  const keyed = rows.map((row) => ({ row, by: order(row) }));
  const compare = (a: string | number, b: string | number): number =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  keyed.sort((a, b) => {
    if (a.by === "" || b.by === "") return Number(a.by === "") - Number(b.by === "");
    return back ? compare(b.by, a.by) : compare(a.by, b.by);
  });
  return keyed.map(({ row }) => row);
}

/** A cell as it is read. */
export function shown(board: Board, { card, column }: Row, head: Head): TemplateResult | string | typeof nothing {
  if (head.field) return head.kind === "number" ? html`<span class="grid__number">${saidOn(head.field, card)}</span>` : ownValue(head.field, card);
  if (head.day === "due") return dueBadge(card, column.done);
  if (head.day) return card.start === null ? "" : shortDay(card.start);
  switch (head.kind) {
    case "column":
      return column.title;
    case "labels":
      return labelsOf(card, board.labels);
    case "assignees":
      return avatars(card.assignees);
    case "units":
      return card.units.map(({ name }) => name).join(", ");
    default:
      return card.title;
  }
}
