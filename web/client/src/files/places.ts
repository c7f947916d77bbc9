/** Where to: a dialog with the spaces one may write in and their folders, each opened when it is wanted. */
import { type TemplateResult, html, nothing } from "lit";
import { api } from "../api";
import { t } from "../i18n";
import { icon } from "../icon";
import { type Folder, actions, show } from "./dialogs";

export interface Place {
  readonly space: string;
  readonly folder: string | null;
  /** What it is called. */
  readonly name: string;
}

interface Space {
  id: string;
  title: string;
  role: "owner" | "editor" | "reader";
  personal: boolean;
}

/** Every space that takes files, the one at hand first; its folders once they were asked for. */
class Tree {
  readonly folders = new Map<string, readonly Folder[]>();
  constructor(readonly spaces: readonly Space[]) {}

  async open(space: string): Promise<void> {
    if (!this.folders.has(space)) this.folders.set(space, await api.all<Folder>(`/api/v1/spaces/${space}/folders`));
  }
}

async function load(here: string): Promise<Tree> {
  const [own, shared] = await Promise.all([api.get<Space>("/api/v1/me/files"), api.all<Space>("/api/v1/spaces")]);
  const all = [own, ...shared.filter(({ role }) => role !== "reader")];
  const tree = new Tree([...all.filter(({ id }) => id === here), ...all.filter(({ id }) => id !== here)]);
  await tree.open(here);
  return tree;
}

/** The place that was chosen, or undefined for nowhere. Folders in `without` cannot be chosen. */
export async function askPlace(
  question: string,
  verb: string,
  here: { space: string; folder: string | null },
  without: ReadonlySet<string>,
): Promise<Place | undefined> {
  const tree = await load(here.space);
  const title = (space: Space): string => (space.personal ? t("My files") : space.title);
  const choice = (value: string, name: string, checked: boolean): TemplateResult => html`<label class="choice">
    <input type="radio" name="place" value=${value} ?checked=${checked} required>
    <span class="files__name">${icon("folder")}<bdi>${name}</bdi></span>
  </label>`;
  const branch = (space: string, parent: string | null): TemplateResult | typeof nothing => {
    const inside = (tree.folders.get(space) ?? []).filter(({ id, folder }) => folder === parent && !without.has(id));
    if (inside.length === 0) return nothing;
    return html`<ul class="files__branch" role="list">${inside.map(
      ({ id, name }) => html`<li>${choice(`${space}/${id}`, name, space === here.space && id === here.folder)}${branch(space, id)}</li>`,
    )}</ul>`;
  };
  const answer = await show((label, redraw) => {
    const opened = (space: Space) => (event: Event): void => {
      if ((event.currentTarget as HTMLDetailsElement).open) void tree.open(space.id).then(redraw, redraw);
    };
    return html`<form method="dialog" class="dialog__body" data-live>
      <fieldset class="field">
        <legend><h2 id=${label}>${question}</h2></legend>
        <div class="files__tree">${tree.spaces.map((space) => {
          const whole = html`${choice(`${space.id}/`, title(space), space.id === here.space && here.folder === null)}${branch(space.id, null)}`;
          if (space.id === here.space) return whole;
          return html`<details class="files__space" @toggle=${opened(space)}><summary>${title(space)}</summary>${whole}</details>`;
        })}</div>
      </fieldset>
      ${actions(verb)}
    </form>`;
  });
  const chosen = answer.form.get("place");
  if (answer.value !== "yes" || typeof chosen !== "string") return undefined;
  const [space = "", folder = ""] = chosen.split("/");
  const named = tree.folders.get(space)?.find(({ id }) => id === folder)?.name;
  const found = tree.spaces.find(({ id }) => id === space);
  return { space, folder: folder === "" ? null : folder, name: named ?? (found ? title(found) : "") };
}
