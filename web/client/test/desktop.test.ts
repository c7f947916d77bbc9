import { describe, expect, it } from "vitest";
import { ApiError } from "../src/api";
import { makeFolders, readChosen, readDropped } from "../src/files/folders";
import { proposed, wanted } from "../src/files/mentions";

/** A folder of the desktop as a browser gives it, a few entries at a time. */
const fileEntry = (name: string): FileSystemEntry =>
  ({ isFile: true, isDirectory: false, name, file: (take: (file: File) => void) => { take(new File(["1"], name)); } }) as unknown as FileSystemEntry;
const folderEntry = (name: string, ...inside: FileSystemEntry[]): FileSystemEntry =>
  ({
    isFile: false, isDirectory: true, name,
    createReader: () => {
      const left = [...inside];
      return { readEntries: (take: (some: FileSystemEntry[]) => void) => { take(left.splice(0, 2)); } };
    },
  }) as unknown as FileSystemEntry;
const dropOf = (...entries: FileSystemEntry[]): DataTransfer =>
  ({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry, getAsFile: () => null })) }) as unknown as DataTransfer;
const paths = (found: Awaited<ReturnType<typeof readDropped>>): string[] => found.map(({ path, file }) => [...path, file?.name ?? ""].join("/"));

describe("folders of the desktop", () => {
  it("are read to their end, with the empty ones", async () => {
    const many = ["a", "b", "c", "d", "e"].map(fileEntry);
    const found = await readDropped(dropOf(fileEntry("seul"), folderEntry("Plans", ...many, folderEntry("Vide"))));
    expect(paths(found)).toEqual(["seul", "Plans/a", "Plans/b", "Plans/c", "Plans/d", "Plans/e", "Plans/Vide/"]);
  });

  it("come with their path from a field too", () => {
    const chosen = ["Plans/2026/a.txt", ""].map((path) => Object.defineProperty(new File(["1"], "a.txt"), "webkitRelativePath", { value: path }));
    expect(readChosen(chosen).map(({ path }) => path)).toEqual([["Plans", "2026"], []]);
  });

  it("are made once, those above first; one that is there is entered, a file lets the folder have another name", async () => {
    const made: string[] = [];
    const taken = (kind: string): ApiError =>
      new ApiError(409, { code: "files.name_taken", title: "", existing: { id: "known", kind }, suggestion: "Notes (2)" } as never);
    const make = (name: string, folder: string | null): Promise<string> => {
      made.push(`${folder ?? "top"}/${name}`);
      if (name === "Plans") return Promise.reject(taken("folder"));
      if (name === "Notes") return Promise.reject(taken("file"));
      return Promise.resolve(`id of ${name}`);
    };
    const ids = await makeFolders([{ path: ["Plans", "2026"] }, { path: ["Plans", "2025"] }, { path: ["Notes"] }], null, make);
    expect(made).toEqual(["top/Plans", "known/2026", "known/2025", "top/Notes", "top/Notes (2)"]);
    expect([ids.get("Plans"), ids.get("Plans/2026"), ids.get("Notes")]).toEqual(["known", "id of 2026", "id of Notes (2)"]);
  });
});

describe("mentions", () => {
  const members = ["Léa Bonnet", "Léandre Petit", "Camille Roche"].map((name) => ({ id: name, name }));
  const names = (letters: string): string[] => proposed(members, letters).map(({ name }) => name);

  it("begin with an @ that does not stand in a word", () => {
    expect(wanted("Merci @le", 9)).toEqual({ at: 6, letters: "le" });
    expect(wanted("a@le", 4)).toBeUndefined();
    expect(wanted("@", 1)).toBeUndefined();
    expect(wanted("@Léa\nvu", 7)).toBeUndefined();
  });

  it("propose by the beginning of a name or of a word of it, accents aside", () => {
    expect(names("lea")).toEqual(["Léa Bonnet", "Léandre Petit"]);
    expect(names("roc")).toEqual(["Camille Roche"]);
    expect(names("léa bonnet")).toEqual([]);
  });
});
