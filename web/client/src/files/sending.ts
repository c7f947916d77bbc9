/** Bytes on their way to the server: in one request, or in parts over tus 1.0 that go on after a cut. */
import { ApiError, NetworkError, type Problem, api } from "../api";
import { t } from "../i18n";
import type { Item } from "./list";
import { type Unfinished, forget, remember } from "./unfinished";
import type { Conflict, Sender, Sending } from "./uploads";

/** Smaller files go in one request: there is little to send again. */
const PARTS_FROM = 8 << 20;
const PART = 32 << 20;
const STALL_MS = 30_000;
const SAVING_MS = 600_000;
const AGAIN_MS = { first: 1_000, most: 30_000 };

export const TUS = { "Tus-Resumable": "1.0.0" };

type Progress = (sent: number) => void;

interface View {
  offset: number;
  size: number;
  file: string | null;
}

/** Sends over the API to a space. */
export function sendTo(space: string): Sender {
  const one = oneRequest(space);
  const parts = inParts("/api/v1/uploads", space, async (address) => {
    const { file } = await api.get<View>(address);
    return api.get<Item>(`/api/v1/files/${file}`);
  });
  return {
    send: (sending, ...rest) => (sending.address !== undefined || sending.file.size >= PARTS_FROM ? parts : one)(sending, ...rest),
    forget: (sending) => {
      giveUp(space, sending.address);
    },
  };
}

/** Destroy on the server what had arrived, as soon as it can be reached. */
export function giveUp(scope: string, address: string | undefined): void {
  if (address === undefined) return;
  forget(scope, address);
  void api.delete(address, { headers: TUS }).catch(() => undefined); // it is forgotten there after some days anyway
}

function oneRequest(space: string): Sender["send"] {
  return async ({ file, folder }, conflict, progress, signal) => {
    const query = new URLSearchParams({ name: file.name, conflict });
    if (folder !== null) query.set("folder", folder);
    const headers = { Accept: "application/json", "Content-Type": "application/octet-stream" };
    const xhr = await request("POST", `/api/v1/spaces/${space}/files?${query}`, headers, file as File, progress, signal);
    return JSON.parse(xhr.responseText) as Item;
  };
}

/** `endpoint`: of tus; `scope`: under which this browser remembers; `result`: what is made of an upload that is whole. */
export function inParts<T>(
  endpoint: string,
  scope: string,
  result: (address: string) => Promise<T>,
  metadata: (sending: Sending, conflict: Conflict) => Record<string, string> = (sending, conflict) => whereTo(scope, sending, conflict),
) {
  return async (sending: Sending, conflict: Conflict, progress: Progress, signal: AbortSignal): Promise<T> => {
    let pause = AGAIN_MS.first;
    let offset: number | undefined;
    for (;;) {
      try {
        if (sending.address === undefined) {
          sending.address = await create(endpoint, sending, metadata(sending, conflict), signal);
          remember(scope, { ...entryOf(sending), conflict });
          offset = 0;
        }
        offset ??= await arrived(sending.address, conflict, signal);
        sending.stalled = false;
        progress(offset);
        while (offset < sending.file.size) {
          offset = await part(sending.address, sending.file as File, offset, progress, signal);
          pause = AGAIN_MS.first;
        }
        const made = await result(sending.address);
        forget(scope, sending.address);
        return made;
      } catch (error) {
        if (signal.aborted) throw error;
        offset = undefined;
        if (error instanceof ApiError && error.status === 404 && sending.address !== undefined) {
          forget(scope, sending.address); // it was forgotten there: from the start
          sending.address = undefined;
          continue;
        }
        if (!passes(error)) throw error;
        sending.stalled = true;
        progress(sending.sent);
        await later(pause, signal);
        pause = Math.min(2 * pause, AGAIN_MS.most);
      }
    }
  };
}

function entryOf({ address = "", file, folder }: Sending): Unfinished {
  return { address, name: file.name, size: file.size, modified: file.lastModified, folder, conflict: "refuse" };
}

function whereTo(space: string, { file, folder }: Sending, conflict: Conflict): Record<string, string> {
  return { filename: file.name, space, conflict, ...(folder === null ? {} : { folder }) };
}

