import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
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
import { type Clash, saveCell } from "./cell";
import { growing, partsOf } from "./chunks";
import { Columns } from "./columns";
import { followDrags } from "./drag";
import { editFields } from "./fields-dialog";
import { type Filter, filterOf, isNarrow, narrowed, queryOf, truePosition } from "./filter";
import { type CardTemplate, LiveBoard, type SavedView } from "./live";
import { lanesOf, laneChange } from "./lanes";
import { type ColumnDeeds, columnOf, lanesView } from "./lists";
import { calendar } from "./looks";
import type { Change } from "./merge";
import { shareBoard } from "./sharing";
import { type Board, type Card, type Move, type Person, type Unit, find } from "./state";
import "./table";
import { copyBoard, editCardTemplates, saveBoardTemplate } from "./templates";
import { today } from "./words";

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
  @state() private folded: readonly string[] = [];
  @state() private people: readonly Person[] = [];
  @state() private units: readonly Unit[] = [];
  @state() private templates: readonly CardTemplate[] = [];
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
          if (move) void this.moveBetween(move, move.from ?? "", move.to ?? "");
          this.live.release();
        },
      }),
    ];
    document.getElementById("board-sharing")?.addEventListener("click", () => void shareBoard(this.board.id, this.dataset.canManage !== undefined));
    document.getElementById("board-rename")?.addEventListener("click", () => void this.renameBoard());
    document.getElementById("board-archive")?.addEventListener("click", () => void this.archiveBoard());
    document.getElementById("board-gone")?.addEventListener("click", this.showArchive);
    document.getElementById("board-fields")?.addEventListener("click", () => void editFields(this.live));
    document.getElementById("board-templates")?.addEventListener("click", () => void editCardTemplates(this.live).then(this.readTemplates));
    document.getElementById("board-template")?.addEventListener("click", () => void this.attempt(() => saveBoardTemplate(this.board)));
    document.getElementById("board-copy")?.addEventListener("click", () => void this.attempt(() => copyBoard(this.board)));
    document.addEventListener("card-templates-changed", this.readTemplates);
    this.readTemplates();
    if (this.filter.look === "table") void this.loadPeople();
    document.getElementById("board-restore")?.addEventListener("click", this.takeUp);
    const wanted = new URLSearchParams(location.search).get("card");
    if (wanted !== null && find(this.board, wanted)) void this.openCard(wanted);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const leave of this.leave) leave();
    document.removeEventListener("card-templates-changed", this.readTemplates);
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

  private focusCard(card: string, lane?: string): void {
    const within = lane === undefined ? "" : `[data-lane="${lane}"] `;
    this.querySelector<HTMLElement>(`${within}[data-card="${card}"] .board-card__title`)?.focus({ preventScroll: false });
  }

  /* What is shown of the board */

  private get seen(): Board {
    return narrowed(this.board, this.filter, today());
  }

  private look(filter: Filter): void {
    if (filter.look === "table" && this.people.length === 0) void this.loadPeople();
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

  private readonly readTemplates = (): void => {
    if (this.canEdit) void this.attempt(async () => { this.templates = await this.live.cardTemplates(); });
  };

  private async loadPeople(): Promise<void> {
    await this.attempt(async () => {
      [this.people, this.units] = await Promise.all([this.live.assignable(), this.live.units()]);
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
    arrange: (sort: string, hide: readonly string[]): void => { this.look({ ...this.filter, sort, hide }); },
    change: (card: Card, change: Change): Promise<boolean> =>
      this.attempt(async () => {
        const clash = await saveCell(this.live, card, change);
        if (clash) await this.openCard(card.id, clash);
      }),
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

  /** Move a card within what is shown; into another lane it becomes that one's. */
  private async moveBetween(move: Move, from: string, to: string): Promise<void> {
    const { lanes } = this.filter;
    const place = find(this.board, move.card);
    if (!place) return;
    const change = laneChange(place.card, lanes, from, to);
    const all = this.board.columns.find(({ id }) => id === move.column)?.cards ?? [];
    const lane = lanes === "" ? this.seen : (lanesOf(this.seen, lanes).find(({ key }) => key === to)?.board ?? this.seen);
    const shown = lane.columns.find(({ id }) => id === move.column)?.cards ?? [];
    const position = truePosition(all, shown, move.card, move.position);
    const same = move.column === place.column.id && position === place.index;
    if (change) {
      const title = lanesOf(this.seen, lanes || "label").find(({ key }) => key === to)?.title ?? "";
      if (!(await this.deeds.change(place.card, change))) return;
      announce(t("“%(card)s”: row %(row)s.", { card: place.card.title, row: title }));
    }
    if (!same) await this.move({ ...move, position });
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
    const list = (event.target as Element).closest<HTMLElement>("[data-lane]");
    const { lanes } = this.filter;
    const from = list?.dataset.lane ?? "";
    const rows = lanes === "" ? [] : lanesOf(this.seen, lanes).filter(({ key }) => !this.folded.includes(key));
    const at = rows.findIndex(({ key }) => key === from);
    const seen = rows[at]?.board ?? this.seen;
    const place = find(seen, card);
    if (!place) return;
    const { columns } = seen;
    const end = place.index + step.rows < 0 || place.index + step.rows >= place.column.cards.length;
    const next = step.rows !== 0 && end ? rows[at + step.rows] : undefined;
    if (next) {
      const there = next.board.columns.find(({ id }) => id === place.column.id)?.cards.length ?? 0;
      const position = step.rows > 0 ? 0 : there;
      void this.moveBetween({ card, column: place.column.id, position }, from, next.key).then(() => this.updateComplete).then(() => { this.focusCard(card, next.key); });
      return;
    }
    const column = columns[columns.findIndex(({ id }) => id === place.column.id) + step.columns];
    const most = column === undefined ? 0 : column.cards.length - (column.id === place.column.id ? 1 : 0);
    const position = Math.min(place.index + step.rows, most);
    if (column === undefined || position < 0 || (column.id === place.column.id && position === place.index)) {
      announce(t("The card cannot go further this way."));
      return;
    }
    this.shown = column.id;
    void this.moveBetween({ card, column: column.id, position }, from, from);
    void this.updateComplete.then(() => {
      this.focusCard(card, lanes === "" ? undefined : from);
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
      const template = form.dataset.template;
      await this.live.addCard(column, title, template);
      delete form.dataset.template;
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
        ? html`<hc-board-table .board=${this.seen} .sort=${this.filter.sort} .hide=${this.filter.hide} .canEdit=${this.canEdit} .people=${this.people} .units=${this.units} .deeds=${this.deeds}></hc-board-table>`
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
      <div class="board-columns ${this.filter.lanes === "" ? "" : "in-lanes"}" @keydown=${this.keys}>
        ${this.filter.lanes === ""
          ? repeat(this.seen.columns, ({ id }) => id, (column) => columnOf(this.board, column, this.columnDeeds))
          : lanesView(this.board, lanesOf(this.seen, this.filter.lanes), this.columnDeeds)}
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

  private readonly faceDeeds = {
    open: (card: string): void => void this.openCard(card),
    choosePlace: (card: string): void => void this.choosePlace(card),
  };

  private get columnDeeds(): ColumnDeeds {
    return {
      shown: this.shown, ready: this.ready, canEdit: this.canEdit, canMove: this.canMove, acts: this.columnActs, templates: this.templates, face: this.faceDeeds,
      create: (event, column) => void this.create(event, column),
      folded: this.folded,
      fold: (lane) => {
        this.folded = this.folded.includes(lane) ? this.folded.filter((one) => one !== lane) : [...this.folded, lane];
      },
    };
  }
}
