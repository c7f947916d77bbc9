/** The bar of what can be done with all that is selected. */
import { type TemplateResult, html, nothing } from "lit";
import { t, tn } from "../i18n";
import { icon } from "../icon";
import type { Bulk } from "./bulk";
import type { FolderState, Item } from "./list";
import { tagOf } from "./rows";

/** So many names fit into one address. */
const MOST_IN_ZIP = 180;

export function bar(folder: FolderState, items: readonly Item[], bulk: Bulk, none: () => void): TemplateResult {
  const starred = items.every(({ id }) => folder.favourites.includes(id));
  return html`<div class="files__bar" role="group" aria-label=${t("Actions on what is selected")}>
    <span role="status">${tn("%(count)s selected", "%(count)s selected", items.length)}</span>
    ${items.length <= MOST_IN_ZIP ? html`<a class="button small" href=${zipOf(folder, items)} download>${icon("download")}${t("Download")}</a>` : nothing}
    ${folder.can_edit ? html`<button class="button small" type="button" @click=${() => bulk.transfer(items, "move")}>${icon("folder-input")}${t("Move")}</button>` : nothing}
    <button class="button small" type="button" @click=${() => bulk.transfer(items, "copy")}>${icon("files")}${t("Copy")}</button>
    ${folder.can_edit ? tagMenu(folder, items, bulk) : nothing}
    <button class="button small files__star" type="button" aria-pressed=${starred ? "true" : "false"} @click=${() => bulk.favourite(items, !starred)}>${icon("star")}${t("Favourite")}</button>
    ${folder.can_edit ? html`<button class="button small" type="button" @click=${() => bulk.trash(items)}>${icon("trash-2")}${t("To the trash")}</button>` : nothing}
    <button class="icon-button" type="button" title=${t("Select nothing")} @click=${none}>${icon("x", t("Select nothing"))}</button>
  </div>`;
}

/** One file as it is; several things, or a folder, as a ZIP. */
function zipOf({ space, folder }: FolderState, items: readonly Item[]): string {
  const [first] = items;
  if (items.length === 1 && first?.kind === "file") return `/api/v1/files/${first.id}/content`;
  const query = new URLSearchParams(items.map(({ id }): [string, string] => ["item", id]));
  if (folder !== null) query.set("folder", folder);
  return `/api/v1/spaces/${space}/zip?${query}`;
}

function tagMenu({ tags, space }: FolderState, items: readonly Item[], bulk: Bulk): TemplateResult {
  return html`<details class="menu">
    <summary class="button small">${icon("tag")}${t("Tags")}</summary>
    <div class="menu__panel">
      ${tags.map((tag) => {
        const on = items.every((item) => item.tags.includes(tag.id));
        const some = items.some((item) => item.tags.includes(tag.id));
        return html`<label class="menu__item"><input type="checkbox" .checked=${on} .indeterminate=${some && !on} @change=${() => bulk.tag(items, tag, !on)}>${tagOf(tag)}</label>`;
      })}
      <a class="menu__item" href="/files/${space}/tags">${icon("pencil")}${t("Manage the tags")}</a>
    </div>
  </details>`;
}
