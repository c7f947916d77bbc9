/** One row of the file list, as a view of what the list element keeps. */
import { type TemplateResult, html, nothing } from "lit";
import { t } from "../i18n";
import { type IconName, icon } from "../icon";
import type { Item } from "./list";
import { momentOf, sizeOf } from "./words";

export interface RowActions {
  select(item: Item, on: boolean): void;
  startRename(item: Item): void;
  rename(item: Item, name: string): void;
  stopRename(): void;
  move(item: Item): void;
  trash(item: Item): void;
}

export interface RowState {
  readonly zone: string;
  readonly canEdit: boolean;
  readonly selected: boolean;
  /** While a new name is written: the name it had at the start, and why the new one was refused. */
  readonly renaming: { readonly name: string; readonly fault: string } | undefined;
}

export const addressOf = (item: Item): string =>
  item.kind === "folder" ? `/files/${item.space}/${item.id}` : `/api/v1/files/${item.id}/content`;

export function row(item: Item, state: RowState, actions: RowActions): TemplateResult {
  return html`<tr data-id=${item.id} aria-selected=${state.canEdit ? (state.selected ? "true" : "false") : nothing}>
    ${
      state.canEdit
        ? html`<td class="files__check"><input type="checkbox" .checked=${state.selected} aria-label=${t("Select %(name)s", { name: item.name })}
            @change=${(event: Event) => { actions.select(item, (event.target as HTMLInputElement).checked); }}></td>`
        : nothing
    }
    <th scope="row">${state.renaming ? renaming(item, state.renaming, actions) : name(item)}</th>
    <td class="end" data-label=${item.kind === "file" ? t("Size") : nothing}>${item.kind === "file" ? sizeOf(item.size) : nothing}</td>
    <td data-label=${t("Changed by")}>${item.changed_by?.name ?? nothing}</td>
    <td data-label=${t("When")}><time datetime=${item.changed_at}>${momentOf(item.changed_at, state.zone)}</time></td>
    <td>${menu(item, state, actions)}</td>
  </tr>`;
}

const name = (item: Item): TemplateResult => html`<span class="files__name">
  ${icon(item.icon as IconName)}<a href=${addressOf(item)} ?download=${item.kind === "file"}><bdi>${item.name}</bdi></a>
</span>${item.locked_by ? html` <span class="soft">${icon("lock")}${t("Locked by %(name)s", { name: item.locked_by.name })}</span>` : nothing}`;

function renaming(item: Item, { name, fault }: NonNullable<RowState["renaming"]>, actions: RowActions): TemplateResult {
  const field = `rename-${item.id}`;
  return html`<form class="files__rename" data-live
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      actions.rename(item, new FormData(event.target as HTMLFormElement).get("name") as string);
    }}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key === "Escape") actions.stopRename();
    }}>
    <input class="input" id=${field} name="name" .value=${name} required autocomplete="off" aria-label=${t("New name of %(name)s", { name: item.name })}
      aria-invalid=${fault ? "true" : nothing} aria-describedby=${fault ? `${field}-fault` : nothing}>
    <button class="icon-button">${icon("check", t("Rename"))}</button>
    <button class="icon-button" type="button" @click=${actions.stopRename}>${icon("x", t("Cancel"))}</button>
    ${fault ? html`<p class="field__error" id="${field}-fault" role="alert">${icon("circle-alert")}<span>${fault}</span></p>` : nothing}
  </form>`;
}

function menu(item: Item, { canEdit }: RowState, actions: RowActions): TemplateResult {
  const then = (run: (item: Item) => void) => (event: Event): void => {
    (event.currentTarget as Element).closest("details")?.removeAttribute("open");
    run(item);
  };
  return html`<details class="menu">
    <summary class="icon-button">${icon("ellipsis", t("Actions on %(name)s", { name: item.name }))}</summary>
    <div class="menu__panel">
      ${item.kind === "file" ? html`<a class="menu__item" href=${addressOf(item)} download>${icon("download")}${t("Download")}</a>` : nothing}
      <a class="menu__item" href="/files/${item.space}/items/${item.id}">${icon("history")}${item.kind === "file" ? t("Details and versions") : t("Details")}</a>
      ${
        canEdit
          ? html`<button class="menu__item" type="button" @click=${then(actions.startRename)}>${icon("pencil")}${t("Rename")}</button>
              <button class="menu__item" type="button" @click=${then(actions.move)}>${icon("folder")}${t("Move")}</button>
              <button class="menu__item danger" type="button" @click=${then(actions.trash)}>${icon("trash-2")}${t("To the trash")}</button>`
          : nothing
      }
    </div>
  </details>`;
}
