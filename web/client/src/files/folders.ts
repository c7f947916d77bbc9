/**
 * Folders that come from the desktop, dropped or chosen: which files they hold and under which path. The folders are
 * made on the server first; one that is there already takes what is new.
 */
import { ApiError } from "../api";

/** A file and the names of the folders it came in, from the outermost; without a file: an empty folder. */
export interface Found {
  readonly path: readonly string[];
  readonly file?: File;
}

const readAll = async (folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> => {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives some at a time, and nothing at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
};

async function walk(entry: FileSystemEntry, path: readonly string[], found: Found[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    found.push({ path, file });
    return;
  }
  const inside = await readAll(entry as FileSystemDirectoryEntry);
  const below = [...path, entry.name];
  if (inside.length === 0) found.push({ path: below });
  for (const one of inside) await walk(one, below, found);
}

/** All that was dropped, with what is in the folders. The entries are taken at once: a drop forgets them afterwards. */
export async function readDropped(data: DataTransfer): Promise<Found[]> {
  const entries = [...data.items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: Found[] = [];
  for (const { entry, file } of entries) {
    if (entry) await walk(entry, [], found);
    else if (file) found.push({ path: [], file });
  }
  return found;
}

/** What was chosen, a folder with all that is in it where the input asks for one. */
export function readChosen(files: Iterable<File>): Found[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath.split("/").slice(0, -1), file }));
}

/** Makes one folder and gives its id. Throws what the API says. */
export type Make = (name: string, folder: string | null) => Promise<string>;

/** Make the folders of what was found, each once, those above before those below. Gives the ids by path. */
export async function makeFolders(found: readonly Found[], top: string | null, make: Make): Promise<Map<string, string | null>> {
  const ids = new Map<string, string | null>([["", top]]);
  for (const { path } of found) {
    for (let depth = 1; depth <= path.length; depth += 1) {
      const key = path.slice(0, depth).join("/");
      if (ids.has(key)) continue;
      const above = ids.get(path.slice(0, depth - 1).join("/")) ?? null;
      ids.set(key, await makeOrEnter(path[depth - 1] ?? "", above, make));
    }
  }
  return ids;
}

/** A folder of that name that is there already is entered; a file of that name lets the folder have another. */
async function makeOrEnter(name: string, above: string | null, make: Make): Promise<string> {
  try {
    return await make(name, above);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "files.name_taken") throw error;
    const { existing, suggestion } = error.body as { existing?: { id: string; kind: string }; suggestion?: string };
    if (existing?.kind === "folder") return existing.id;
    return make(suggestion ?? name, above);
  }
}
