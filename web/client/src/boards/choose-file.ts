/** Choosing a file of a space: its folders are walked through in a dialog. Gives the file's id, or null. */
import { html, nothing, render } from "lit";
import { api, wordsFor } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";

interface Item {
  id: string;
  kind: "folder" | "file";
  name: string;
}

export async function chooseFile(space: string): Promise<string | null> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "choose-file");
  const way: Item[] = [];
  let items: readonly Item[] = [];
  let problem = "";

  const draw = (): void => {
    render(
      html`<form method="dialog" class="dialog__body">
        <div class="dialog__head">
          <h2 id="choose-file">${way.at(-1)?.name ?? t("Files of the space")}</h2>
          <button class="icon-button" value="" aria-label=${t("Close")}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        ${way.length === 0
          ? nothing
          : html`<button type="button" class="button quiet small" @click=${() => { way.pop(); void load(); }}>${icon("arrow-left")}${t("Back")}</button>`}
        <div class="board-moves">
          ${items.map((item) =>
            item.kind === "folder"
              ? html`<button type="button" class="menu__item" @click=${() => { way.push(item); void load(); }}>${icon("folder")}<span>${item.name}</span></button>`
              : html`<button class="menu__item" value=${item.id}>${icon("file")}<span>${item.name}</span></button>`,
          )}
        </div>
        ${items.length === 0 && problem === "" ? html`<p class="soft">${t("There is no file here.")}</p>` : nothing}
      </form>`,
      dialog,
    );
  };
  const load = async (): Promise<void> => {
    problem = "";
    try {
      const folder = way.at(-1);
      items = await api.all<Item>(`/api/v1/spaces/${space}/files${folder ? `?folder=${folder.id}` : ""}`);
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  await load();
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  return dialog.returnValue === "" ? null : dialog.returnValue;
}
