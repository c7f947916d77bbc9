import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../announce";
import { wordsFor } from "../api";
import { confirm } from "../dialog";
import { showConnection } from "../elements/connection";
import { LightElement } from "../elements/light";
import { t, tn } from "../i18n";
import { icon } from "../icon";
import { toast } from "../toast";
import { showArchive } from "./archive";
import { askPlace, askTitle } from "./ask";
import { CardDialog } from "./card";
import { bar } from "./bar";
import { type CellChange, type Clash, saveCell } from "./cell";
import { growing, inParts, partsOf } from "./chunks";
import { Columns, count } from "./columns";
import { draggableCard, droppableList, followDrags } from "./drag";
import { type Filter, filterOf, isNarrow, narrowed, queryOf, truePosition } from "./filter";
import { LiveBoard, type SavedView } from "./live";
import { calendar, table } from "./looks";
import { shareBoard } from "./sharing";
import { type Board, type Card, type Column, type Move, find } from "./state";
import { avatars, counts, dueBadge, hasFoot, labelsOf, lockOf, today } from "./words";

const ARROWS: Readonly<Record<string, { columns: number; rows: number }>> = {
  ArrowLeft: { columns: -1, rows: 0 },
  ArrowRight: { columns: 1, rows: 0 },
  ArrowUp: { columns: 0, rows: -1 },
  ArrowDown: { columns: 0, rows: 1 },
};

/** <hc-board data-today data-can-edit data-can-manage>: the live board; what is in it is shown until it has started. */
@customElement("hc-board")
export class BoardView extends LightElement {
  @state() private board!: Board;
  /** On narrow screens one column shows at a time. */
  @state() private shown = "";
  @state() private filter: Filter = filterOf(location.search);
  @state() private views: readonly SavedView[] = [];
  @state() private month = "";
  /** How many parts of each column are there. */
  @state() private ready = 2;
  /** The board was archived or taken up again since the page was made, while something was being written. */
  @state() private outdated = false;
  private live!: LiveBoard;
  private columnActs!: Columns;
  /** Whether it was archived when the page was made. */
  private archived = false;
  private leave: (() => void)[] = [];
  private focused: string | undefined;
  private hovered: { card: HTMLElement; top: number } | undefined;

  private get canEdit(): boolean {
    // As when the page was made: what is being written stays, and the server refuses what may not be.
    return this.dataset.canEdit !== undefined && !this.archived;
  }

  /** Guests move the cards that are theirs, which are all that they see. */
  private get canMove(): boolean {
    return this.canEdit || (this.dataset.own !== undefined && !this.archived);
  }

