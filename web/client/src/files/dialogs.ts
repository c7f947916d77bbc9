/** The questions of the file list: how one is asked, and the name of a new folder. */
import { type TemplateResult, html, nothing, render } from "lit";
import { t } from "../i18n";
import { icon } from "../icon";

export interface Folder {
  id: string;
  name: string;
  folder: string | null;
}

let serial = 0;

/**
 * Show a dialog until it is answered; `content` gets the id for its title, and a way to be drawn again. Gives the value of
 * the button that was pressed.
 */
export async function show(
  content: (title: string, redraw: () => void) => TemplateResult,
): Promise<{ value: string; form: FormData }> {
  const dialog = document.createElement("dialog");
  const title = `files-dialog-${++serial}`;
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", title);
  const draw = (): void => {
    render(content(title, draw), dialog);
  };
  draw();
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  const form = dialog.querySelector("form");
  return { value: dialog.returnValue, form: new FormData(form ?? undefined) };
}

export const actions = (action: string): TemplateResult => html`<div class="dialog__actions">
  <button class="button" value="" formnovalidate>${t("Cancel")}</button>
  <button class="button primary" value="yes">${action}</button>
</div>`;

/** The name of a new folder, or undefined when nothing is wanted after all. `fault`: why the last one was refused. */
export async function askFolderName(value = "", fault = ""): Promise<string | undefined> {
  const answer = await show(
    (title) => html`<form method="dialog" class="dialog__body" data-live>
      <h2 id=${title}>${t("New folder")}</h2>
      <div class="field">
        <label for="folder-name">${t("Name")}</label>
        <input class="input" id="folder-name" name="name" .value=${value} required autofocus autocomplete="off"
          aria-invalid=${fault ? "true" : nothing} aria-describedby=${fault ? "folder-fault" : nothing}>
        ${fault ? html`<p class="field__error" id="folder-fault">${icon("circle-alert")}<span>${fault}</span></p>` : nothing}
      </div>
      ${actions(t("Make the folder"))}
    </form>`,
  );
  const name = answer.form.get("name");
  return answer.value === "yes" && typeof name === "string" ? name : undefined;
}
