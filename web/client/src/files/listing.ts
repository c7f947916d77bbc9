/** The list of a folder as the server tells it, part after part. */
import { api } from "../api";
import type { FolderState, Item } from "./list";

type Folder = Pick<FolderState, "space" | "folder">;

/** Some of it; `next`: the id to go on after, null at the end. */
export interface Listing {
  items: Item[];
  next: string | null;
}

/** What comes after this id, or from the start. */
export async function part({ space, folder }: Folder, from: string | null = null): Promise<Listing> {
  const query = new URLSearchParams();
  if (folder !== null) query.set("folder", folder);
  if (from !== null) query.set("after", from);
  const { items, next } = await api.get<Listing>(`/api/v1/spaces/${space}/files?${query}`);
  return { items, next: after(next) };
}

/** At least so many from the start, as long as there are as many. */
export async function listed(folder: Folder, wanted: number): Promise<Listing> {
  const items: Item[] = [];
  let from: string | null = null;
  do {
    const { items: more, next }: Listing = await part(folder, from);
    items.push(...more);
    from = next;
  } while (from !== null && items.length < wanted);
  return { items, next: from };
}

/** The id to go on after, out of the address of the next page. */
function after(next: string | null): string | null {
  return next === null ? null : new URL(next, location.href).searchParams.get("after");
}