  override connectedCallback(): void {
    const data = document.getElementById("board-data")?.textContent ?? "";
    this.board = JSON.parse(data) as Board;
    this.archived = this.board.archived;
    this.live = new LiveBoard(this.board, this.changed, this.gone);
    this.columnActs = new Columns(this.live, (what) => this.attempt(what));
    this.shown = this.board.columns[0]?.id ?? "";
    super.connectedCallback();
    showConnection();
    this.month = today().slice(0, 7);
    growing(this.ready, () => Math.max(1, ...this.board.columns.map(({ cards }) => partsOf(cards))), (ready) => { this.ready = ready; });
    void this.loadViews();
    this.leave = [
      this.live.follow(),
      followDrags({
        picked: () => {
          this.live.hold();
        },
        dropped: (move) => {
          if (move) void this.move(this.onBoard(move));
          this.live.release();
        },
      }),
    ];
    document.getElementById("board-sharing")?.addEventListener("click", () => void shareBoard(this.board.id, this.dataset.canManage !== undefined));
    document.getElementById("board-rename")?.addEventListener("click", this.rename);
    document.getElementById("board-archive")?.addEventListener("click", this.archive);
    document.getElementById("board-gone")?.addEventListener("click", this.showArchive);
    document.getElementById("board-restore")?.addEventListener("click", this.takeUp);
    const wanted = new URLSearchParams(location.search).get("card");
    if (wanted !== null && find(this.board, wanted)) void this.openCard(wanted);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const leave of this.leave) leave();
  }

  private readonly changed = (): void => {
    const { title } = this.board;
    this.board = this.live.board;
    if (!this.board.columns.some(({ id }) => id === this.shown)) this.shown = this.board.columns[0]?.id ?? "";
    if (title !== this.board.title) {
      document.title = document.title.replace(title, this.board.title);
      for (const place of document.querySelectorAll("[data-board-title]")) place.textContent = this.board.title;
    }
    const outdated = this.archived !== this.board.archived;
    if (outdated && !this.writing()) location.reload();
    else this.outdated = outdated;
  };

  /** Whether a new page would lose something: a dialog is open, or a field has words in it. */
  private writing(): boolean {
    const fields = this.querySelectorAll<HTMLInputElement>(".board-create input");
    return document.querySelector("dialog[open]") !== null || [...fields].some(({ value }) => value.trim() !== "");
  }

  private readonly gone = (): void => {
    toast(t("This board is no longer shared with you."), { kind: "danger" });
    delete this.dataset.canEdit;
    this.requestUpdate();
  };

  /* What somebody else changes takes neither the focus nor what is under the pointer away. */

  protected override willUpdate(changes: PropertyValues): void {
    super.willUpdate(changes);
    if (!this.hasUpdated) return;
    const active = document.activeElement;
    this.focused = this.contains(active) ? active?.closest<HTMLElement>("[data-card]")?.dataset.card : undefined;
    const card = this.querySelector<HTMLElement>("[data-card]:hover");
    this.hovered = card ? { card, top: card.getBoundingClientRect().top } : undefined;
  }

  protected override updated(): void {
    if (this.focused !== undefined && !this.contains(document.activeElement)) this.focusCard(this.focused);
    if (this.hovered?.card.isConnected === true) {
      const moved = this.hovered.card.getBoundingClientRect().top - this.hovered.top;
      const list = this.hovered.card.closest(".board-column__cards");
      if (list && moved !== 0) list.scrollTop += moved;
    }
  }

  private focusCard(card: string): void {
    this.querySelector<HTMLElement>(`[data-card="${card}"] .board-card__title`)?.focus({ preventScroll: false });
  }

  /* What is shown of the board */

  private get seen(): Board {
    return narrowed(this.board, this.filter, today());
  }

  /** A place among the cards that are shown, as one among all of them. */
  private onBoard(move: Move): Move {
    const all = this.board.columns.find(({ id }) => id === move.column)?.cards ?? [];
    const shown = this.seen.columns.find(({ id }) => id === move.column)?.cards ?? [];
    return { ...move, position: truePosition(all, shown, move.card, move.position) };
  }

  private look(filter: Filter): void {
    this.filter = filter;
    const query = queryOf(filter);
    history.replaceState(history.state, "", query === "" ? location.pathname : `?${query}`);
    this.sayFound();
  }

  private sayFound(): void {
    if (!isNarrow(this.filter)) return;
    const count = this.seen.columns.reduce((sum, { cards }) => sum + cards.length, 0);
    announce(tn("%(count)s card is shown.", "%(count)s cards are shown.", count));
  }

  private async loadViews(): Promise<void> {
    await this.attempt(async () => {
      this.views = await this.live.savedViews();
    });
  }

  private async keepView(shared: boolean): Promise<void> {
    const title = await askTitle(t("Keep this view"), t("Name"), "", t("Keep"));
    if (title !== null && (await this.attempt(() => this.live.saveView(title, queryOf(this.filter), shared)))) await this.loadViews();
  }

  private async forgetView({ id }: SavedView): Promise<void> {
    if (await this.attempt(() => this.live.forgetView(id))) await this.loadViews();
  }

  private readonly deeds = {
    open: (card: string): void => void this.openCard(card),
    change: (card: Card, change: CellChange): Promise<boolean> =>
      this.attempt(async () => {
        const clash = await saveCell(this.live, card, change);
        if (clash) await this.openCard(card.id, clash);
      }),
    redraw: (): void => { this.requestUpdate(); },
    moveTo: (card: string, column: string): void => {
      const last = this.board.columns.find(({ id }) => id === column)?.cards.length ?? 0;
      void this.move({ card, column, position: last });
    },
  };

  /* Cards */

  private async move(move: Move): Promise<void> {
    const before = find(this.board, move.card);
    const target = this.board.columns.find(({ id }) => id === move.column);
    if (!before || !target) return;
    const { title } = before.card;
    const asked = this.live.move(move);
    await this.updateComplete;
    const after = find(this.seen, move.card);
    if (after) {
      const place = { card: title, column: target.title, number: after.index + 1, total: after.column.cards.length };
      announce(t("“%(card)s”: column %(column)s, place %(number)s of %(total)s.", place));
    }
    try {
      await asked;
    } catch (error) {
      toast(t("“%(card)s” was not moved and is back where it was. %(reason)s", { card: title, reason: wordsFor(error) }), {
        kind: "danger",
      });
    }
  }

  private async choosePlace(card: string): Promise<void> {
    const move = await askPlace(this.board, card);
    if (move) {
      this.shown = move.column;
      await this.move(move);
    }
    this.querySelector<HTMLElement>(`[data-card="${card}"] .board-card__move`)?.focus();
  }

  private readonly keys = (event: KeyboardEvent): void => {
    const step = ARROWS[event.key];
    const card = (event.target as Element).closest<HTMLElement>("[data-card]")?.dataset.card;
    if (!step || card === undefined || !(event.altKey || event.ctrlKey) || !this.canMove) return;
    event.preventDefault();
    const seen = this.seen;
    const place = find(seen, card);
    if (!place) return;
    const { columns } = seen;
    const column = columns[columns.findIndex(({ id }) => id === place.column.id) + step.columns];
    const most = column === undefined ? 0 : column.cards.length - (column.id === place.column.id ? 1 : 0);
    const position = Math.min(place.index + step.rows, most);
    if (column === undefined || position < 0 || (column.id === place.column.id && position === place.index)) {
      announce(t("The card cannot go further this way."));
      return;
    }
    this.shown = column.id;
    void this.move(this.onBoard({ card, column: column.id, position }));
    void this.updateComplete.then(() => {
      this.focusCard(card);
    });
  };

  private async openCard(card: string, clash?: Clash): Promise<void> {
    const gone = await CardDialog.open(card, this.live, this.canEdit, clash);
    if (gone !== undefined) {
      toast(gone.archived ? t("“%(card)s” was archived.", { card: gone.title }) : t("“%(card)s” was removed.", { card: gone.title }), {
        undo: async () => {
          await this.attempt(() => this.live.restoreCard(card));
        },
      });
    }
    this.focusCard(card);
  }

  private async create(event: SubmitEvent, column: string): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const input = form.elements.namedItem("title") as HTMLInputElement;
    const title = input.value.trim();
    if (title === "" || form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    try {
      await this.live.addCard(column, title);
      if (input.value.trim() === title) input.value = "";
      announce(t("“%(card)s” was added.", { card: title }));
      await this.updateComplete;
      const list = form.closest(".board-column")?.querySelector(".board-column__cards");
      list?.scrollTo({ top: list.scrollHeight });
    } catch (error) {
      toast(t("“%(card)s” was not added; it is still in the field. %(reason)s", { card: title, reason: wordsFor(error) }), {
        kind: "danger",
      });
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  /* The board */

  private async attempt(what: () => Promise<void>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      toast(wordsFor(error), { kind: "danger" });
      return false;
    }
  }

  private readonly showArchive = (): void => {
    void showArchive(this.live, this.canEdit);
  };

  private readonly rename = (): void => {
    void this.renameBoard();
  };

  private readonly archive = (): void => {
    void this.archiveBoard();
  };

  private async renameBoard(): Promise<void> {
    const title = await askTitle(t("Rename the board"), t("Title"), this.board.title, t("Rename"));
    if (title !== null) await this.attempt(() => this.live.rename(title));
  }

  private async archiveBoard(): Promise<void> {
    const text = t("“%(board)s” stays readable and leaves the lists. It can be taken up again.", { board: this.board.title });
    if (await confirm({ title: t("Archive the board?"), text, action: t("Archive this board") }))
      await this.attempt(() => this.live.archive());
  }

  private readonly takeUp = (): void => {
    void this.attempt(() => this.live.restore());
  };

  /* Views */

  protected override render(): TemplateResult {
    return html`
      ${this.outdated ? this.reloading() : nothing}
      ${bar(this.board, this.filter, this.views, this.canEdit, {
        look: (filter) => { this.look(filter); },
        show: ({ query }) => { this.look(filterOf(query)); },
        keep: (shared) => void this.keepView(shared),
        forget: (view) => void this.forgetView(view),
      })}
      ${this.filter.look === "table"
        ? table(this.seen, this.canEdit, this.deeds)
        : this.filter.look === "calendar"
          ? calendar(this.seen, this.month, this.deeds, (month) => { this.month = month; })
          : this.columns()}
    `;
  }

  private columns(): TemplateResult {
    return html`
      <div class="board-switch" role="group" aria-label=${t("Column shown")}>
        ${this.board.columns.map(
          ({ id, title, cards }) =>
            html`<button type="button" class="button small" aria-pressed=${id === this.shown} @click=${() => { this.shown = id; }}>
              ${title} <span class="board-count">${cards.length}</span>
            </button>`,
        )}
      </div>
      <div class="board-columns" @keydown=${this.keys}>
        ${repeat(this.seen.columns, ({ id }) => id, (column) => this.column(column))}
        ${this.canEdit
          ? html`<button type="button" class="button quiet board-add" @click=${() => this.columnActs.add()}>${icon("plus")}${t("Add a column")}</button>`
          : nothing}
      </div>
    `;
  }

  private reloading(): TemplateResult {
    const words = this.board.archived
      ? t("This board has been archived: what you are writing cannot be saved on it.")
      : t("This board has been taken up again.");
    return html`<div class="banner warning" role="alert">
      ${icon("triangle-alert")}
      <p>${words} <a href=${location.pathname}>${t("Show the board as it is now")}</a></p>
    </div>`;
  }

  private column(column: Column): TemplateResult {
    const { id, title, cards, done } = column;
    const whole = this.board.columns.find((one) => one.id === id) ?? column;
    return html`<section class="board-column" aria-labelledby="column-${id}" ?data-shown=${id === this.shown}>
      <header class="board-column__head">
        <h2 id="column-${id}">${title}</h2>
        ${count(whole)}
        ${this.canEdit ? this.columnActs.menu(column) : nothing}
      </header>
      <div class="board-column__cards" role="list" data-column=${id} tabindex="-1" ${ref(this.list)}>
        ${inParts(cards, this.ready, [done, this.canEdit, this.board.labels], (card) => this.card(card, done))}
      </div>
      ${this.canEdit
        ? html`<form class="board-create" data-live @submit=${(event: SubmitEvent) => this.create(event, id)}>
            <input
              class="input"
              name="title"
              maxlength="200"
              autocomplete="off"
              placeholder=${t("New card")}
              aria-label=${t("New card in %(column)s", { column: title })}
            />
            <button class="icon-button" aria-label=${t("Add the card to %(column)s", { column: title })}>${icon("plus")}</button>
          </form>`
        : nothing}
    </section>`;
  }

  private card(card: Card, done: boolean): TemplateResult {
    const { id, title } = card;
    return html`<div class="card board-card" role="listitem" data-card=${id} ${ref(this.canMove ? this.item : undefined)}>
      <button type="button" class="board-card__title" @click=${() => this.openCard(id)}>${lockOf(card)}${title}</button>
      ${this.canMove
        ? html`<button
            type="button"
            class="icon-button board-card__move"
            aria-haspopup="dialog"
            aria-label=${t("Move “%(card)s” to…", { card: title })}
            title=${t("Move to…")}
            @click=${() => this.choosePlace(id)}
          >
            ${icon("ellipsis")}
          </button>`
        : nothing}
      ${labelsOf(card, this.board.labels)}
      ${hasFoot(card)
        ? html`<div class="board-card__foot">
            ${dueBadge(card, done)}${counts(card)}${card.units.map(({ name }) => html`<span class="badge">${icon("building-2")}${name}</span>`)}${avatars(card.assignees)}
          </div>`
        : nothing}
    </div>`;
  }

  private readonly item = (element?: Element): void => {
    if (element) draggableCard(element as HTMLElement);
  };

  private readonly list = (element?: Element): void => {
    if (element) droppableList(element as HTMLElement);
  };
}
