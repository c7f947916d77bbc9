/**
 * What the server says of a board and what this person has asked it to do: the state behind <hc-board>. Moves show at
 * once; one that fails goes back by itself.
 */
import { api } from "../api";
import type { Announcements } from "../generated/events";
import { realtime } from "../realtime";
import type { WireEvent } from "../topic";
import { type Board, type Card, type ColumnHead, type Label, type Move, type Person, type Unit, apply, withMoves } from "./state";

export interface CardDetails extends Card {
  board: string;
  column: string;
  description: string;
}

export interface Task {
  id: string;
  title: string;
  done: boolean;
  person: Person | null;
  due: string | null;
}

export interface Checklist {
  id: string;
  title: string;
  tasks: readonly Task[];
}

export interface CardComment {
  id: string;
  person: Person;
  author: string | null;
  text: string;
  html: string;
  made_at: string;
  changed_at: string | null;
  rev: number;
  mine: boolean;
  removable: boolean;
  reactions: readonly { sign: string; people: readonly string[]; mine: boolean }[];
}

/** A card that another waits for, or that waits for it. */
export interface LinkedCard {
  id: string;
  title: string;
  board: string;
  board_title: string;
  finished: boolean;
}

/** A view of a board that is kept; `query` is that of its address. */
export interface SavedView {
  id: string;
  title: string;
  query: string;
  shared: boolean;
  mine: boolean;
}

/** What new cards of a board can begin with. `title`: what they are called at first. */
export interface CardTemplate {
  id: string;
  name: string;
  title: string;
  description: string;
  checklists: readonly string[];
}

/** A card with all that hangs on it; `html` is its description as it is shown. */
export interface FullCard {
  card: CardDetails;
  html: string;
  can_edit: boolean;
  can_comment: boolean;
  can_tick: boolean;
  checklists: readonly Checklist[];
  comments: readonly CardComment[];
  files: readonly { id: string; space: string; name: string; size: number }[];
  waits_for: readonly LinkedCard[];
  waits_for_unseen: number;
  holds_up: readonly LinkedCard[];
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
  private services: Promise<Unit[]> | undefined;
  private readonly watchers = new Map<string, () => void>();
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
        for (const changed of this.watchers.values()) changed();
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

  async addCard(column: string, title: string, template?: string): Promise<void> {
    const asked = { column, title, ...(template === undefined ? {} : { template }) };
    const card = await api.post<CardDetails>(`${API}/boards/${this.truth.id}/cards`, asked);
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

  async changeColumn(column: string, change: Partial<Pick<ColumnHead, "title" | "done" | "wip"> & { position: number }>): Promise<void> {
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
    this.people ??= api.all<Person>(`${API}/boards/${this.truth.id}/people`);
    try {
      return await this.people;
    } catch (error) {
      this.people = undefined;
      throw error;
    }
  }

  /** The services to which a card can be given; asked for once. */
  async units(): Promise<Unit[]> {
    this.services ??= api.all<Unit>(`${API}/directory/units`);
    try {
      return await this.services;
    } catch (error) {
      this.services = undefined;
      throw error;
    }
  }

  /** Call this whenever something of a card changes, until the returned function is called. */
  watch(card: string, changed: () => void): () => void {
    this.watchers.set(card, changed);
    return () => this.watchers.delete(card);
  }

  async changeCard(card: Pick<Card, "id" | "rev">, change: object): Promise<void> {
    await api.patch(`${API}/cards/${card.id}`, change, { ifMatch: `"${card.rev}"` });
  }

  async savedViews(): Promise<SavedView[]> {
    return api.all<SavedView>(`${API}/boards/${this.truth.id}/views`);
  }

  async saveView(title: string, query: string, shared: boolean): Promise<void> {
    await api.post(`${API}/boards/${this.truth.id}/views`, { title, query, shared });
  }

  async forgetView(view: string): Promise<void> {
    await api.delete(`${API}/board-views/${view}`);
  }

  async archiveCard(card: string): Promise<void> {
    await api.post(`${API}/cards/${card}/archive`);
    this.take({ topic: "", rev: 0, type: "card.removed", data: { card } });
  }

  async archiveColumn(column: string): Promise<void> {
    await api.post(`${API}/columns/${column}/archive`);
  }

  async addLabel(name: string, colour: string): Promise<Label> {
    return api.post<Label>(`${API}/boards/${this.truth.id}/labels`, { name, colour });
  }

  async changeLabel(label: string, change: Partial<Pick<Label, "name" | "colour">>): Promise<void> {
    await api.patch(`${API}/labels/${label}`, change);
  }

  async removeLabel(label: string): Promise<void> {
    await api.delete(`${API}/labels/${label}`);
  }

  /** Templates of the board's cards; `templates` of boards are kept by the space. */
  async cardTemplates(): Promise<CardTemplate[]> {
    return api.all<CardTemplate>(`${API}/boards/${this.truth.id}/card-templates`);
  }

  private knows(card: string): boolean {
    return this.truth.columns.some(({ cards }) => cards.some(({ id }) => id === card));
  }

  private take(event: WireEvent): void {
    this.truth = apply(this.truth, event);
    if (event.type === "card.changed" || event.type === "card.restored") this.watchers.get((event.data as Announcements["card.changed"]).card.id)?.();
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
