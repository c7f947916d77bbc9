/** The dialog in which the fields of a board are made, named, ordered and archived. Each change is saved at once. */
import { type TemplateResult, html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../announce";
import { api, wordsFor } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";
import { colourChoice } from "./labels";
import type { LiveBoard } from "./live";
import type { OwnField } from "./state";

const API = "/api/v1";

const kinds = (): readonly (readonly [string, string])[] => [
  ["text", t("Text")],
  ["number", t("A number")],
  ["date", t("Date")],
  ["choice", t("Choice")],
  ["person", t("Person")],
];

export async function editFields(live: LiveBoard): Promise<void> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog board-fields";
  dialog.setAttribute("aria-labelledby", "fields-title");
  let fields: readonly OwnField[] = live.board.fields;
  let problem = "";

  const act = async (what: () => Promise<OwnField>): Promise<boolean> => {
    problem = "";
    try {
      const made = await what();
      fields = fields.some(({ id }) => id === made.id) ? fields.map((one) => (one.id === made.id ? made : one)) : [...fields, made];
      announce(t("Saved."));
      return true;
    } catch (error) {
      problem = wordsFor(error);
      return false;
    } finally {
      draw();
    }
  };
  const change = (field: OwnField, what: object): Promise<boolean> =>
    act(async () => (await api.patch<OwnField>(`${API}/board-fields/${field.id}`, what)).data);
  const move = async (field: OwnField, by: number): Promise<void> => {
    const at = fields.findIndex(({ id }) => id === field.id);
    const to = at + by;
    if (to < 0 || to >= fields.length) return;
    if (!(await change(field, { position: to }))) return;
    const others = fields.filter(({ id }) => id !== field.id);
    fields = [...others.slice(0, to), ...fields.filter(({ id }) => id === field.id), ...others.slice(to)];
    draw();
    dialog.querySelector<HTMLElement>(`[data-field="${field.id}"] [data-move="${by}"]`)?.focus();
  };
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const asked = { title: text(data, "title"), kind: text(data, "kind") };
    if (await act(() => api.post<OwnField>(`${API}/boards/${live.board.id}/fields`, asked))) form.reset();
  };

  const choices = (field: OwnField): TemplateResult => {
    const all = field.choices.filter(({ archived }) => !archived);
    const set = (wanted: readonly object[]): Promise<boolean> => change(field, { choices: wanted });
    const sent = all.map(({ id, name, colour }) => ({ id, name, colour }));
    const addChoice = async (event: SubmitEvent): Promise<void> => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      const data = new FormData(form);
      if (await set([...sent, { name: text(data, "name"), colour: text(data, "colour") }])) form.reset();
    };
    return html`<div class="own-field__choices" role="group" aria-label=${t("Choices of “%(field)s”", { field: field.title })}>
      ${sent.map(
        (choice) => html`<div class="label-line">
          <span class="tag" data-colour=${choice.colour} aria-hidden="true">${choice.name}</span>
          <input class="input" .value=${choice.name} maxlength="60" aria-label=${t("Name of the choice %(choice)s", { choice: choice.name })}
            @change=${(event: Event) => set(sent.map((one) => (one === choice ? { ...one, name: (event.target as HTMLInputElement).value.trim() } : one)))} />
          ${colourChoice(choice.colour, t("Colour of the choice %(choice)s", { choice: choice.name }), (colour) => void set(sent.map((one) => (one === choice ? { ...one, colour } : one))))}
          <button type="button" class="icon-button" aria-label=${t("Take the choice %(choice)s off", { choice: choice.name })}
            @click=${() => set(sent.filter((one) => one !== choice))}>${icon("trash-2")}</button>
        </div>`,
      )}
      <form class="label-line" data-live @submit=${addChoice}>
        <input class="input" name="name" required maxlength="60" autocomplete="off" placeholder=${t("New choice")} aria-label=${t("New choice of “%(field)s”", { field: field.title })} />
        ${colourChoice("teal", t("Colour of the new choice"))}
        <button class="icon-button" aria-label=${t("Add the choice to “%(field)s”", { field: field.title })}>${icon("plus")}</button>
      </form>
    </div>`;
  };

  const line = (field: OwnField, at: number, all: readonly OwnField[]): TemplateResult => html`<li class="own-field" data-field=${field.id}>
    <div class="own-field__line">
      <input class="input" .value=${field.title} maxlength="60" aria-label=${t("Title of the field “%(field)s”", { field: field.title })}
        @change=${(event: Event) => change(field, { title: (event.target as HTMLInputElement).value.trim() })} />
      <span class="badge">${kinds().find(([kind]) => kind === field.kind)?.[1]}</span>
      <span class="own-field__acts">
        <button type="button" class="icon-button" data-move="-1" ?disabled=${at === 0} aria-label=${t("“%(field)s” further up", { field: field.title })} @click=${() => move(field, -1)}>${icon("arrow-up")}</button>
        <button type="button" class="icon-button" data-move="1" ?disabled=${at === all.length - 1} aria-label=${t("“%(field)s” further down", { field: field.title })} @click=${() => move(field, 1)}>${icon("arrow-down")}</button>
        <button type="button" class="icon-button" aria-label=${t("Archive “%(field)s”; what cards say in it is kept", { field: field.title })} @click=${() => change(field, { archived: true })}>${icon("archive")}</button>
      </span>
    </div>
    <label class="choice"><input type="checkbox" .checked=${field.shown} @change=${(event: Event) => change(field, { shown: (event.target as HTMLInputElement).checked })} /><span>${t("Show it on the cards of the board")}</span></label>
    ${field.kind === "choice" ? choices(field) : nothing}
  </li>`;

  const draw = (): void => {
    const active = fields.filter(({ archived }) => !archived);
    const gone = fields.filter(({ archived }) => archived);
    render(
      html`<div class="dialog__body">
        <div class="dialog__head">
          <h2 id="fields-title">${t("Fields of the cards")}</h2>
          <button type="button" class="icon-button" aria-label=${t("Close")} @click=${() => { dialog.close(); }}>${icon("x")}</button>
        </div>
        ${problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${problem}</p></div>`}
        ${active.length === 0 ? html`<p class="soft">${t("Fields are what you want to know of every card of this board: a file number, a cost, an opinion.")}</p>` : nothing}
        <ol class="own-fields" role="list">${repeat(active, ({ id }) => id, (field, at) => line(field, at, active))}</ol>
        <form class="own-field__new" data-live @submit=${add}>
          <div class="field"><label for="field-title">${t("New field")}</label><input class="input" id="field-title" name="title" required maxlength="60" autocomplete="off" /></div>
          <div class="field"><label for="field-kind">${t("Kind")}</label><select class="select" id="field-kind" name="kind">${kinds().map(([kind, words]) => html`<option value=${kind}>${words}</option>`)}</select></div>
          <button class="button">${icon("plus")}${t("Add the field")}</button>
        </form>
        ${gone.length === 0
          ? nothing
          : html`<section aria-labelledby="fields-gone"><h3 id="fields-gone">${t("Archived fields")}</h3>
              <ul class="archive-list" role="list">${gone.map((field) => html`<li><span>${field.title}</span><button type="button" class="button small" @click=${() => change(field, { archived: false })}>${icon("archive-restore")}${t("Bring back")}<span class="visually-hidden"> ${field.title}</span></button></li>`)}</ul></section>`}
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

function text(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value.trim() : "";
}
