/**
 * The queue of files that are being sent: at most two at once, each with its progress, paused, cancelled, or asked about
 * when its name is taken. What an earlier page had begun stands in it too and waits for its file.
 */
import { ApiError, api } from "../api";
import { t } from "../i18n";
import type { Existing } from "./conflicts";
import type { Item } from "./list";
import { TUS } from "./sending";
import { type Unfinished, forget, listUnfinished } from "./unfinished";

export type Conflict = "refuse" | "rename" | "version";
export type Stage = "waiting" | "sending" | "saving" | "paused" | "asking" | "done" | "failed";

/** What is known of a file that an earlier page was sending, until it is chosen again. */
export type Missing = Pick<File, "name" | "size" | "lastModified">;

export interface Sending {
  readonly key: number;
  file: File | Missing;
  readonly folder: string | null;
  stage: Stage;
  sent: number;
  /** Why it failed, or what is asked. */
  words: string;
  /** Whether the name is that of a file, which can get a version. */
  versionable: boolean;
  /** Where it stands on the server, once it is sent in parts: it can be paused and goes on after a cut. */
  address: string | undefined;
  /** The connection is lost; it is tried again by itself. */
  stalled: boolean;
  /** What has the name, where the server told it. */
  existing?: Existing;
}

/** How files are sent; tests give their own. `send` rejects with ApiError, NetworkError or an AbortError. */
export interface Sender<T = Item> {
  send: (sending: Sending, conflict: Conflict, progress: (sent: number) => void, signal: AbortSignal) => Promise<T>;
  /** Nobody will go on with it. */
  forget: (sending: Sending) => void;
}

/** Whether the bytes themselves are at hand. */
export const isHere = ({ file }: Sending): boolean => file instanceof Blob;

const AT_ONCE = 2;

export class Uploads<T = Item> {
  readonly list: Sending[] = [];
  private readonly conflicts = new Map<number, Conflict>();
  private readonly stops = new Map<number, AbortController>();
  private serial = 0;

  constructor(
    private readonly sender: Sender<T>,
    /** The name is already known to be taken here: "file" or "folder", else undefined. */
    private readonly taken: (name: string, folder: string | null) => string | undefined,
    private readonly onChange: () => void,
    private readonly onDone: (made: T) => void,
  ) {}

  add(files: Iterable<File>, folder: string | null): void {
    for (const file of files) {
      const begun = this.list.find((one) => one.folder === folder && !isHere(one) && isSame(one.file, file));
      if (begun) {
        this.goOn(begun, file);
        continue;
      }
      const sending = this.make(file, folder, "waiting");
      const kind = this.taken(file.name, folder);
      if (kind !== undefined) this.ask(sending, kind === "file");
    }
    this.go();
  }

  /** Put what an earlier page had begun, and the server still has, into the list. */
  async recall(scope: string): Promise<void> {
    for (const known of listUnfinished(scope)) {
      const sending = await this.find(scope, known);
      if (sending) this.onChange();
    }
  }

  private async find(scope: string, known: Unfinished): Promise<Sending | undefined> {
    let sent = 0;
    let fault: unknown;
    try {
      const view = await api.get<{ offset: number; file?: string | null; receipt?: unknown }>(known.address, { headers: TUS });
      if (view.file ?? view.receipt) {
        forget(scope, known.address);
        return undefined;
      }
      sent = view.offset;
    } catch (error) {
      fault = error;
    }
    if (fault instanceof ApiError && (fault.status === 404 || fault.status === 401 || fault.status === 403)) {
      if (fault.status === 404) forget(scope, known.address);
      return undefined;
    }
    const file = { name: known.name, size: known.size, lastModified: known.modified };
    const sending = this.make(file, known.folder, "paused");
    Object.assign(sending, { sent, address: known.address });
    this.conflicts.set(sending.key, known.conflict);
    if (fault instanceof ApiError && fault.code === "files.name_taken") this.failed(sending, fault);
    return sending;
  }

  private make(file: File | Missing, folder: string | null, stage: Stage): Sending {
    const sending: Sending = {
      key: ++this.serial, file, folder, stage, sent: 0, words: "", versionable: false, address: undefined, stalled: false,
    };
    this.list.push(sending);
    return sending;
  }

  /** Stop it for now; what has arrived stays there. */
  pause(sending: Sending): void {
    this.stops.get(sending.key)?.abort();
    Object.assign(sending, { stage: "paused", stalled: false });
    this.go();
  }

  /** Go on with one that is paused; `file`: chosen again, where the page was closed meanwhile. */
  goOn(sending: Sending, file?: File): void {
    if (file && !isSame(sending.file, file)) {
      sending.words = t("This is not the same file: its name, its size or its date differ.");
      this.onChange();
      return;
    }
    if (file) sending.file = file;
    Object.assign(sending, { stage: "waiting", words: "" });
    this.go();
  }

  /** Try a failed one again, as it was answered before. */
  again(sending: Sending): void {
    this.answer(sending, this.conflicts.get(sending.key) ?? "refuse");
  }

  /** What to do with a name that is taken. */
  answer(sending: Sending, conflict: Conflict): void {
    this.conflicts.set(sending.key, conflict);
    Object.assign(sending, { stage: "waiting", sent: sending.address === undefined ? 0 : sending.sent, words: "" });
    this.go();
  }

  /** Stop it, whatever it is at, and take it off the list. */
  drop(sending: Sending): void {
    this.stops.get(sending.key)?.abort();
    this.sender.forget(sending);
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
      if (!stop.signal.aborted) sending.stage = sent >= sending.file.size ? "saving" : "sending";
      this.onChange();
    };
    try {
      const item = await this.sender.send(sending, this.conflicts.get(sending.key) ?? "refuse", progress, stop.signal);
      sending.stage = "done";
      this.onDone(item);
    } catch (error) {
      if (stop.signal.aborted) return;
      this.failed(sending, error);
    } finally {
      if (this.stops.get(sending.key) === stop) this.stops.delete(sending.key);
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

/** Whether a file that was chosen is the one that was being sent, as far as a browser can tell. */
const isSame = (a: Missing, b: Missing): boolean => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
