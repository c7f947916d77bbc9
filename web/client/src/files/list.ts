/** The list of one folder as data: what an event does to it, its order, which names count as the same. Pure. */
import type { Announcements } from "../generated/events";

export type Item = Announcements["files.changed"]["items"][number];

export type Tag = Announcements["file_tags.changed"]["tags"][number];

export interface FolderState {
  readonly space: string;
  /** null: the top of the space. */
  readonly folder: string | null;
  /** The folders from the top to this one, itself included. */
  readonly path: readonly string[];
  readonly rev: number;
  /** The time zone in which times are shown. */
  readonly zone: string;
  readonly items: readonly Item[];
  /** The id after which the list goes on, where it is long. */
  readonly next: string | null;
  readonly can_edit: boolean;
  readonly can_manage: boolean;
  /** The tags of the space, and which things of it are favourites of whoever looks. */
  readonly tags: readonly Tag[];
  readonly favourites: readonly string[];
}

/** Folders first, then by name: numbers by their value, accents and case aside, `plan.pdf` before `plan (2).pdf`. */
export function sorted(items: readonly Item[], language: string): Item[] {
  const { compare } = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  const stem = (name: string): string => name.replace(/(?<=.)\.[^. ]{1,16}$/, "");
  return [...items].sort((a, b) => {
    if (a.kind !== b.kind) return a.kind === "folder" ? -1 : 1;
    return compare(stem(a.name), stem(b.name)) || compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
  });
}

/** What the list is after these nodes changed: those that are here now are put in, those that are not are left out. */
export function changed(state: FolderState, nodes: readonly Item[]): readonly Item[] {
  const items = new Map(state.items.map((item) => [item.id, item]));
  for (const node of nodes) {
    const known = items.get(node.id);
    if (known && known.rev > node.rev) continue;
    if (node.folder === state.folder && node.trashed_at === null) items.set(node.id, node);
    else items.delete(node.id);
  }
  return [...items.values()];
}

/**
 * The list as the server just gave it, with what became known while it was being read: an answer that is older than an
 * event takes nothing back.
 */
export function merged(state: FolderState, answer: readonly Item[], meanwhile: readonly Item[]): readonly Item[] {
  const known = new Map(state.items.map((item) => [item.id, item]));
  const items = answer.map((item) => {
    const own = known.get(item.id);
    return own && own.rev > item.rev ? own : item;
  });
  return changed({ ...state, items }, meanwhile);
}

/** Whether these changes took the folder itself, or one it lies in, away. */
export function takesAway(state: FolderState, nodes: readonly Item[]): boolean {
  return nodes.some((node) => node.trashed_at !== null && state.path.includes(node.id));
}

/** Two names that could not lie in one folder; the server decides, this only spares sending bytes in vain. */
export function sameName(a: string, b: string): boolean {
  const key = (name: string): string => name.normalize("NFD").toLowerCase().normalize("NFC");
  return key(a) === key(b);
}

/** The ids from one to the other, both included, in the order of the list. */
export function between(items: readonly Item[], from: string, to: string): string[] {
  const ids = items.map(({ id }) => id);
  const [first, last] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  return first === undefined || first < 0 ? [to] : ids.slice(first, (last ?? first) + 1);
}
