/** <hc-files>: the list of a folder, live; files dropped or chosen are sent, rows renamed, moved and put into the trash. */
import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../announce";
import { ApiError, StaleError, api } from "../api";
import { showConnection } from "../elements/connection";
import { LightElement } from "../elements/light";
import type { Announcements } from "../generated/events";
import { language, t } from "../i18n";
import { icon } from "../icon";
import { realtime } from "../realtime";
import { toast } from "../toast";
import { bar } from "./bar";
import { Bulk, type Host, wordsOfAny } from "./bulk";
import { askFolderName } from "./dialogs";
import { type Found, makeFolders, readChosen, readDropped } from "./folders";
import { type FolderState, type Item, between, changed, merged, sameName, sorted, takesAway } from "./list";
import { listed, part } from "./listing";
import { queue } from "./queue";
import { type RowActions, row } from "./rows";
import { sendTo } from "./sending";
import { Uploads } from "./uploads";

/** How long to wait before the list is asked for again: twice as long each time, up to the most. */
const AGAIN_MS = { first: 2_000, most: 60_000 };

@customElement("hc-files")
export class Files extends LightElement implements RowActions, Host {
  @state() private folder: FolderState = read();
  @state() private selected: ReadonlySet<string> = new Set();
  @state() private renaming: { id: string; name: string; fault: string } | undefined;
  @state() private over = false;
  @state() private gone = false;
  private leave: (() => void) | undefined;
  /** What became known while the list was being asked for, which its answer may not know yet. */
  private meanwhile: Item[] | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  private writing = false;
  /** Where a selection that is being extended began. */
  private anchor: string | undefined;
  private readonly bulk = new Bulk(this);

  private readonly uploads = new Uploads(
    sendTo(this.folder.space),
    (name, folder) => this.find(name, folder)?.kind,
    () => {
      this.requestUpdate();
    },
    (item) => {
      this.take([item]);
      announce(t("%(name)s has been sent.", { name: item.name }));
    },
  );

  override connectedCallback(): void {
    super.connectedCallback();
    this.take([]);
    showConnection();
    if (this.folder.can_edit) void this.uploads.recall(this.folder.space);
    this.leave = realtime().subscribe<unknown>(`files:${this.folder.space}`, {
      onSnapshot: (_, rev) => {
        if (rev !== this.folder.rev) void this.refetch(rev);
      },
      onEvent: ({ type, data, rev }) => {
        this.folder = { ...this.folder, rev: Math.max(rev, this.folder.rev) };
        if (type === "files.left") {
          const { ids } = data as Announcements["files.left"];
          this.show(this.folder.items.filter((item) => !ids.includes(item.id)));
          if (ids.some((id) => this.folder.path.includes(id))) this.gone = true;
        }
        if (type === "file_tags.changed") this.folder = { ...this.folder, tags: (data as Announcements["file_tags.changed"]).tags };
        if (type !== "files.changed") return;
        const { items } = data as Announcements["files.changed"];
        this.take(items);
        if (takesAway(this.folder, items)) this.gone = true;
        else if (this.gone) void this.refetch(rev);
      },
      onGone: () => {
        this.gone = true;
      },
    });
    document.addEventListener("click", this.pressed);
    globalThis.addEventListener("beforeunload", this.unloading);
    for (const event of ["dragover", "drop"] as const) globalThis.addEventListener(event, this.dragged);
    globalThis.addEventListener("dragleave", this.left);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave?.();
    clearTimeout(this.again);
    this.meanwhile = undefined;
    document.removeEventListener("click", this.pressed);
    globalThis.removeEventListener("beforeunload", this.unloading);
    for (const event of ["dragover", "drop"] as const) globalThis.removeEventListener(event, this.dragged);
    globalThis.removeEventListener("dragleave", this.left);
  }

  state(): FolderState {
    return this.folder;
  }

  setFavourites(favourites: readonly string[]): void {
    this.folder = { ...this.folder, favourites };
  }

