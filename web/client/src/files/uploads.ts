/**
 * The queue of files that are being sent: at most two at once, each with its progress, cancelled or asked about when its
 * name is taken. XMLHttpRequest, since fetch tells nothing of what has been sent.
 */
import { ApiError, NetworkError, type Problem } from "../api";
import { t } from "../i18n";
import type { Existing } from "./conflicts";
import type { Item } from "./list";

export type Conflict = "refuse" | "rename" | "version";
export type Stage = "waiting" | "sending" | "saving" | "asking" | "done" | "failed";

export interface Sending {
  readonly key: number;
  readonly file: File;
  readonly folder: string | null;
  stage: Stage;
  sent: number;
  /** Why it failed, or what is asked. */
  words: string;
  /** Whether the name is that of a file, which can get a version. */
  versionable: boolean;
  /** What has the name, where the server told it. */
  existing?: Existing;
}

/** Sends one file; tests give their own. The promise rejects with ApiError, NetworkError or an AbortError. */
export type Send = (sending: Sending, conflict: Conflict, progress: (sent: number) => void, signal: AbortSignal) => Promise<Item>;

const AT_ONCE = 2;

export class Uploads {
  readonly list: Sending[] = [];
  private readonly conflicts = new Map<number, Conflict>();
  private readonly stops = new Map<number, AbortController>();
  private serial = 0;

  constructor(
    private readonly send: Send,
    /** The name is already known to be taken here: "file" or "folder", else undefined. */
    private readonly taken: (name: string, folder: string | null) => string | undefined,
    private readonly onChange: () => void,
    private readonly onDone: (item: Item) => void,
  ) {}

  add(files: Iterable<File>, folder: string | null): void {
    for (const file of files) {
      const sending: Sending = { key: ++this.serial, file, folder, stage: "waiting", sent: 0, words: "", versionable: false };
      this.list.push(sending);
      const kind = this.taken(file.name, folder);
      if (kind !== undefined) this.ask(sending, kind === "file");
    }
    this.go();
  }

  /** Try a failed one again, as it was answered before. */
  again(sending: Sending): void {
    this.answer(sending, this.conflicts.get(sending.key) ?? "refuse");
  }

  /** What to do with a name that is taken. */
  answer(sending: Sending, conflict: Conflict): void {
    this.conflicts.set(sending.key, conflict);
    Object.assign(sending, { stage: "waiting", sent: 0, words: "" });
    this.go();
  }

  /** Stop it, whatever it is at, and take it off the list. */
  drop(sending: Sending): void {
    this.stops.get(sending.key)?.abort();
    this.list.splice(this.list.indexOf(sending), 1);
    this.go();
  }

  /** Take what is done off the list. */
  clear(): void {
    this.list.splice(0, this.list.length, ...this.list.filter(({ stage }) => stage !== "done"));
    this.onChange();
  }

  /** Whether leaving the page would lose something. */
  get busy(): boolean {
    return this.list.some(({ stage }) => stage === "waiting" || stage === "sending" || stage === "saving");
  }

  private go(): void {
    const free = AT_ONCE - this.list.filter(({ stage }) => stage === "sending" || stage === "saving").length;
    for (const sending of this.list.filter(({ stage }) => stage === "waiting").slice(0, Math.max(free, 0))) {
      sending.stage = "sending";
      void this.run(sending);
    }
    this.onChange();
  }

  private async run(sending: Sending): Promise<void> {
    const stop = new AbortController();
    this.stops.set(sending.key, stop);
    const progress = (sent: number): void => {
      sending.sent = sent;
      if (sent >= sending.file.size) sending.stage = "saving";
      this.onChange();
    };
    try {
      const item = await this.send(sending, this.conflicts.get(sending.key) ?? "refuse", progress, stop.signal);
      sending.stage = "done";
      this.onDone(item);
    } catch (error) {
      if (stop.signal.aborted) return;
      this.failed(sending, error);
    } finally {
      this.stops.delete(sending.key);
    }
    this.go();
  }

  private failed(sending: Sending, error: unknown): void {
    if (error instanceof ApiError && error.code === "files.name_taken") {
      const existing = error.body.existing as Existing | undefined;
      if (existing) sending.existing = existing;
      this.ask(sending, existing?.kind === "file");
      return;
    }
    sending.stage = "failed";
    sending.words = error instanceof ApiError ? wordsOf(error) : t("The server does not answer. This file was not sent.");
  }

  private ask(sending: Sending, versionable: boolean): void {
    sending.stage = "asking";
    sending.versionable = versionable;
    sending.words = t("This name is already in the folder.");
  }
}

/** The problem and the reasons by field, if there are any. */
export function wordsOf(error: ApiError): string {
  return [error.message, ...Object.values(error.errors)].join(" ");
}

/** Send over the API. */
export function sendTo(space: string): Send {
  return (sending, conflict, progress, signal) =>
    new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      const query = new URLSearchParams({ name: sending.file.name, conflict });
      if (sending.folder !== null) query.set("folder", sending.folder);
      xhr.open("POST", `/api/v1/spaces/${space}/files?${query}`);
      xhr.setRequestHeader("Accept", "application/json");
      xhr.setRequestHeader("Content-Type", "application/octet-stream");
      xhr.responseType = "json";
      xhr.upload.addEventListener("progress", ({ loaded }) => {
        progress(loaded);
      });
      xhr.addEventListener("load", () => {
        if (xhr.status === 201) resolve(xhr.response as Item);
        else reject(new ApiError(xhr.status, problemOf(xhr)));
      });
      for (const event of ["error", "timeout"]) {
        xhr.addEventListener(event, () => {
          reject(new NetworkError(event));
        });
      }
      xhr.addEventListener("abort", () => {
        reject(new DOMException("aborted", "AbortError"));
      });
      signal.addEventListener("abort", () => {
        xhr.abort();
      });
      xhr.send(sending.file);
    });
}

function problemOf(xhr: XMLHttpRequest): Problem {
  const body = xhr.response as Partial<Problem> | null;
  if (typeof body?.code === "string" && typeof body.title === "string") return body as Problem;
  return { code: `http.${xhr.status}`, title: t("The server could not answer. Try again in a moment.") };
}
