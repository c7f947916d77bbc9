/** What is done with one thing of the list or with several: move, copy, trash, tags, favourites; with a way back. */
import { ApiError, api, wordsFor } from "../api";
import { t, tn } from "../i18n";
import { toast } from "../toast";
import { type Answer, type Existing, askConflict } from "./conflicts";
import type { FolderState, Item, Tag } from "./list";
import { type Place, askPlace } from "./places";
import { wordsOf } from "./uploads";

/** The list as it is shown; whoever shows it. */
export interface Host {
  state(): FolderState;
  take(nodes: readonly Item[]): void;
  hide(ids: readonly string[]): void;
  setFavourites(ids: readonly string[]): void;
}

export type Way = "move" | "copy";

export const wordsOfAny = (error: unknown): string => (error instanceof ApiError ? wordsOf(error) : wordsFor(error));

export class Bulk {
  /** What was answered for all the names that are taken, while one transfer lasts. */
  private always: Answer | undefined;

  constructor(private readonly host: Host) {}

  /** Ask for a place, then move or copy there. */
  async transfer(items: readonly Item[], way: Way): Promise<void> {
    const { space, folder } = this.host.state();
    const here = { space, folder };
    try {
      const question = way === "move" ? t("Move to") : t("Copy to");
      const without = new Set(items.filter(({ kind }) => kind === "folder").map(({ id }) => id));
      const place = await askPlace(question, way === "move" ? t("Move") : t("Copy"), here, without);
      const same = place?.space === space && place.folder === folder;
      if (!place || (same && way === "move")) return;
      this.always = same ? { choice: "rename", all: true } : undefined;
      const went = await this.each(items, (item, more) => this.send(item, way, place, more));
      this.told(went, way, place, here);
    } catch (error) {
      toast(wordsOfAny(error), { kind: "danger" });
    }
  }

  private told(went: readonly Item[], way: Way, { name }: Place, here: { space: string; folder: string | null }): void {
    if (went.length === 0) return;
    const words =
      way === "move"
        ? tn("%(count)s moved to “%(name)s”.", "%(count)s moved to “%(name)s”.", went.length, { name })
        : tn("%(count)s copied to “%(name)s”.", "%(count)s copied to “%(name)s”.", went.length, { name });
    toast(words, {
      undo: async () => {
        this.always = { choice: "rename", all: true };
        if (way === "move") await this.each(went, (item) => this.send(item, "move", { ...here, name: "" }, false));
        else await this.each(went, (item) => this.remove(item));
      },
    });
  }

  /** One thing, to its place; where its name is taken there, as was answered. Undefined: skipped. */
  private async send(item: Item, way: Way, place: Place, more: boolean): Promise<Item | undefined> {
    const { zone } = this.host.state();
    let answer = this.always;
    for (;;) {
      if (answer?.choice === "skip") return undefined;
      const conflict = answer?.choice === "version" && item.kind === "folder" ? "rename" : (answer?.choice ?? "refuse");
      const to = { space: place.space, folder: place.folder, conflict };
      try {
        const done = await api.post<Item>(`/api/v1/files/${item.id}/${way}`, to);
        this.show(item, done, way);
        return done;
      } catch (error) {
        const existing = error instanceof ApiError ? (error.body.existing as Existing | undefined) : undefined;
        if (!existing || answer) throw error;
        const coming = { name: item.name, size: item.kind === "file" ? item.size : undefined, changed: item.changed_at };
        answer = await askConflict(existing, coming, zone, more);
        if (answer.all) this.always = answer;
      }
    }
  }

  private show(item: Item, done: Item, way: Way): void {
    const { space } = this.host.state();
    if (way === "move" && (done.space !== space || done.id !== item.id)) this.host.hide([item.id]);
    if (done.space === space) this.host.take([done]);
  }

  private async remove(item: Item): Promise<Item> {
    await api.delete(`/api/v1/files/${item.id}`);
    this.host.hide([item.id]);
    return item;
  }

  async trash(items: readonly Item[]): Promise<void> {
    const went = await this.each(items, (item) => this.remove(item));
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
          this.host.take([item]);
          return item;
        });
      },
    });
  }

  /** Give a tag to all of them, or take it off all of them. */
  async tag(items: readonly Item[], tag: Tag, on: boolean): Promise<void> {
    await this.each(items.filter(({ tags }) => tags.includes(tag.id) !== on), async (item) => {
      const address = `/api/v1/files/${item.id}/tags/${tag.id}`;
      if (on) await api.put(address, {});
      else await api.delete(address);
      const known = this.host.state().items.find(({ id }) => id === item.id) ?? item;
      const rest = known.tags.filter((id) => id !== tag.id);
      const tagged = { ...known, tags: on ? [...rest, tag.id] : rest };
      this.host.take([tagged]);
      return tagged;
    });
  }

  async favourite(items: readonly Item[], on: boolean): Promise<void> {
    await this.each(items, async (item) => {
      const address = `/api/v1/files/${item.id}/favourite`;
      if (on) await api.put(address, {});
      else await api.delete(address);
      const rest = this.host.state().favourites.filter((id) => id !== item.id);
      this.host.setFavourites(on ? [...rest, item.id] : rest);
      return item;
    });
  }

  /** One after the other: the first refusal is told and stops the rest; gives those that went. */
  private async each(items: readonly Item[], run: (item: Item, more: boolean) => Promise<Item | undefined>): Promise<Item[]> {
    const went: Item[] = [];
    try {
      for (const [index, item] of items.entries()) {
        const done = await run(item, index < items.length - 1);
        if (done) went.push(done);
      }
    } catch (error) {
      toast(wordsOfAny(error), { kind: "danger" });
    }
    return went;
  }
}
