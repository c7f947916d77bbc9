/** Choosing a card of any board that one may read: what the search finds, in a dialog. Gives the card's id, or null. */
import { html, nothing, render } from "lit";
import { api, wordsFor } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";

interface Hit {
  id: string;
  title: string;
  where: readonly string[];
}

const WAIT_MS = 200;

export async function chooseCard(besides: string): Promise<string | null> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "choose-card");
  let found: readonly Hit[] | undefined;
  let problem = "";
  let timer: ReturnType<typeof setTimeout>;

  const look = async (words: string): Promise<void> => {
    problem = "";
    try {
      const { items } = await api.get<{ items: Hit[] }>(`/api/v1/search?kind=card&q=${encodeURIComponent(words)}`);
      found = items.filter(({ id }) => id !== besides);
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  const typed = (event: Event): void => {
    const words = (event.target as HTMLInputElement).value.trim();
    clearTimeout(timer);
    if (words.length > 1) timer = setTimeout(() => void look(words), WAIT_MS);
  };
  const draw = (): void => {
    render(
      html`<form method="dialog" class="dialog__body">
        <div class="dialog__head">
          <h2 id="choose-card">${t("Which card does it wait for?")}</h2>
          <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(""); }}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        <input class="input" type="search" autofocus autocomplete="off" aria-label=${t("Words of its title")} placeholder=${t("Words of its title")}
          @input=${typed} @keydown=${(event: KeyboardEvent) => { if (event.key === "Enter") event.preventDefault(); }} />
        <div class="board-moves" role="status">
          ${found?.map((hit) => html`<button class="menu__item" value=${hit.id}>${icon("square-kanban")}<span>${hit.title}<span class="soft size-s"> ${hit.where.join(" · ")}</span></span></button>`)}
          ${found?.length === 0 ? html`<p class="soft">${t("No card was found.")}</p>` : nothing}
        </div>
      </form>`,
      dialog,
    );
  };
  draw();
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  return dialog.returnValue === "" ? null : dialog.returnValue;
}
