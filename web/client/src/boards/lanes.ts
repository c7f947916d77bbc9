/** Swimlanes: the cards of a board in rows by whose they are, which service's or which label they bear. Pure. */
import { t } from "../i18n";
import type { Change } from "./merge";
import type { Board, Card } from "./state";

export type Lanes = "" | "person" | "unit" | "label";
export const LANES: readonly Lanes[] = ["person", "unit", "label"];

/** A row of a board. `key`: the id of what its cards have in common, "" for those that have none. */
export interface Lane {
  readonly key: string;
  readonly title: string;
  readonly board: Board;
  readonly count: number;
}

const PARTS = { person: "assignees", unit: "units", label: "labels" } as const;

const keysOf = (card: Card, by: Exclude<Lanes, "">): string[] =>
  by === "label" ? [...card.labels] : card[PARTS[by]].map(({ id }) => id);

/** The lanes of a board, by name, those without at the end; a card stands in each of its own. */
export function lanesOf(board: Board, by: Exclude<Lanes, "">): Lane[] {
  const names = new Map<string, string>();
  if (by === "label") for (const { id, name } of board.labels) names.set(id, name);
  else for (const { cards } of board.columns) for (const card of cards) for (const { id, name } of card[PARTS[by]]) names.set(id, name);
  const sorted = by === "label" ? [...names] : [...names].sort(([, a], [, b]) => a.localeCompare(b));
  const none = { person: t("Given to nobody"), unit: t("Without a service"), label: t("Without a label") }[by];
  return [...sorted, ["", none] as const].map(([key, title]) => {
    const has = (card: Card): boolean => {
      const keys = keysOf(card, by).filter((one) => names.has(one));
      return key === "" ? keys.length === 0 : keys.includes(key);
    };
    const columns = board.columns.map((column) => ({ ...column, cards: column.cards.filter(has) }));
    return { key, title, board: { ...board, columns }, count: columns.reduce((sum, { cards }) => sum + cards.length, 0) };
  });
}

/** What changes of a card that goes from one lane to another; null when nothing does. */
export function laneChange(card: Card, by: Lanes, from: string, to: string): Change | null {
  if (by === "" || from === to) return null;
  const kept = keysOf(card, by).filter((one) => one !== from && one !== to);
  return { [PARTS[by]]: to === "" ? [] : [...kept, to] };
}
