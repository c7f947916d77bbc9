import { describe, expect, it } from "vitest";
import { filterOf, narrowed, queryOf, truePosition } from "../src/boards/filter";
import type { Board, Card } from "../src/boards/state";

const card = (id: string, more: Partial<Card> = {}): Card => ({
  id, title: id, rank: id, rev: 1, start: null, due: null, tasks: 0, tasks_done: 0, comments: 0, assignees: [], units: [], labels: [], values: {}, members: [], hidden: false, files: 0, blockers: 0,
  ...more,
});
const cards = [
  card("late", { due: "2026-11-25", title: "Relire l’étude" }),
  card("today", { due: "2026-11-26", labels: ["red"] }),
  card("later", { due: "2026-12-24", assignees: [{ id: "zoe", name: "Zoé", photo: false }] }),
  card("free"),
];
const board: Board = {
  id: "b", space: "s", title: "T", archived: false, labels: [], fields: [],
  columns: [
    { id: "todo", title: "À faire", rank: "a", done: false, wip: null, cards },
    { id: "done", title: "Fait", rank: "b", done: true, wip: null, cards: [card("old", { due: "2026-01-01" })] },
  ],
};
const found = (query: string): string[] =>
  narrowed(board, filterOf(query), "2026-11-26").columns.flatMap((column) => column.cards.map(({ id }) => id));

describe("the filter of a board", () => {
  it.each([
    ["", ["late", "today", "later", "free", "old"]],
    ["due=late", ["late"]],
    ["due=week", ["late", "today"]],
    ["due=none", ["free"]],
    ["label=red", ["today"]],
    ["person=zoe", ["later"]],
    ["text=ETUDE", ["late"]],
    ["text=etude+autre", []],
    ["due=whatever&view=elsewhere&x=1", ["late", "today", "later", "free", "old"]],
  ])("%s", (query, expected) => {
    expect(found(query)).toEqual(expected);
  });

  it("is said by the address as it was read from it", () => {
    for (const query of ["", "view=table", "view=calendar&text=a+b&person=p&label=l&due=late"]) expect(queryOf(filterOf(query))).toBe(query);
  });

  it("puts a card beside the ones that are seen", () => {
    const all = ["a", "b", "c", "d"].map((id) => card(id));
    const shown = [all[1], all[3]] as Card[];
    const moved = (moving: string, position: number): string[] => {
      const at = truePosition(all, shown, moving, position);
      const others = all.filter(({ id }) => id !== moving).map(({ id }) => id);
      return [...others.slice(0, at), moving, ...others.slice(at)];
    };
    expect(moved("x", 0)).toEqual(["a", "x", "b", "c", "d"]);
    expect(moved("x", 1)).toEqual(["a", "b", "c", "x", "d"]);
    expect(moved("x", 2)).toEqual(["a", "b", "c", "d", "x"]);
    expect(moved("d", 0)).toEqual(["a", "d", "b", "c"]);
    expect(truePosition(all, [], "x", 0)).toBe(4);
  });
});
