import { describe, expect, it } from "vitest";
import { changed } from "../src/boards/cell";
import { kept } from "../src/boards/fields";
import { filterOf, isNarrow, narrowed, queryOf } from "../src/boards/filter";
import { changeOf, headsOf, sorted } from "../src/boards/grid";
import { laneChange, lanesOf } from "../src/boards/lanes";
import type { Board, Card, OwnField } from "../src/boards/state";

const zoe = { id: "zoe", name: "Zoé", photo: false };
const abel = { id: "abel", name: "Abel", photo: false };
const card = (id: string, more: Partial<Card> = {}): Card => ({
  id, title: id, rank: id, rev: 1, start: null, due: null, tasks: 0, tasks_done: 0, comments: 0, assignees: [], units: [], labels: [], members: [], hidden: false, values: {}, files: 0, blockers: 0,
  ...more,
});
const cost: OwnField = { id: "0000-cost00000000", title: "Coût", kind: "number", shown: true, archived: false, choices: [] };
const opinion: OwnField = {
  id: "0000-opinion00000", title: "Avis", kind: "choice", shown: false, archived: false,
  choices: [{ id: "good", name: "Favorable", colour: "green", archived: false }, { id: "bad", name: "Défavorable", colour: "red", archived: false }],
};
const cards = [
  card("a", { assignees: [zoe], values: { [cost.id]: "100", [opinion.id]: "bad" } }),
  card("b", { assignees: [zoe, abel], values: { [cost.id]: "20.5", [opinion.id]: "good" } }),
  card("c", { labels: ["red"] }),
];
const board: Board = {
  id: "b", space: "s", title: "T", archived: false, labels: [{ id: "red", name: "Urgent", colour: "red" }], fields: [cost, opinion],
  columns: [
    { id: "todo", title: "À faire", rank: "a", done: false, wip: null, cards },
    { id: "done", title: "Fait", rank: "b", done: true, wip: null, cards: [card("z")] },
  ],
};
const rows = board.columns.flatMap((column) => column.cards.map((one) => ({ card: one, column })));
const row = (id: string) => rows.find(({ card: one }) => one.id === id) ?? expect.fail(id);
const head = (title: string) => headsOf(board).find((one) => one.title === title) ?? expect.fail(title);

describe("rows of a board", () => {
  it("holds a card in each of its own, those without at the end", () => {
    const lanes = lanesOf(board, "person").map(({ key, count, board: own }) => [key, count, own.columns[0]?.cards.map(({ id }) => id)]);
    expect(lanes).toEqual([["abel", 1, ["b"]], ["zoe", 2, ["a", "b"]], ["", 2, ["c"]]]);
  });

  it("changes what a card has in common with its row, and keeps the rest", () => {
    expect(laneChange(row("b").card, "person", "zoe", "marc")).toEqual({ assignees: ["abel", "marc"] });
    expect(laneChange(row("b").card, "person", "zoe", "abel")).toEqual({ assignees: ["abel"] });
    expect(laneChange(row("c").card, "label", "red", "")).toEqual({ labels: [] });
    expect(laneChange(row("c").card, "label", "red", "red")).toBeNull();
  });
});

describe("the table", () => {
  it.each([
    ["", ["a", "b", "c", "z"]],
    [head("Coût").key, ["b", "a", "c", "z"]],
    [`-${head("Coût").key}`, ["a", "b", "c", "z"]],
    [head("Avis").key, ["b", "a", "c", "z"]],
    ["-title", ["z", "c", "b", "a"]],
    ["nothing", ["a", "b", "c", "z"]],
  ])("is ordered by %s", (sort, wanted) => {
    expect(sorted(board, rows, sort).map(({ card: one }) => one.id)).toEqual(wanted);
  });

  it("reads what was typed as the server keeps it", () => {
    expect(kept("1 234,5")).toBe("1234.5");
    expect(changeOf(row("a"), head("Coût"), "100")).toBeNull();
    expect(changeOf(row("a"), head("Coût"), "1 000,25")).toEqual({ values: { [cost.id]: "1000.25" } });
    expect(changeOf(row("a"), head("Coût"), "")).toEqual({ values: { [cost.id]: null } });
    expect(changeOf(row("a"), headsOf(board)[0] ?? expect.fail("title"), "  ")).toBeNull();
    expect(changeOf(row("b"), headsOf(board)[2] ?? expect.fail("people"), ["abel", "zoe"])).toBeNull();
    expect(changeOf(row("b"), headsOf(board)[5] ?? expect.fail("due"), "2026-12-24")).toEqual({ due: "2026-12-24" });
  });

  it("puts a change on top of what was there", () => {
    const content = { title: "T", description: "", start: null, due: null, assignees: [], units: [], labels: [], members: [], hidden: false, values: { a: "1", b: "2" } };
    expect(changed(content, { title: "U", values: { a: null, c: "3" } })).toEqual({ ...content, title: "U", values: { b: "2", c: "3" } });
  });
});

describe("the address", () => {
  it("keeps fields, rows, order and columns", () => {
    const query = queryOf({ ...filterOf("view=table"), own: { [opinion.id]: "good" }, lanes: "unit", sort: "-due", hide: ["start", "units"] });
    expect(queryOf(filterOf(query))).toBe(query);
    expect(isNarrow(filterOf("lanes=person&sort=due&hide=start"))).toBe(false);
    expect(isNarrow(filterOf(query))).toBe(true);
    expect(query).toMatch(/^[A-Za-z0-9_.~%=&+*-]*$/);
  });

  it.each([
    [`own=${opinion.id}.good`, ["b"]],
    [`own=${opinion.id}.-`, ["c", "z"]],
    ["text=favorable", ["a", "b"]],
    ["text=defav", ["a"]],
  ])("narrows by %s", (query, wanted) => {
    expect(narrowed(board, filterOf(query), "2026-11-26").columns.flatMap(({ cards: own }) => own.map(({ id }) => id))).toEqual(wanted);
  });
});
