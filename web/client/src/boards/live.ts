/**
 * What the server says of a board and what this person has asked it to do: the state behind <hc-board>. Moves show at
 * once; one that fails goes back by itself.
 */
import { api } from "../api";
import type { Announcements } from "../generated/events";
import { realtime } from "../realtime";
import type { WireEvent } from "../topic";
import { type Board, type Card, type ColumnHead, type Move, type Person, apply, withMoves } from "./state";

export interface CardDetails extends Card {
  board: string;
  column: string;
  description: string;
}

interface Pending extends Move {
  /** The server has done it; its event is on the way. */
  done: boolean;
  /** The event came first. */
  seen: boolean;
}

const API = "/api/v1";

export class LiveBoard {
  private pending: Pending[] = [];
  private line: Promise<unknown> = Promise.resolve();
  private people: Promise<Person[]> | undefined;
  /** Changes of other people wait while something is under the pointer. */
  private held: WireEvent[] | null = null;

  constructor(
    private truth: Board,
    private readonly changed: () => void,
    private readonly gone: () => void,
  ) {}

  /** What to show. */
  get board(): Board {
    return withMoves(this.truth, this.pending);
  }

  /** Follow the board until the returned function is called. */
  follow(): () => void {
    return realtime().subscribe<Board>(`board:${this.truth.id}`, {
      onSnapshot: (snapshot) => {
        this.truth = snapshot;
        this.pending = this.pending.filter(({ done }) => !done);
        if (this.held) this.held = [];
        this.changed();
      },
      onEvent: (event) => {
        if (this.held) this.held.push(event);
        else this.take(event);
      },
      onGone: this.gone,
    });
  }

  /** Let nothing move until `release`. */
  hold(): void {
    this.held ??= [];
  }

  release(): void {
    const waiting = this.held ?? [];
    this.held = null;
    for (const event of waiting) this.take(event);
  }

  async move(move: Move): Promise<void> {
    const pending: Pending = { ...move, done: false, seen: false };
    this.pending = [...this.pending.filter(({ card }) => card !== move.card), pending];
    this.changed();
    // One after the other: each was meant for the board that the one before leaves.
    const sent = this.line.then(() =>
      api.patch(`${API}/cards/${move.card}`, { column: move.column, position: move.position }),
    );
    this.line = sent.catch(() => undefined);
    try {
      await sent;
      pending.done = true;
      if (pending.seen) this.drop(pending);
    } catch (error) {
      this.drop(pending);
      throw error;
    }
  }

  async addCard(column: string, title: string): Promise<void> {
    const card = await api.post<CardDetails>(`${API}/boards/${this.truth.id}/cards`, { column, title });
    if (!this.knows(card.id)) this.take({ topic: "", rev: 0, type: "card.created", data: { column, card } });
  }

  async removeCard(card: string): Promise<void> {
    await api.delete(`${API}/cards/${card}`);
    this.take({ topic: "", rev: 0, type: "card.removed", data: { card } });
  }

  async restoreCard(card: string): Promise<void> {
    await api.post(`${API}/cards/${card}/restore`);
  }

  async addColumn(title: string): Promise<void> {
    await api.post(`${API}/boards/${this.truth.id}/columns`, { title });
  }

  async changeColumn(column: string, change: Partial<Pick<ColumnHead, "title" | "done"> & { position: number }>): Promise<void> {
    await api.patch(`${API}/columns/${column}`, change);
  }

  async removeColumn(column: string): Promise<void> {
    await api.delete(`${API}/columns/${column}`);
  }

  async restoreColumn(column: string): Promise<void> {
    await api.post(`${API}/columns/${column}/restore`);
  }

  async rename(title: string): Promise<void> {
    await api.patch(`${API}/boards/${this.truth.id}`, { title });
  }

  async archive(): Promise<void> {
    await api.delete(`${API}/boards/${this.truth.id}`);
  }

  async restore(): Promise<void> {
    await api.post(`${API}/boards/${this.truth.id}/restore`);
  }

  /** To whom a card can be given; asked for once. */
  async assignable(): Promise<Person[]> {
    this.people ??= api.all<Person>(`${API}/spaces/${this.truth.space}/people`);
    try {
      return await this.people;
    } catch (error) {
      this.people = undefined;
      throw error;
    }
  }

  private knows(card: string): boolean {
    return this.truth.columns.some(({ cards }) => cards.some(({ id }) => id === card));
  }

  private take(event: WireEvent): void {
    this.truth = apply(this.truth, event);
    if (event.type === "card.moved") {
      const { card, column } = event.data as Announcements["card.moved"];
      for (const pending of this.pending.filter((one) => one.card === card && one.column === column)) {
        pending.seen = true;
        if (pending.done) this.pending = this.pending.filter((one) => one !== pending);
      }
    }
    this.changed();
  }

  private drop(pending: Pending): void {
    this.pending = this.pending.filter((one) => one !== pending);
    this.changed();
  }
}
