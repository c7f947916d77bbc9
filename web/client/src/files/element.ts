/** <hc-files>: the list of a folder, live; files dropped or chosen are sent, rows renamed, moved and put into the trash. */
import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../announce";
import { ApiError, StaleError, api, wordsFor } from "../api";
import { showConnection } from "../elements/connection";
import { LightElement } from "../elements/light";
import type { Announcements } from "../generated/events";
import { language, t, tn } from "../i18n";
import { icon } from "../icon";
import { realtime } from "../realtime";
import { toast } from "../toast";
import { type Folder, askFolder, askFolderName } from "./dialogs";
import { type FolderState, type Item, changed, merged, sameName, sorted, takesAway } from "./list";
import { queue } from "./queue";
import { type RowActions, row } from "./rows";
import { sendTo } from "./sending";
import { Uploads, wordsOf } from "./uploads";

/** How long to wait before the list is asked for again: twice as long each time, up to the most. */
const AGAIN_MS = { first: 2_000, most: 60_000 };

interface Listing {
  items: Item[];
  next: string | null;
}

@customElement("hc-files")
export class Files extends LightElement implements RowActions {
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

  private readonly uploads = new Uploads(
    sendTo(this.folder.space),
    (name, folder) => (folder === this.folder.folder ? this.folder.items.find((item) => sameName(item.name, name))?.kind : undefined),
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

  select(item: Item, on: boolean): void {
    const selected = new Set(this.selected);
    if (on) selected.add(item.id);
    else selected.delete(item.id);
    this.selected = selected;
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
      const fault = error instanceof ApiError ? wordsOf(error) : wordsFor(error);
      if (this.renaming?.id === item.id) this.renaming = { ...this.renaming, fault };
      else toast(fault, { kind: "danger" });
    }
  }

  move = (item: Item): void => {
    void this.moveAll([item]);
  };

