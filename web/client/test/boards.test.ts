import { describe, expect, it } from "vitest";
import { type Board, type Card, apply, find, withMoves } from "../src/boards/state";
import type { WireEvent } from "../src/topic";

const card = (id: string, rank: string): Card => ({
  id,
  title: id.toUpperCase(),
  rank,
  rev: 1,
  start: null,
  due: null,
  tasks: 0,
  tasks_done: 0,
  comments: 0,
  assignees: [],
  units: [],
  labels: [],
  members: [],
  hidden: false,
  values: {},
  files: 0,
  blockers: 0,
});

const board: Board = {
  id: "1",
  space: "s",
  title: "Travaux",
  archived: false,
  labels: [],
  fields: [],
  columns: [
    { id: "todo", title: "À faire", rank: "a", done: false, wip: null, cards: [card("a", "b"), card("b", "d"), card("c", "f")] },
    { id: "done", title: "Fait", rank: "c", done: true, wip: null, cards: [card("x", "m")] },
  ],
};

const event = (type: string, data: unknown): WireEvent => ({ topic: "board:1", rev: 1, type, data });
const order = (of: Board): string[] => of.columns.map(({ id, cards }) => `${id}: ${cards.map((one) => one.id).join(" ")}`);

describe("events", () => {
  it("put a card where its rank says", () => {
    expect(order(apply(board, event("card.moved", { card: "c", column: "done", rank: "k" })))).toEqual(["todo: a b", "done: c x"]);
    expect(order(apply(board, event("card.moved", { card: "c", column: "todo", rank: "c" })))).toEqual(["todo: a c b", "done: x"]);
    expect(order(apply(board, event("card.created", { column: "todo", card: card("d", "e") })))).toEqual(["todo: a b d c", "done: x"]);
  });

  it("are harmless when they come twice", () => {
    const created = event("card.created", { column: "done", card: card("d", "z") });
    const removed = event("card.removed", { card: "a" });
    const twice = [created, created, removed, removed].reduce(apply, board);
    expect(order(twice)).toEqual(["todo: b c", "done: x d"]);
  });

  it("end in one order, in whatever order two moves of different cards come", () => {
    const one = event("card.moved", { card: "a", column: "done", rank: "n" });
    const two = event("card.moved", { card: "b", column: "done", rank: "l" });
    expect(order([one, two].reduce(apply, board))).toEqual(order([two, one].reduce(apply, board)));
  });

  it("change what a card says and leave it where it is", () => {
    const changed = apply(board, event("card.changed", { card: { ...card("b", "zzz"), title: "Nouveau", rev: 2 } }));
    expect(find(changed, "b")?.card).toMatchObject({ title: "Nouveau", rev: 2, rank: "d" });
    expect(order(changed)).toEqual(order(board));
  });

  it("keep the cards of a column that is renamed or moved", () => {
    const moved = apply(board, event("column.changed", { column: { id: "todo", title: "Demandes", rank: "e", done: false } }));
    expect(order(moved)).toEqual(["done: x", "todo: a b c"]);
    expect(moved.columns[1]?.title).toBe("Demandes");
  });

  it("take a column away and bring it back with its cards", () => {
    const gone = apply(board, event("column.removed", { column: "todo" }));
    expect(order(gone)).toEqual(["done: x"]);
    expect(order(apply(gone, event("column.restored", { column: board.columns[0] })))).toEqual(order(board));
    expect(order(apply(gone, event("card.moved", { card: "a", column: "todo", rank: "a" })))).toEqual(["done: x"]);
  });

  it("give new ranks without another order", () => {
    const shorter = apply(board, event("cards.reordered", { column: "todo", ranks: { a: "i1", b: "i2", c: "i3" } }));
    expect(order(shorter)).toEqual(order(board));
    expect(order(apply(shorter, event("card.moved", { card: "c", column: "todo", rank: "i15" })))).toEqual(["todo: a c b", "done: x"]);
    const columns = apply(board, event("columns.reordered", { ranks: { todo: "q", done: "p" } }));
    expect(columns.columns.map(({ id }) => id)).toEqual(["done", "todo"]);
  });

  it("of another kind change nothing", () => {
    expect(apply(board, event("card.painted", { card: "a" }))).toBe(board);
  });
});

describe("moves that are not confirmed", () => {
  it("show at once, at the position that counts without the card", () => {
    expect(order(withMoves(board, [{ card: "a", column: "todo", position: 1 }]))).toEqual(["todo: b a c", "done: x"]);
    expect(order(withMoves(board, [{ card: "a", column: "done", position: 99 }]))).toEqual(["todo: b c", "done: x a"]);
    expect(order(withMoves(board, [{ card: "a", column: "done", position: -1 }]))).toEqual(["todo: b c", "done: a x"]);
  });

  it("go with the card or the column that somebody else removed", () => {
    const move = [{ card: "a", column: "done", position: 0 }];
    expect(order(withMoves(apply(board, event("card.removed", { card: "a" })), move))).toEqual(["todo: b c", "done: x"]);
    expect(order(withMoves(apply(board, event("column.removed", { column: "done" })), move))).toEqual(["todo: a b c"]);
  });

  it("leave the board as it was", () => {
    withMoves(board, [{ card: "a", column: "done", position: 0 }]);
    expect(order(board)).toEqual(["todo: a b c", "done: x"]);
  });
});
