/**
 * A board as the page shows it, pure: what the server said (snapshot and events) with the moves on top that it has not
 * yet confirmed. Ranks decide the order, so that everybody ends with the same one; nothing here is ever changed in place.
 */
import type { Announcements } from "../generated/events";
import type { WireEvent } from "../topic";

export type Card = Announcements["card.created"]["card"];
export type Person = Card["assignees"][number];
export type Unit = Card["units"][number];
export type Label = Announcements["labels.changed"]["labels"][number];
export type OwnField = Announcements["fields.changed"]["fields"][number];
export type ColumnHead = Announcements["column.added"]["column"];
export type Column = ColumnHead & { readonly cards: readonly Card[] };

export interface Board {
  readonly id: string;
  readonly space: string;
  readonly title: string;
  readonly archived: boolean;
  readonly labels: readonly Label[];
  readonly fields: readonly OwnField[];
  readonly columns: readonly Column[];
}

/** A move that was asked for; `position` counts from 0 once the card is taken out. */
export interface Move {
  readonly card: string;
  readonly column: string;
  readonly position: number;
}

export interface Place {
  readonly column: Column;
  readonly index: number;
  readonly card: Card;
}

const byRank = (a: { rank: string }, b: { rank: string }): number => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0);

export function find(board: Board, card: string): Place | undefined {
  for (const column of board.columns) {
    const index = column.cards.findIndex(({ id }) => id === card);
    const found = column.cards[index];
    if (found) return { column, index, card: found };
  }
  return undefined;
}

/** The board after an event; what it does not know of (a card of a column that is gone) it leaves alone. */
export function apply(board: Board, { type, data }: WireEvent): Board {
  switch (type) {
    case "board.changed": {
      const { title, archived } = data as Announcements["board.changed"];
      return { ...board, title, archived };
    }
    case "labels.changed":
      return { ...board, labels: (data as Announcements["labels.changed"]).labels };
    case "fields.changed":
      return { ...board, fields: (data as Announcements["fields.changed"]).fields };
    case "column.added":
    case "column.changed": {
      const { column } = data as Announcements["column.added"];
      const cards = board.columns.find(({ id }) => id === column.id)?.cards ?? [];
      return withColumn(board, { ...column, cards });
    }
    case "column.restored":
      return withColumn(board, (data as Announcements["column.restored"]).column);
    case "column.removed": {
      const { column } = data as Announcements["column.removed"];
      return { ...board, columns: board.columns.filter(({ id }) => id !== column) };
    }
    case "columns.reordered": {
      const { ranks } = data as Announcements["columns.reordered"];
      return { ...board, columns: board.columns.map((column) => ranked(column, ranks)).sort(byRank) };
    }
    case "cards.reordered": {
      const { column, ranks } = data as Announcements["cards.reordered"];
      return inColumn(board, column, (cards) => cards.map((card) => ranked(card, ranks)).sort(byRank));
    }
    case "card.created":
    case "card.restored": {
      const { column, card } = data as Announcements["card.created"];
      return withCard(board, column, card);
    }
    case "card.moved": {
      const { card, column, rank } = data as Announcements["card.moved"];
      const place = find(board, card);
      return place ? withCard(board, column, { ...place.card, rank }) : board;
    }
    case "card.changed": {
      const { card } = data as Announcements["card.changed"];
      const place = find(board, card.id);
      // Its place is told by card.moved alone: this one may carry an older rank than a move that came before it.
      return place ? withCard(board, place.column.id, { ...card, rank: place.card.rank }) : board;
    }
    case "card.removed":
      return withoutCard(board, (data as Announcements["card.removed"]).card);
    default:
      return board;
  }
}

/** The board as it will be once the server has done these moves. */
export function withMoves(board: Board, moves: readonly Move[]): Board {
  return moves.reduce((before, { card, column, position }) => {
    const place = find(before, card);
    if (!place || !before.columns.some(({ id }) => id === column)) return before;
    return inColumn(withoutCard(before, card), column, (cards) => insertAt(cards, position, place.card));
  }, board);
}

function ranked<T extends { id: string; rank: string }>(thing: T, ranks: Readonly<Record<string, string>>): T {
  return { ...thing, rank: ranks[thing.id] ?? thing.rank };
}

function withColumn(board: Board, column: Column): Board {
  const others = board.columns.filter(({ id }) => id !== column.id);
  return { ...board, columns: [...others, column].sort(byRank) };
}

function withCard(board: Board, column: string, card: Card): Board {
  return inColumn(withoutCard(board, card.id), column, (cards) => [...cards, card].sort(byRank));
}

function withoutCard(board: Board, card: string): Board {
  const place = find(board, card);
  return place ? inColumn(board, place.column.id, (cards) => cards.filter(({ id }) => id !== card)) : board;
}

function inColumn(board: Board, column: string, change: (cards: readonly Card[]) => readonly Card[]): Board {
  return {
    ...board,
    columns: board.columns.map((one) => (one.id === column ? { ...one, cards: change(one.cards) } : one)),
  };
}

function insertAt(cards: readonly Card[], position: number, card: Card): readonly Card[] {
  const at = Math.max(0, position);
  return [...cards.slice(0, at), card, ...cards.slice(at)];
}
