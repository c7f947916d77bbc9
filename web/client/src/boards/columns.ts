/** What is done with a column as a whole, from its menu; and how full it is. */
import { type TemplateResult, html, nothing } from "lit";
import { announce } from "../announce";
import { t, tn } from "../i18n";
import { icon } from "../icon";
import { toast } from "../toast";
import { askNumber, askTitle } from "./ask";
import type { LiveBoard } from "./live";
import type { Column } from "./state";

export class Columns {
  constructor(
    private readonly live: LiveBoard,
    /** Do it; false where the server refused, which was then said. */
    private readonly attempt: (what: () => Promise<void>) => Promise<boolean>,
  ) {}

  async add(): Promise<void> {
    const title = await askTitle(t("New column"), t("Title"), "", t("Add"));
    if (title !== null) await this.attempt(() => this.live.addColumn(title));
  }

  private async rename({ id, title }: Column): Promise<void> {
    const typed = await askTitle(t("Rename the column"), t("Title"), title, t("Rename"));
    if (typed !== null) await this.attempt(() => this.live.changeColumn(id, { title: typed }));
  }

  private async shift({ id, title }: Column, by: number): Promise<void> {
    const at = this.live.board.columns.findIndex((one) => one.id === id);
    if (await this.attempt(() => this.live.changeColumn(id, { position: Math.max(0, at + by) })))
      announce(t("Column %(column)s was moved.", { column: title }));
  }

  private async remove({ id, title }: Column): Promise<void> {
    if (await this.attempt(() => this.live.removeColumn(id)))
      toast(t("Column “%(column)s” was removed, with its cards.", { column: title }), {
        undo: async () => {
          await this.attempt(() => this.live.restoreColumn(id));
        },
      });
  }

  private async archive({ id, title }: Column): Promise<void> {
    if (await this.attempt(() => this.live.archiveColumn(id)))
      toast(t("Column “%(column)s” was archived, with its cards.", { column: title }), {
        undo: async () => {
          await this.attempt(() => this.live.restoreColumn(id));
        },
      });
  }

  private async limit({ id, title, wip }: Column): Promise<void> {
    const hint = t("More cards than that are shown as too many; nothing is refused. Empty: no limit.");
    const most = await askNumber(t("Limit of the column %(column)s", { column: title }), t("Cards at most"), hint, wip);
    if (most !== null) await this.attempt(() => this.live.changeColumn(id, { wip: most === 0 ? null : most }));
  }

  menu(column: Column): TemplateResult {
    const at = this.live.board.columns.findIndex(({ id }) => id === column.id);
    const words = t("Actions of the column %(column)s", { column: column.title });
    const act = (what: () => Promise<void>) => (event: Event) => {
      (event.currentTarget as Element).closest("details")?.removeAttribute("open");
      void what();
    };
    return html`<details class="menu">
      <summary class="icon-button" aria-label=${words} title=${words}>${icon("ellipsis")}</summary>
      <div class="menu__panel">
        <button type="button" class="menu__item" @click=${act(() => this.rename(column))}>${icon("pencil")}${t("Rename")}</button>
        <button
          type="button"
          class="menu__item"
          @click=${act(async () => {
            await this.attempt(() => this.live.changeColumn(column.id, { done: !column.done }));
          })}
        >
          ${icon(column.done ? "undo-2" : "check")}${column.done ? t("Its cards are not finished") : t("Its cards are finished")}
        </button>
        <button type="button" class="menu__item" @click=${act(() => this.limit(column))}>${icon("hand")}${t("Limit the cards")}</button>
        ${at > 0
          ? html`<button type="button" class="menu__item" @click=${act(() => this.shift(column, -1))}>
              ${icon("arrow-left")}${t("Move to the left")}
            </button>`
          : nothing}
        ${at < this.live.board.columns.length - 1
          ? html`<button type="button" class="menu__item" @click=${act(() => this.shift(column, 1))}>
              ${icon("arrow-right")}${t("Move to the right")}
            </button>`
          : nothing}
        <hr />
        <button type="button" class="menu__item" @click=${act(() => this.archive(column))}>${icon("archive")}${t("Archive")}</button>
        <button type="button" class="menu__item danger" @click=${act(() => this.remove(column))}>
          ${icon("trash-2")}${t("Remove")}
        </button>
      </div>
    </details>`;
  }
}

/** How many cards there are, and how many there should be at most. */
export function count({ cards, wip }: Column): TemplateResult {
  if (wip === null)
    return html`<span class="board-count" aria-hidden="true">${cards.length}</span>
      <span class="visually-hidden">${tn("%(count)s card", "%(count)s cards", cards.length)}</span>`;
  const over = cards.length > wip;
  const words = over
    ? t("%(count)s cards, more than the limit of %(limit)s", { count: cards.length, limit: wip })
    : t("%(count)s cards of %(limit)s at most", { count: cards.length, limit: wip });
  return html`<span class="board-count ${over ? "over" : ""}" title=${words}
    >${over ? icon("triangle-alert") : nothing}<span aria-hidden="true">${cards.length}/${wip}</span><span class="visually-hidden">${words}</span></span
  >`;
}
