/** The questions of the file list: a name for a new folder, a folder to move to. */
import { type TemplateResult, html, nothing, render } from "lit";
import { t } from "../i18n";
import { icon } from "../icon";

export interface Folder {
  id: string;
  name: string;
  folder: string | null;
}

let serial = 0;

/** Show a dialog until it is answered; `content` gets the id for its title. The value of the button that was pressed. */
async function show(content: (title: string) => TemplateResult): Promise<{ value: string; form: FormData }> {
  const dialog = document.createElement("dialog");
  const title = `files-dialog-${++serial}`;
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", title);
  render(content(title), dialog);
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  const form = dialog.querySelector("form");
  return { value: dialog.returnValue, form: new FormData(form ?? undefined) };
}

const actions = (action: string): TemplateResult => html`<div class="dialog__actions">
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

/** The folder to move to: its id, null for the top, undefined for nowhere. Folders in `without` cannot be chosen. */
export async function askFolder(
  folders: readonly Folder[],
  top: string,
  without: ReadonlySet<string>,
  here: string | null,
): Promise<string | null | undefined> {
  const branch = (parent: string | null): TemplateResult | typeof nothing => {
    const inside = folders.filter(({ id, folder }) => folder === parent && !without.has(id));
    if (inside.length === 0) return nothing;
    return html`<ul class="files__branch" role="list">${inside.map((one) => html`<li>${choice(one.id, one.name)}${branch(one.id)}</li>`)}</ul>`;
  };
  const choice = (id: string | null, name: string): TemplateResult => html`<label class="choice">
    <input type="radio" name="folder" value=${id ?? ""} ?checked=${id === here}>
    <span class="files__name">${icon("folder")}<bdi>${name}</bdi></span>
  </label>`;
  const answer = await show(
    (title) => html`<form method="dialog" class="dialog__body" data-live>
      <fieldset class="field">
        <legend><h2 id=${title}>${t("Move to")}</h2></legend>
        <div class="files__tree">${choice(null, top)}${branch(null)}</div>
      </fieldset>
      ${actions(t("Move"))}
    </form>`,
  );
  const chosen = answer.form.get("folder");
  if (answer.value !== "yes" || typeof chosen !== "string") return undefined;
  return chosen === "" ? null : chosen;
}
