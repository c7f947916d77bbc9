/** Templates: of cards, kept and named in a dialog; of boards, kept by the space or copied at once. */
import { html, nothing, render } from "lit";
import { api, wordsFor } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";
import { toast } from "../toast";
import { askWithCards } from "./ask";
import type { CardTemplate, LiveBoard } from "./live";
import type { Board } from "./state";

const API = "/api/v1";

export async function editCardTemplates(live: LiveBoard): Promise<void> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "templates-title");
  let templates: readonly CardTemplate[] = [];
  let problem = "";

  const act = async (what: () => Promise<unknown>): Promise<void> => {
    problem = "";
    try {
      await what();
      templates = await live.cardTemplates();
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  const draw = (): void => {
    render(
      html`<div class="dialog__body">
        <div class="dialog__head">
          <h2 id="templates-title">${t("Templates of cards")}</h2>
          <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(); }}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        <p class="soft">${t("Open a card and choose “Keep as a template”: its text, labels, checklists and fields are there for new cards. A template kept again under the same name is replaced.")}</p>
        <ul class="archive-list" role="list">
          ${templates.map(
            (one) => html`<li>
              <input class="input" .value=${one.name} maxlength="100" aria-label=${t("Name of the template “%(template)s”", { template: one.name })}
                @change=${(event: Event) => act(() => api.patch(`${API}/card-templates/${one.id}`, { name: (event.target as HTMLInputElement).value.trim() }))} />
              <button type="button" class="icon-button" aria-label=${t("Remove the template “%(template)s”", { template: one.name })} @click=${() => act(() => api.delete(`${API}/card-templates/${one.id}`))}>${icon("trash-2")}</button>
            </li>`,
          )}
        </ul>
      </div>`,
      dialog,
    );
  };
  await act(() => Promise.resolve());
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
}

/** Keep a card as a template of its board. */
export async function keepAsTemplate(board: string, card: string, name: string): Promise<void> {
  await api.post(`${API}/boards/${board}/card-templates`, { name, card });
  document.dispatchEvent(new CustomEvent("card-templates-changed"));
  toast(t("The template “%(template)s” is kept.", { template: name }));
}

export async function saveBoardTemplate({ id, title }: Board): Promise<void> {
  const asked = await askWithCards(t("Keep the board as a template"), t("Name of the template"), title, t("Keep"));
  if (!asked) return;
  await api.post(`${API}/boards/${id}/templates`, asked);
  toast(t("The template “%(template)s” is kept: choose it for a new board.", { template: asked.title }));
}

export async function copyBoard({ id, title }: Board): Promise<void> {
  const asked = await askWithCards(t("Copy the board"), t("Title of the copy"), t("%(board)s (copy)", { board: title }), t("Copy"));
  if (!asked) return;
  const made = await api.post<{ id: string }>(`${API}/boards/${id}/copy`, asked);
  location.assign(`/boards/${made.id}`);
}
