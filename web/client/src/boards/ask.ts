/** Small dialogs of the board: a line to type, a place to choose. Both give null when the person changed their mind. */
import { type TemplateResult, html, nothing, render } from "lit";
import { t } from "../i18n";
import { icon } from "../icon";
import { type Board, type Move, find } from "./state";

const LONGEST_TITLE = 200;

let serial = 0;

async function open(title: string, body: (id: string, dialog: HTMLDialogElement) => TemplateResult): Promise<HTMLDialogElement> {
  const dialog = document.createElement("dialog");
  const id = `board-dialog-${++serial}`;
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", `${id}-title`);
  render(
    html`<form method="dialog" class="dialog__body">
      <div class="dialog__head">
        <h2 id="${id}-title">${title}</h2>
        <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(""); }}>${icon("x")}</button>
      </div>
      ${body(id, dialog)}
    </form>`,
    dialog,
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  return dialog;
}

/** One line of text. */
export async function askTitle(title: string, label: string, value: string, action: string): Promise<string | null> {
  const answered = await open(
    title,
    (id, dialog) => html`
      <div class="field">
        <label for="${id}-input">${label}</label>
        <input class="input" id="${id}-input" name="title" .value=${value} required maxlength=${LONGEST_TITLE} autocomplete="off" autofocus />
      </div>
      <div class="dialog__actions">
        <button type="button" class="button" @click=${() => { dialog.close(""); }}>${t("Cancel")}</button>
        <button class="button primary" value="yes">${action}</button>
      </div>
    `,
  );
  const typed = answered.querySelector("input")?.value.trim() ?? "";
  return answered.returnValue === "yes" && typed !== "" ? typed : null;
}

/** A title, and whether cards go along. */
export async function askWithCards(title: string, label: string, value: string, action: string): Promise<{ title: string; cards: boolean } | null> {
  const answered = await open(
    title,
    (id, dialog) => html`
      <div class="field">
        <label for="${id}-input">${label}</label>
        <input class="input" id="${id}-input" name="title" .value=${value} required maxlength=${LONGEST_TITLE} autocomplete="off" autofocus />
      </div>
      <label class="choice"><input type="checkbox" name="cards" /><span>${t("With its cards")}</span></label>
      <p class="soft size-s">${t("Columns, labels, fields and templates of cards go along. Comments, files and history stay where they are.")}</p>
      <div class="dialog__actions">
        <button type="button" class="button" @click=${() => { dialog.close(""); }}>${t("Cancel")}</button>
        <button class="button primary" value="yes">${action}</button>
      </div>
    `,
  );
  const typed = answered.querySelector<HTMLInputElement>("[name=title]")?.value.trim() ?? "";
  const cards = answered.querySelector<HTMLInputElement>("[name=cards]")?.checked ?? false;
  return answered.returnValue === "yes" && typed !== "" ? { title: typed, cards } : null;
}

/** A number from 1; 0 for none. */
export async function askNumber(title: string, label: string, hint: string, value: number | null): Promise<number | null> {
  const answered = await open(
    title,
    (id, dialog) => html`
      <div class="field">
        <label for="${id}-input">${label}</label>
        <p class="field__hint" id="${id}-hint">${hint}</p>
        <input class="input short" id="${id}-input" type="number" min="1" max="10000" .value=${value === null ? "" : String(value)} aria-describedby="${id}-hint" autofocus />
      </div>
      <div class="dialog__actions">
        <button type="button" class="button" @click=${() => { dialog.close(""); }}>${t("Cancel")}</button>
        <button class="button primary" value="yes">${t("Save")}</button>
      </div>
    `,
  );
  return answered.returnValue === "yes" ? Number(answered.querySelector("input")?.value ?? 0) : null;
}

/** Where a card goes: the ends of each column, a step up or down in its own. */
export async function askPlace(board: Board, card: string): Promise<Move | null> {
  const place = find(board, card);
  if (!place) return null;
  const { column, index } = place;
  const last = column.cards.length - 1;
  const choice = (name: "arrow-up" | "arrow-down" | "arrow-right", words: string, to: string, position: number): TemplateResult =>
    html`<button class="menu__item" value="${to} ${position}">${icon(name)}<span>${words}</span></button>`;
  const dialog = await open(
    t("Move “%(card)s” to…", { card: place.card.title }),
    () => html`
      <div class="board-moves">
        ${board.columns.map((one) =>
          one.id === column.id
            ? nothing
            : choice("arrow-right", t("Column %(column)s, at the end", { column: one.title }), one.id, one.cards.length),
        )}
        ${index > 0
          ? html`${choice("arrow-up", t("Up"), column.id, index - 1)} ${choice("arrow-up", t("To the top of the column"), column.id, 0)}`
          : nothing}
        ${index < last
          ? html`${choice("arrow-down", t("Down"), column.id, index + 1)}
            ${choice("arrow-down", t("To the end of the column"), column.id, last)}`
          : nothing}
      </div>
      <p class="soft size-s">${t("On a card, Alt and an arrow key move it too.")}</p>
    `,
  );
  const [to, position] = dialog.returnValue.split(" ");
  return to !== undefined && position !== undefined ? { card, column: to, position: Number(position) } : null;
}