  trash = (item: Item): void => {
    void this.trashAll([item]);
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
      ${queue(this.uploads)}
      ${this.selected.size > 0 ? this.bar() : nothing}
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
        ${canEdit ? html`<th scope="col" class="files__check"><input type="checkbox" .checked=${all} .indeterminate=${!all && this.selected.size > 0} aria-label=${t("Select all")} @change=${this.selectAll}></th>` : nothing}
        <th scope="col">${t("Name")}</th><th scope="col" class="end">${t("Size")}</th><th scope="col">${t("Changed by")}</th><th scope="col">${t("When")}</th>
        <th scope="col"><span class="visually-hidden">${t("Actions")}</span></th>
      </tr></thead>
      <tbody @keydown=${this.pressedInTable}>${repeat(
        items,
        ({ id }) => id,
        (item) => {
          const renaming = this.renaming?.id === item.id ? this.renaming : undefined;
          return row(item, { canEdit, zone: this.folder.zone, selected: this.selected.has(item.id), renaming }, this);
        },
      )}</tbody>
    </table>`;
  }

  private bar(): TemplateResult {
    const items = this.folder.items.filter(({ id }) => this.selected.has(id));
    return html`<div class="files__bar" role="group" aria-label=${t("Actions on what is selected")}>
      <span role="status">${tn("%(count)s selected", "%(count)s selected", items.length)}</span>
      <button class="button small" type="button" @click=${() => this.moveAll(items)}>${icon("folder")}${t("Move")}</button>
      <button class="button small" type="button" @click=${() => this.trashAll(items)}>${icon("trash-2")}${t("To the trash")}</button>
      <button class="button small quiet" type="button" @click=${this.selectNone}>${t("Select nothing")}</button>
    </div>`;
  }

  private empty(): TemplateResult {
    return html`<div class="empty">
      <h2>${t("This folder is empty")}</h2>
      <p>${this.folder.can_edit ? t("Drop files here, or choose them: all members of the space see them.") : t("Files put here are seen by all members of the space.")}</p>
      ${this.folder.can_edit ? html`<a class="button" href="#upload" data-files="upload">${icon("upload")}${t("Add files")}</a>` : nothing}
    </div>`;
  }

  /** Put nodes where they belong now: in the list, or out of it. */
  private take(nodes: readonly Item[]): void {
    this.meanwhile?.push(...nodes);
    this.show(changed(this.folder, nodes));
  }

  private show(list: readonly Item[]): void {
    const items = sorted(list, language());
    const ids = new Set(items.map(({ id }) => id));
    this.folder = { ...this.folder, items };
    this.selected = new Set([...this.selected].filter((id) => ids.has(id)));
  }

  /** Ask for the whole list, which is at least of `rev`; whatever went wrong for a while is tried again. */
  private async refetch(rev: number, patience = AGAIN_MS.first): Promise<void> {
    clearTimeout(this.again);
    const meanwhile: Item[] = [];
    this.meanwhile = meanwhile;
    try {
      const { items, next } = await api.get<Listing>(this.address());
      if (this.meanwhile !== meanwhile) return;
      this.meanwhile = undefined;
      this.folder = { ...this.folder, rev: Math.max(rev, this.folder.rev), next: after(next) };
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

  private address(from: string | null = null): string {
    const query = new URLSearchParams();
    if (this.folder.folder !== null) query.set("folder", this.folder.folder);
    if (from !== null) query.set("after", from);
    return `/api/v1/spaces/${this.folder.space}/files?${query}`;
  }

  private more = async (): Promise<void> => {
    try {
      const { items, next } = await api.get<Listing>(this.address(this.folder.next));
      this.folder = { ...this.folder, next: after(next) };
      this.take(items);
    } catch (error) {
      toast(wordsFor(error), { kind: "danger" });
    }
  };

  private async moveAll(items: readonly Item[]): Promise<void> {
    const { space, folder: here } = this.folder;
    try {
      const folders = await api.all<Folder>(`/api/v1/spaces/${space}/folders`);
      const without = new Set(items.map(({ id }) => id));
      const target = await askFolder(folders, t("Top of the space"), without, here);
      if (target === undefined || target === here) return;
      const went = await this.each(items, (item) => this.put(item, target));
      if (went.length === 0) return;
      const name = folders.find(({ id }) => id === target)?.name ?? t("Top of the space");
      toast(tn("%(count)s moved to “%(name)s”.", "%(count)s moved to “%(name)s”.", went.length, { name }), {
        undo: async () => {
          await this.each(went, (item) => this.put(item, here));
        },
      });
    } catch (error) {
      toast(error instanceof ApiError ? wordsOf(error) : wordsFor(error), { kind: "danger" });
    }
  }

  private async put(item: Item, folder: string | null): Promise<Item> {
    const { data } = await api.patch<Item>(`/api/v1/files/${item.id}`, { folder }, { ifMatch: `"${item.rev}"` });
    this.take([data]);
    return data;
  }

  private async trashAll(items: readonly Item[]): Promise<void> {
    const went = await this.each(items, async (item) => {
      await api.delete(`/api/v1/files/${item.id}`);
      this.show(this.folder.items.filter(({ id }) => id !== item.id));
      return item;
    });
    const [first] = went;
    if (!first) return;
    const words =
      went.length === 1
        ? t("“%(name)s” is in the trash.", { name: first.name })
        : tn("%(count)s item is in the trash.", "%(count)s items are in the trash.", went.length);
    toast(words, {
      undo: async () => {
        await this.each(went, async ({ id }) => {
          const item = await api.post<Item>(`/api/v1/files/${id}/restore`);
          this.take([item]);
          return item;
        });
      },
    });
  }

  /** One after the other: the first refusal is told and stops the rest; gives those that went. */
  private async each(items: readonly Item[], run: (item: Item) => Promise<Item>): Promise<Item[]> {
    const went: Item[] = [];
    try {
      for (const item of items) went.push(await run(item));
    } catch (error) {
      toast(error instanceof ApiError ? wordsOf(error) : wordsFor(error), { kind: "danger" });
    }
    return went;
  }

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
        fault = error instanceof ApiError ? wordsOf(error) : wordsFor(error);
      }
    }
  }

  private chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.uploads.add(input.files ?? [], this.folder.folder);
    input.value = "";
  };

  private selectAll = (event: Event): void => {
    const on = (event.target as HTMLInputElement).checked;
    this.selected = new Set(on ? this.folder.items.map(({ id }) => id) : []);
  };

  private selectNone = (): void => {
    this.selected = new Set();
  };

  private pressedInTable = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (!this.folder.can_edit || target.matches("input:not([type=checkbox])")) return;
    const id = target.closest<HTMLElement>("tr")?.dataset.id;
    const item = this.folder.items.find((one) => one.id === id);
    if (!item) return;
    if (event.key === "F2") this.startRename(item);
    else if (event.key === "Delete" && target.matches(".files__check input, .files__name a"))
      void this.trashAll(this.selected.has(item.id) ? this.folder.items.filter(({ id }) => this.selected.has(id)) : [item]);
    else return;
    event.preventDefault();
  };

  /** The page's own buttons, outside of this element. */
  private pressed = (event: Event): void => {
    const button = (event.target as Element).closest<HTMLElement>("[data-files]");
    if (!button) return;
    event.preventDefault();
    if (button.dataset.files === "upload") this.querySelector<HTMLInputElement>('input[type="file"]')?.click();
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
    const folders = [...data.items].filter((item) => item.webkitGetAsEntry()?.isDirectory === true).map((item) => item.getAsFile());
    const files = [...data.files].filter((file) => !folders.some((folder) => folder?.name === file.name));
    if (folders.length > 0) {
      toast(t("Folders cannot be dropped: make the folder here, then drop its files."), { kind: "info" });
    }
    this.uploads.add(files, this.folder.folder);
  }
}

/** The id to go on after, out of the address of the next page. */
function after(next: string | null): string | null {
  return next === null ? null : new URL(next, location.href).searchParams.get("after");
}

function read(): FolderState {
  return JSON.parse(document.getElementById("files-state")?.textContent ?? "{}") as FolderState;
}
