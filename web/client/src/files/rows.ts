/** One row of the file list, as a view of what the list element keeps. */
import { type TemplateResult, html, nothing } from "lit";
import { t, tn } from "../i18n";
import { type IconName, icon } from "../icon";
import type { Item, Tag } from "./list";
import "./thumb";
import { momentOf, sizeOf } from "./words";

export interface RowActions {
  /** `toHere`: all from where the last one was selected. */
  select(item: Item, on: boolean, toHere?: boolean): void;
  startRename(item: Item): void;
  rename(item: Item, name: string): void;
  stopRename(): void;
  move(item: Item): void;
  copy(item: Item): void;
  favourite(item: Item, on: boolean): void;
  trash(item: Item): void;
}

export interface RowState {
  readonly zone: string;
  readonly canEdit: boolean;
  readonly selected: boolean;
  readonly favourite: boolean;
  readonly tags: readonly Tag[];
  /** While a new name is written: the name it had at the start, and why the new one was refused. */
  readonly renaming: { readonly name: string; readonly fault: string } | undefined;
}

export const addressOf = (item: Item): string =>
  item.kind === "folder" ? `/files/${item.space}/${item.id}` : `/api/v1/files/${item.id}/content`;

export function row(item: Item, state: RowState, actions: RowActions): TemplateResult {
  return html`<tr data-id=${item.id} aria-selected=${state.selected ? "true" : "false"}>
    <td class="files__check"><input type="checkbox" .checked=${state.selected} aria-label=${t("Select %(name)s", { name: item.name })}
      @click=${(event: MouseEvent) => { actions.select(item, (event.target as HTMLInputElement).checked, event.shiftKey); }}></td>
    <th scope="row">${state.renaming ? renaming(item, state.renaming, actions) : name(item, state)}</th>
    <td class="end" data-label=${item.kind === "file" ? t("Size") : nothing}>${item.kind === "file" ? sizeOf(item.size) : nothing}</td>
    <td data-label=${t("Changed by")}>${item.changed_by?.name ?? nothing}</td>
    <td data-label=${t("When")}><time datetime=${item.changed_at}>${momentOf(item.changed_at, state.zone)}</time></td>
    <td>${menu(item, state, actions)}</td>
  </tr>`;
}

export const tagOf = (tag: Tag): TemplateResult => html`<span class="tag" data-colour=${tag.colour}>${tag.name}</span>`;

function name(item: Item, { favourite, tags }: RowState): TemplateResult {
  const own = tags.filter(({ id }) => item.tags.includes(id));
  const details = `/files/${item.space}/items/${item.id}`;
  return html`<span class="files__name">
    ${thumb(item)}<a href=${addressOf(item)} ?download=${item.kind === "file"}><bdi>${item.name}</bdi></a>
  </span>${safety(item)}${lock(item)}
  ${
    favourite || own.length > 0 || item.comments > 0
      ? html`<span class="files__marks">
          ${favourite ? html`<span class="files__starred">${icon("star", t("Favourite"))}</span>` : nothing}
          ${item.comments > 0 ? html`<a class="files__talk" href="${details}#comments" aria-label=${tn("%(count)s comment", "%(count)s comments", item.comments)}>${icon("message-square")}${item.comments}</a>` : nothing}
          ${own.map(tagOf)}
        </span>`
      : nothing
  }`;
}

function thumb(item: Item): TemplateResult {
  const inner = icon(item.icon as IconName);
  if (!item.has_thumb) return html`<hc-thumb class="thumb">${inner}</hc-thumb>`;
  return html`<hc-thumb class="thumb" states="/api/v1/spaces/${item.space}/thumbs" file=${item.id} src="/api/v1/files/${item.id}/preview/thumb?v=${item.version}">${inner}</hc-thumb>`;
}

/** What the antivirus says of it, where it keeps others from reading it. */
function safety(item: Item): TemplateResult | typeof nothing {
  if (item.scan === "infected") return html` <span class="badge danger">${icon("circle-alert")}${t("malware, in quarantine")}</span>`;
  return item.scan === "pending" ? html` <span class="badge">${icon("clock")}${t("being checked")}</span>` : nothing;
}

const lock = (item: Item): TemplateResult | typeof nothing =>
  item.locked_by ? html` <span class="soft">${icon("lock")}${t("Locked by %(name)s", { name: item.locked_by.name })}</span>` : nothing;

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

function menu(item: Item, { canEdit, favourite }: RowState, actions: RowActions): TemplateResult {
  const then = (run: (item: Item) => void) => (event: Event): void => {
    (event.currentTarget as Element).closest("details")?.removeAttribute("open");
    run(item);
  };
  return html`<details class="menu">
    <summary class="icon-button">${icon("ellipsis", t("Actions on %(name)s", { name: item.name }))}</summary>
    <div class="menu__panel">
      ${item.kind === "file" ? html`<a class="menu__item" href=${addressOf(item)} download>${icon("download")}${t("Download")}</a>` : nothing}
      <a class="menu__item" href="/files/${item.space}/items/${item.id}">${icon("history")}${item.kind === "file" ? t("Details and versions") : t("Details")}</a>
      <button class="menu__item" type="button" @click=${then(() => { actions.favourite(item, !favourite); })}>${icon("star")}${favourite ? t("No longer a favourite") : t("Add to the favourites")}</button>
      <button class="menu__item" type="button" @click=${then((one) => { actions.copy(one); })}>${icon("files")}${t("Copy")}</button>
      ${
        canEdit
          ? html`<button class="menu__item" type="button" @click=${then(actions.startRename)}>${icon("pencil")}${t("Rename")}</button>
              <button class="menu__item" type="button" @click=${then(actions.move)}>${icon("folder-input")}${t("Move")}</button>
              <button class="menu__item danger" type="button" @click=${then(actions.trash)}>${icon("trash-2")}${t("To the trash")}</button>`
          : nothing
      }
    </div>
  </details>`;
}
