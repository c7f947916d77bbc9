/** The labels of a board, made, changed and removed in a dialog; each change is saved and seen at once. */
import { type TemplateResult, html, nothing, render } from "lit";
import { wordsFor } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";
import type { LiveBoard } from "./live";
import type { Label } from "./state";

const colours = (): readonly (readonly [Label["colour"], string])[] => [
  ["grey", t("Grey")],
  ["red", t("Red")],
  ["orange", t("Orange")],
  ["green", t("Green")],
  ["teal", t("Teal")],
  ["blue", t("Blue")],
  ["violet", t("Violet")],
  ["pink", t("Pink")],
];

const text = (data: FormData, name: string): string => {
  const value = data.get(name);
  return typeof value === "string" ? value.trim() : "";
};

/** A choice of the colours that labels and choices can have. */
export function colourChoice(chosen: string, words: string, changed?: (colour: Label["colour"]) => void): TemplateResult {
  return html`<select class="select" name="colour" aria-label=${words} @change=${(event: Event) => changed?.((event.target as HTMLSelectElement).value as Label["colour"])}>
    ${colours().map(([value, name]) => html`<option value=${value} ?selected=${value === chosen}>${name}</option>`)}
  </select>`;
}

export async function editLabels(live: LiveBoard): Promise<void> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "labels-title");
  let labels = [...live.board.labels];
  let problem = "";

  const act = async (what: () => Promise<void>): Promise<void> => {
    problem = "";
    try {
      await what();
    } catch (error) {
      problem = wordsFor(error);
    }
    draw();
  };
  const change = (label: Label, what: Partial<Pick<Label, "name" | "colour">>): Promise<void> =>
    act(async () => {
      await live.changeLabel(label.id, what);
      labels = labels.map((one) => (one.id === label.id ? { ...one, ...what } : one));
    });
  const add = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    void act(async () => {
      labels = [...labels, await live.addLabel(text(data, "name"), text(data, "colour"))];
      form.reset();
    });
  };
  const draw = (): void => {
    render(
      html`<div class="dialog__body">
        <div class="dialog__head">
          <h2 id="labels-title">${t("The board’s labels")}</h2>
          <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(); }}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        ${labels.map(
          (label) => html`<div class="label-line">
            <span class="tag" data-colour=${label.colour} aria-hidden="true">${label.name}</span>
            <input class="input" .value=${label.name} maxlength="60" aria-label=${t("Name of the label %(label)s", { label: label.name })}
              @change=${(event: Event) => change(label, { name: (event.target as HTMLInputElement).value.trim() })} />
            ${colourChoice(label.colour, t("Colour of the label %(label)s", { label: label.name }), (colour) => void change(label, { colour }))}
            <button type="button" class="icon-button" aria-label=${t("Remove the label %(label)s", { label: label.name })}
              @click=${() => act(async () => {
                await live.removeLabel(label.id);
                labels = labels.filter(({ id }) => id !== label.id);
              })}>${icon("trash-2")}</button>
          </div>`,
        )}
        <form class="label-line" data-live @submit=${add}>
          <input class="input" name="name" required maxlength="60" autocomplete="off" placeholder=${t("New label")} aria-label=${t("New label")} />
          ${colourChoice("teal", t("Colour of the new label"))}
          <button class="icon-button" aria-label=${t("Add the label")}>${icon("plus")}</button>
        </form>
      </div>`,
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
}
