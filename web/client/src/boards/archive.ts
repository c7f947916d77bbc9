/** What has left the board, in a dialog: what is archived stays there, what was removed goes after some days. */
import { html, nothing, render } from "lit";
import { api, wordsFor } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";
import type { LiveBoard } from "./live";
import { shortDay } from "./words";

interface Gone {
  id: string;
  title: string;
  gone_at: string;
  until: string | null;
}

interface Archive {
  cards: readonly Gone[];
  columns: readonly Gone[];
}

export async function showArchive(live: LiveBoard, canEdit: boolean): Promise<void> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "archive-title");
  let archive: Archive = { cards: [], columns: [] };
  let problem = "";

  const load = async (): Promise<void> => {
    try {
      archive = await api.get<Archive>(`/api/v1/boards/${live.board.id}/archive`);
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  const bring = async (what: () => Promise<void>): Promise<void> => {
    problem = "";
    try {
      await what();
    } catch (error) {
      problem = wordsFor(error);
    }
    await load();
  };
  const list = (title: string, things: readonly Gone[], back: (id: string) => Promise<void>): unknown =>
    things.length === 0
      ? nothing
      : html`<h3>${title}</h3>
          <ul class="archive-list" role="list">
            ${things.map(
              ({ id, title: name, until }) => html`<li>
                <span>${name}<span class="size-s soft">${until === null ? t("archived") : t("removed, kept until %(day)s", { day: shortDay(until.slice(0, 10)) })}</span></span>
                ${canEdit
                  ? html`<button type="button" class="button small" @click=${() => bring(() => back(id))}>
                      ${icon("archive-restore")}${t("Bring back")}<span class="visually-hidden"> ${name}</span>
                    </button>`
                  : nothing}
              </li>`,
            )}
          </ul>`;
  const draw = (): void => {
    render(
      html`<div class="dialog__body">
        <div class="dialog__head">
          <h2 id="archive-title">${t("What has left the board")}</h2>
          <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(); }}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        ${archive.cards.length + archive.columns.length === 0 ? html`<p class="soft">${t("Nothing has left this board.")}</p>` : nothing}
        ${list(t("Columns"), archive.columns, (id) => live.restoreColumn(id))} ${list(t("Cards"), archive.cards, (id) => live.restoreCard(id))}
      </div>`,
      dialog,
    );
  };
  await load();
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
}
