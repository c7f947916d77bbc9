/**
 * Which cards of a board one looks at, and how: what stands in the address of the page, so that a view can be sent to
 * somebody. Pure.
 */
import { saidIn } from "./content";
import { saidOn } from "./fields";
import { LANES, type Lanes } from "./lanes";
import type { Board, Card, Column } from "./state";

export type Look = "board" | "table" | "calendar";
export type Due = "" | "late" | "week" | "none";

export interface Filter {
  readonly look: Look;
  readonly text: string;
  /** A person's id. */
  readonly person: string;
  readonly label: string;
  readonly due: Due;
  /** What is chosen in the board's own fields, by their ids; NONE for those that say nothing. */
  readonly own: Readonly<Record<string, string>>;
  /** The rows of the board, and the order and the hidden columns of the table. */
  readonly lanes: Lanes;
  readonly sort: string;
  readonly hide: readonly string[];
}

export const NONE = "-";

const LOOKS: readonly Look[] = ["board", "table", "calendar"];
const DUES: readonly Due[] = ["late", "week", "none"];
const WEEK = 7;

/** What the query of an address asks for; what it does not know it leaves out. */
export function filterOf(query: string): Filter {
  const params = new URLSearchParams(query);
  return {
    look: LOOKS.find((one) => one === params.get("view")) ?? "board",
    text: params.get("text") ?? "",
    person: params.get("person") ?? "",
    label: params.get("label") ?? "",
    due: DUES.find((one) => one === params.get("due")) ?? "",
    own: Object.fromEntries((params.get("own") ?? "").split("~").map((one) => one.split(".", 2)).filter((pair): pair is [string, string] => pair.length === 2)),
    lanes: LANES.find((one) => one === params.get("lanes")) ?? "",
    sort: params.get("sort") ?? "",
    hide: (params.get("hide") ?? "").split("~").filter(Boolean),
  };
}

/** The query that asks for this; empty for the whole board. */
export function queryOf({ look, text, person, label, due, own, lanes, sort, hide }: Filter): string {
  const pairs = Object.entries(own).map(([field, value]) => `${field}.${value}`);
  const said = { view: look === "board" ? "" : look, text, person, label, due, own: pairs.join("~"), lanes, sort, hide: hide.join("~") };
  return new URLSearchParams(Object.entries(said).filter(([, value]) => value !== "")).toString();
}

/** The same look at all cards. */
export const widened = (filter: Filter): Filter => ({ ...filter, text: "", person: "", label: "", due: "", own: {} });

export const isNarrow = (filter: Filter): boolean => queryOf(filter) !== queryOf(widened(filter));

const bare = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The board with the cards that pass alone. `today`: as 2026-11-26. */
export function narrowed(board: Board, filter: Filter, today: string): Board {
  if (!isNarrow(filter)) return board;
  const week = new Date(Date.parse(`${today}T00:00:00Z`) + WEEK * 86_400_000).toISOString().slice(0, 10);
  const fields = filter.text === "" ? [] : board.fields.filter(({ archived }) => !archived);
  const words = bare(filter.text).split(/\s+/).filter(Boolean);
  const passes = (card: Card, { done }: Column): boolean => {
    if (filter.person !== "" && !card.assignees.some(({ id }) => id === filter.person)) return false;
    if (filter.label !== "" && !card.labels.includes(filter.label)) return false;
    if (filter.due === "none" && card.due !== null) return false;
    if (filter.due === "late" && (card.due === null || done || card.due >= today)) return false;
    if (filter.due === "week" && (card.due === null || done || card.due > week)) return false;
    const values = saidIn(card.values);
    if (Object.entries(filter.own).some(([field, wanted]) => (values[field] ?? NONE) !== wanted)) return false;
    const title = bare([card.title, ...fields.map((field) => saidOn(field, card))].join(" "));
    return words.every((word) => title.includes(word));
  };
  return {
    ...board,
    columns: board.columns.map((column) => ({ ...column, cards: column.cards.filter((card) => passes(card, column)) })),
  };
}

/** A position among the cards that are shown, as the one among all cards of the column, `moving` taken out of both. */
export function truePosition(all: readonly Card[], shown: readonly Card[], moving: string, position: number): number {
  const others = all.filter(({ id }) => id !== moving);
  const seen = shown.filter(({ id }) => id !== moving);
  const next = seen[position];
  if (next) return others.findIndex(({ id }) => id === next.id);
  const last = seen.at(-1);
  return last ? others.findIndex(({ id }) => id === last.id) + 1 : others.length;
}