  /** Take them out of the list; where the focus was in one of them, it goes to what stands there now. */
  hide(ids: readonly string[]): void {
    const at = this.folder.items.findIndex(({ id }) => ids.includes(id) && this.rowOf(id)?.contains(document.activeElement));
    this.show(this.folder.items.filter(({ id }) => !ids.includes(id)));
    const next = at < 0 ? undefined : this.folder.items[Math.min(at, this.folder.items.length - 1)];
    if (next) void this.updateComplete.then(() => { this.focusOn(next.id); });
  }

  select(item: Item, on: boolean, toHere = false): void {
    const from = toHere ? this.anchor : undefined;
    const ids = from === undefined ? [item.id] : between(this.folder.items, from, item.id);
    const selected = new Set(this.selected);
    for (const id of ids) {
      if (on) selected.add(id);
      else selected.delete(id);
    }
    this.selected = selected;
    if (!toHere) this.anchor = item.id;
  }

  private find(name: string, folder: string | null): Item | undefined {
    return folder === this.folder.folder ? this.folder.items.find((item) => sameName(item.name, name)) : undefined;
  }

  private rowOf(id: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(`tr[data-id="${id}"]`);
  }

  private focusOn(id: string): void {
    this.rowOf(id)?.querySelector<HTMLElement>(".files__name a")?.focus();
  }

  startRename = (item: Item): void => {
    this.renaming = { id: item.id, name: item.name, fault: "" };
    void this.updateComplete.then(() => {
      const input = this.querySelector<HTMLInputElement>(".files__rename input");
      input?.focus();
      const dot = item.kind === "file" ? item.name.lastIndexOf(".") : -1;
      input?.setSelectionRange(0, dot > 0 ? dot : item.name.length);
    });
  };

