/** Taking a card to another board, in a dialog: who will see it there and what cannot follow is said before. */
import { type TemplateResult, html, nothing, render } from "lit";
import { api, wordsFor } from "../api";
import { locale, t, tn } from "../i18n";
import { icon } from "../icon";
import type { Person } from "./state";

interface Destination {
  board: string;
  title: string;
  space_title: string;
  columns: readonly { id: string; title: string }[];
}

interface Some {
  count: number;
  people: readonly Person[];
}

interface Preview {
  hidden: boolean;
  gains: Some;
  loses: Some;
  left: readonly Person[];
  labels: readonly string[];
  fields: readonly string[];
  tasks: number;
  told: string;
}

const API = "/api/v1";
const NAMED = 6;

const list = (names: readonly string[]): string => new Intl.ListFormat(locale()).format(names);

function named({ count, people }: Some): string {
  const names = people.slice(0, NAMED).map(({ name }) => name);
  return list(count > names.length ? [...names, tn("%(count)s other", "%(count)s others", count - names.length)] : names);
}

/** What the mover is told, each a sentence. */
function consequences(preview: Preview): readonly string[] {
  const { hidden, gains, loses, left, labels, fields, tasks } = preview;
  return [
    gains.count === 0 ? t("Nobody else will see the card.") : t("Will see the card: %(names)s.", { names: named(gains) }),
    loses.count === 0 ? "" : t("Will not see it any more: %(names)s.", { names: named(loses) }),
    hidden ? t("The card stays hidden: only its members who have access there will see it.") : "",
    left.length === 0 ? "" : t("Come off the card, as they have no access there: %(names)s.", { names: list(left.map(({ name }) => name)) }),
    labels.length === 0 ? "" : t("Labels that the other board does not have: %(names)s.", { names: list(labels) }),
    fields.length === 0 ? "" : t("Fields that the other board does not have, whose content is lost: %(names)s.", { names: list(fields) }),
    tasks === 0 ? "" : tn("%(count)s entry of its checklists will be nobody’s.", "%(count)s entries of its checklists will be nobody’s.", tasks),
  ].filter((text) => text !== "");
}

/** Gives whether the card has gone. */
export async function transferCard(card: string, title: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "transfer-title");
  let places: readonly Destination[] | undefined;
  let column = "";
  let preview: Preview | undefined;
  let problem = "";
  let busy = false;

  const attempt = async (what: () => Promise<void>): Promise<void> => {
    problem = "";
    try {
      await what();
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  const choose = (wanted: string): Promise<void> => {
    column = wanted;
    preview = undefined;
    return attempt(async () => {
      const told = await api.get<Preview>(`${API}/cards/${card}/relocation?column=${wanted}`);
      if (column === wanted) preview = told;
    });
  };
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!preview || busy) return;
    busy = true;
    draw();
    try {
      await api.post(`${API}/cards/${card}/relocation`, { column, told: preview.told });
      dialog.close("gone");
    } catch (error) {
      const words = wordsFor(error);
      await choose(column); // what is so now, beside why nothing happened
      problem = words;
    } finally {
      busy = false;
      draw();
    }
  };
  const chosen = (): Destination | undefined => places?.find(({ columns }) => columns.some(({ id }) => id === column));
  const select = (key: string, words: string, options: readonly { id: string; title: string }[], on: string, changed: (id: string) => void): TemplateResult =>
    html`<div class="field">
      <label for=${key}>${words}</label>
      <select class="select" id=${key} @change=${(event: Event) => { changed((event.target as HTMLSelectElement).value); }}>
        ${on === "" ? html`<option value="" selected>${t("Choose…")}</option>` : nothing}
        ${options.map((one) => html`<option value=${one.id} ?selected=${one.id === on}>${one.title}</option>`)}
      </select>
    </div>`;
  const body = (all: readonly Destination[]): TemplateResult => {
    if (all.length === 0) return html`<p class="soft">${t("There is no other board on which you may write.")}</p>`;
    const boards = all.map((one) => ({ id: one.board, title: `${one.title} (${one.space_title})` }));
    const there = chosen();
    return html`${select("transfer-board", t("Board"), boards, there?.board ?? "", (id) => void choose(all.find(({ board }) => board === id)?.columns[0]?.id ?? ""))}
      ${there ? select("transfer-column", t("Column"), there.columns, column, (id) => void choose(id)) : nothing}
      <div role="status">
        ${preview
          ? html`<h3>${t("What this changes")}</h3><ul class="transfer">${consequences(preview).map((text) => html`<li>${text}</li>`)}</ul>`
          : there ? html`<span class="skeleton board-dialog__wait"></span>` : nothing}
      </div>`;
  };
  const draw = (): void => {
    render(
      html`<form class="dialog__body" data-live @submit=${go}>
        <div class="dialog__head">
          <h2 id="transfer-title">${t("Take “%(card)s” to another board", { card: title })}</h2>
          <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(""); }}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        ${places ? body(places) : html`<span class="skeleton board-dialog__wait"></span>`}
        <div class="dialog__actions">
          <button type="button" class="button" @click=${() => { dialog.close(""); }}>${t("Cancel")}</button>
          <button class="button primary" aria-busy=${busy} ?disabled=${!preview}>${t("Take it there")}</button>
        </div>
      </form>`,
      dialog,
    );
  };
  draw();
  document.body.append(dialog);
  dialog.showModal();
  void attempt(async () => {
    places = (await api.get<{ items: readonly Destination[] }>(`${API}/cards/${card}/destinations`)).items;
  });
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  return dialog.returnValue === "gone";
}