/** Whether it is worth trying again by itself: no network, a server that is busy or down, another sender. */
function passes(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof ApiError)) return false;
  return error.status >= 500 || [408, 429].includes(error.status) || ["files.upload_offset", "files.upload_busy"].includes(error.code);
}

async function create(endpoint: string, { file }: Sending, metadata: Record<string, string>, signal: AbortSignal): Promise<string> {
  const pairs = Object.entries(metadata).map(([key, value]) => `${key} ${base64(value)}`);
  const headers = { ...TUS, "Upload-Length": String(file.size), "Upload-Metadata": pairs.join(",") };
  const xhr = await request("POST", endpoint, headers, undefined, () => undefined, signal);
  return new URL(xhr.getResponseHeader("Location") ?? "", new URL(endpoint, location.href)).pathname;
}

/** How much is there; a name that was taken meanwhile is answered here, without sending anything again. */
async function arrived(address: string, conflict: Conflict, signal: AbortSignal): Promise<number> {
  try {
    return (await api.get<View>(address, { signal, headers: TUS })).offset;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "files.name_taken" || conflict === "refuse") throw error;
    return (await api.post<View>(`${address}/end`, { conflict }, { signal })).offset;
  }
}

async function part(address: string, file: File, offset: number, progress: Progress, signal: AbortSignal): Promise<number> {
  const headers = { ...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
  const body = file.slice(offset, offset + PART);
  return watched(signal, async (both, alive) => {
    const sent = (loaded: number): void => {
      alive(loaded < body.size ? STALL_MS : SAVING_MS);
      progress(Math.min(offset + loaded, file.size));
    };
    const xhr = await request("PATCH", address, headers, body, sent, both);
    return Number(xhr.getResponseHeader("Upload-Offset"));
  });
}

/**
 * Run until it is over, the signal says stop, or the network is gone: a connection that hangs tells nobody for minutes.
 * `alive` says that something has moved, and how long to wait for the next sign.
 */
async function watched<T>(signal: AbortSignal, run: (both: AbortSignal, alive: (ms: number) => void) => Promise<T>): Promise<T> {
  const lost = new AbortController();
  const lose = (): void => {
    lost.abort();
  };
  let timer = setTimeout(lose, STALL_MS);
  const alive = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(lose, ms);
  };
  globalThis.addEventListener("offline", lose);
  try {
    return await run(AbortSignal.any([signal, lost.signal]), alive);
  } catch (error) {
    if (lost.signal.aborted && !signal.aborted) throw new NetworkError("lost");
    throw error;
  } finally {
    clearTimeout(timer);
    globalThis.removeEventListener("offline", lose);
  }
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Wait, or until the network is back. */
function later(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    globalThis.addEventListener("online", go);
    signal.addEventListener("abort", go, { once: true });
  });
}

/** XMLHttpRequest, since fetch tells nothing of what has been sent. Rejects with ApiError, NetworkError, AbortError. */
export function request(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: XMLHttpRequestBodyInit | undefined,
  progress: Progress,
  signal: AbortSignal,
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      reject(new DOMException("aborted", "AbortError"));
    };
    if (signal.aborted) {
      aborted();
      return;
    }
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.addEventListener("progress", ({ loaded }) => {
      progress(loaded);
    });
    xhr.addEventListener("load", () => {
      if (xhr.status < 300) resolve(xhr);
      else reject(new ApiError(xhr.status, problemOf(xhr)));
    });
    for (const event of ["error", "timeout"]) {
      xhr.addEventListener(event, () => {
        reject(new NetworkError(event));
      });
    }
    xhr.addEventListener("abort", aborted);
    signal.addEventListener("abort", () => {
      xhr.abort();
    });
    xhr.send(body);
  });
}

function problemOf(xhr: XMLHttpRequest): Problem {
  try {
    const body = JSON.parse(xhr.responseText) as Partial<Problem> | null;
    if (typeof body?.code === "string" && typeof body.title === "string") return body as Problem;
  } catch {
    // not ours: a proxy's
  }
  return { code: `http.${xhr.status}`, title: t("The server could not answer. Try again in a moment.") };
}