  stopRename = (): void => {
    const id = this.renaming?.id;
    this.renaming = undefined;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`[data-id="${id}"] summary`)?.focus());
  };

  rename = (item: Item, name: string): void => {
    void this.send(item, name);
  };

  private async send(item: Item, name: string): Promise<void> {
    try {
      const { data } = await api.patch<Item>(`/api/v1/files/${item.id}`, { name }, { ifMatch: `"${item.rev}"` });
      this.take([data]);
      if (this.renaming?.id === item.id) this.stopRename();
      announce(t("Renamed to %(name)s.", { name: data.name }));
    } catch (error) {
      if (error instanceof StaleError) this.take([error.body.current as Item]);
      const fault = wordsOfAny(error);
      if (this.renaming?.id === item.id) this.renaming = { ...this.renaming, fault };
      else toast(fault, { kind: "danger" });
    }
  }

  move = (item: Item): void => {
    void this.bulk.transfer([item], "move");
  };

  copy = (item: Item): void => {
    void this.bulk.transfer([item], "copy");
  };

  trash = (item: Item): void => {
    void this.bulk.trash([item]);
  };

  favourite = (item: Item, on: boolean): void => {
    void this.bulk.favourite([item], on);
  };

  /* A row that somebody else's change moves keeps the focus of the name that is being written. */

  protected override willUpdate(changes: PropertyValues): void {
    super.willUpdate(changes);
    this.writing = document.activeElement?.matches(".files__rename input") === true;
  }

  protected override updated(): void {
    if (this.writing) this.querySelector<HTMLInputElement>(".files__rename input")?.focus();
  }

  protected override render(): TemplateResult {
    const { items, can_edit: canEdit, next } = this.folder;
    return html`
      ${this.gone ? html`<div class="banner warning" role="alert">${icon("triangle-alert")}<p>${t("This folder is no longer here: it was put into the trash, or is not shared with you any more.")}</p></div>` : nothing}
      ${canEdit ? html`<input type="file" multiple hidden @change=${this.chosen}>` : nothing}
      ${queue(this.uploads, (name, folder) => this.find(name, folder), this.folder.zone)}
      ${this.selected.size > 0 ? bar(this.folder, this.chosenItems(), this.bulk, this.selectNone) : nothing}
      ${items.length > 0 ? this.table() : this.empty()}
      ${next === null ? nothing : html`<p><button class="button" type="button" @click=${this.more}>${t("Show more files")}</button></p>`}
      ${this.over ? html`<div class="files__drop" aria-hidden="true"><p>${icon("upload")}${t("Drop the files to add them here")}</p></div>` : nothing}
    `;
  }

  private table(): TemplateResult {
    const { items, can_edit: canEdit } = this.folder;
    const all = this.selected.size === items.length;
    return html`<table class="table stacked files__table">
      <caption class="visually-hidden">${t("Folders and files")}</caption>
      <thead><tr>
        <th scope="col" class="files__check"><input type="checkbox" .checked=${all} .indeterminate=${!all && this.selected.size > 0} aria-label=${t("Select all")} @change=${this.selectAll}></th>
        <th scope="col">${t("Name")}</th><th scope="col" class="end">${t("Size")}</th><th scope="col">${t("Changed by")}</th><th scope="col">${t("When")}</th>
        <th scope="col"><span class="visually-hidden">${t("Actions")}</span></th>
      </tr></thead>
      <tbody @keydown=${this.pressedInTable}>${repeat(
        items,
        ({ id }) => id,
        (item) => {
          const renaming = this.renaming?.id === item.id ? this.renaming : undefined;
          const favourite = this.folder.favourites.includes(item.id);
          const state = { canEdit, zone: this.folder.zone, selected: this.selected.has(item.id), renaming, favourite };
          return row(item, { ...state, tags: this.folder.tags }, this);
        },
      )}</tbody>
    </table>`;
  }

  private chosenItems(): Item[] {
    return this.folder.items.filter(({ id }) => this.selected.has(id));
  }

  private empty(): TemplateResult {
    return html`<div class="empty">
      <h2>${t("This folder is empty")}</h2>
      <p>${this.folder.can_edit ? t("Drop files here, or choose them: all members of the space see them.") : t("Files put here are seen by all members of the space.")}</p>
      ${this.folder.can_edit ? html`<a class="button" href="#upload" data-files="upload">${icon("upload")}${t("Add files")}</a>` : nothing}
    </div>`;
  }

  /** Put nodes where they belong now: in the list, or out of it. */
  take(nodes: readonly Item[]): void {
    this.meanwhile?.push(...nodes);
    this.show(changed(this.folder, nodes));
  }

  private show(list: readonly Item[]): void {
    const items = sorted(list, language());
    const ids = new Set(items.map(({ id }) => id));
    this.folder = { ...this.folder, items };
    this.selected = new Set([...this.selected].filter((id) => ids.has(id)));
  }

  /** Ask for the list, which is at least of `rev`; whatever went wrong for a while is tried again. */
  private async refetch(rev: number, patience = AGAIN_MS.first): Promise<void> {
    clearTimeout(this.again);
    const meanwhile: Item[] = [];
    this.meanwhile = meanwhile;
    try {
      const { items, next } = await listed(this.folder, this.folder.items.length);
      if (this.meanwhile !== meanwhile) return;
      this.meanwhile = undefined;
      this.folder = { ...this.folder, rev: Math.max(rev, this.folder.rev), next };
      this.show(merged(this.folder, items, meanwhile));
      this.gone = false;
    } catch (error) {
      if (this.meanwhile !== meanwhile) return;
      this.meanwhile = undefined;
      if (error instanceof ApiError && (error.status === 403 || error.status === 404)) {
        this.gone = true;
        return;
      }
      this.again = setTimeout(() => void this.refetch(rev, Math.min(2 * patience, AGAIN_MS.most)), patience);
    }
  }

  private more = async (): Promise<void> => {
    try {
      const { items, next } = await part(this.folder, this.folder.next);
      this.folder = { ...this.folder, next };
      this.take(items);
    } catch (error) {
      toast(wordsOfAny(error), { kind: "danger" });
    }
  };

  private async newFolder(): Promise<void> {
    let fault = "";
    let name: string | undefined = "";
    for (;;) {
      name = await askFolderName(name, fault);
      if (name === undefined) return;
      try {
        const item = await api.post<Item>(`/api/v1/spaces/${this.folder.space}/folders`, { name, folder: this.folder.folder });
        this.take([item]);
        announce(t("The folder %(name)s has been made.", { name: item.name }));
        return;
      } catch (error) {
        fault = wordsOfAny(error);
      }
    }
  }

  private chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const found = readChosen(input.files ?? []);
    input.value = "";
    void this.bring(found);
  };

  private chooseFolder(): void {
    const input = document.createElement("input");
    Object.assign(input, { type: "file", webkitdirectory: true });
    input.addEventListener("change", this.chosen);
    input.click();
  }

  private selectAll = (event: Event): void => {
    const on = (event.target as HTMLInputElement).checked;
    this.selected = new Set(on ? this.folder.items.map(({ id }) => id) : []);
  };

  private selectNone = (): void => {
    this.selected = new Set();
  };

  private pressedInTable = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (!target.matches(".files__check input, .files__name a")) return;
    const { items, can_edit: canEdit } = this.folder;
    const at = items.findIndex(({ id }) => id === target.closest<HTMLElement>("tr")?.dataset.id);
    const item = items[at];
    if (!item) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) this.walk(item, items[to], event.shiftKey);
    else if (event.key === "Enter" && target.matches("input")) this.rowOf(item.id)?.querySelector<HTMLElement>(".files__name a")?.click();
    else if (event.key === "Escape" && this.selected.size > 0) this.selected = new Set();
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.selected = new Set(items.map(({ id }) => id));
    else if (event.key === " " && target.matches("a")) this.select(item, !this.selected.has(item.id));
    else if (!canEdit) return;
    else if (event.key === "F2") this.startRename(item);
    else if (event.key === "Delete") void this.bulk.trash(this.selected.has(item.id) ? this.chosenItems() : [item]);
    else return;
    event.preventDefault();
  };

  /** From one row to another; `extend`: what lies between where the selection began and there is selected. */
  private walk(from: Item, to: Item | undefined, extend: boolean): void {
    if (!to) return;
    if (extend) {
      this.anchor ??= from.id;
      this.selected = new Set(between(this.folder.items, this.anchor, to.id));
    } else this.anchor = to.id;
    this.focusOn(to.id);
  }

  /** The page's own buttons, outside of this element. */
  private pressed = (event: Event): void => {
    const button = (event.target as Element).closest<HTMLElement>("[data-files]");
    if (!button) return;
    event.preventDefault();
    button.closest("details")?.removeAttribute("open");
    if (button.dataset.files === "upload") this.querySelector<HTMLInputElement>('input[type="file"]')?.click();
    else if (button.dataset.files === "upload-folder") this.chooseFolder();
    else void this.newFolder();
  };

  private unloading = (event: BeforeUnloadEvent): void => {
    if (this.uploads.busy) event.preventDefault();
  };

  private dragged = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    if (!this.folder.can_edit) {
      event.dataTransfer.dropEffect = "none";
      return;
    }
    event.dataTransfer.dropEffect = "copy";
    this.over = event.type === "dragover";
    if (event.type === "drop") this.dropped(event.dataTransfer);
  };

  private left = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.over = false;
  };

  private dropped(data: DataTransfer): void {
    readDropped(data).then(
      (found) => this.bring(found),
      () => toast(t("This could not be read. Nothing of it was sent."), { kind: "danger" }),
    );
  }

  /** Make the folders that files came in, then send the files into them. */
  private async bring(found: readonly Found[]): Promise<void> {
    const { space, folder: here } = this.folder;
    try {
      const ids = await makeFolders(found, here, async (name, folder) => {
        const item = await api.post<Item>(`/api/v1/spaces/${space}/folders`, { name, folder });
        this.take([item]);
        return item.id;
      });
      for (const { path, file } of found) if (file) this.uploads.add([file], ids.get(path.join("/")) ?? null);
    } catch (error) {
      toast(wordsOfAny(error), { kind: "danger" });
    }
  }
}

function read(): FolderState {
  return JSON.parse(document.getElementById("files-state")?.textContent ?? "{}") as FolderState;
}
