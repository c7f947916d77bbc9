/**
 * HTTP to our own API. Problems (RFC 9457) become typed errors whose `title` is already in the person's language;
 * a lost network is a NetworkError. Cookies and Sec-Fetch-Site carry identity and origin: there is nothing to add.
 */
import { t } from "./i18n";

const TIMEOUT_MS = 30_000;

export interface Problem {
  code: string;
  title: string;
  detail?: string;
  errors?: Record<string, string>;
  request_id?: string;
}

/** The server's refusal. `errors` is by field; `body` the whole problem, for members of its own. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: Readonly<Record<string, string>>;
  readonly requestId: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Problem) {
    super(problem.title);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code;
    this.detail = problem.detail ?? "";
    this.errors = problem.errors ?? {};
    this.requestId = problem.request_id;
    this.body = { ...problem };
  }
}

/** 412: somebody changed it in the meantime; `body` carries both versions. */
export class StaleError extends ApiError {
  override name = "StaleError";
}

/** 429 and 503: `retryAfter` seconds to wait, where the server said so. */
export class BusyError extends ApiError {
  override name = "BusyError";
  retryAfter: number | undefined;
}

/** No answer: nothing is known about what the server did. */
export class NetworkError extends Error {
  override name = "NetworkError";
}

export interface Options {
  /** The ETag the change is based on. */
  ifMatch?: string;
  signal?: AbortSignal;
  headers?: Readonly<Record<string, string>>;
}

export interface Reply<T> {
  data: T;
  etag: string | undefined;
  status: number;
}

async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get("Content-Type")?.includes("json") === true) {
    const body = (await response.json().catch(() => null)) as Partial<Problem> | null;
    if (typeof body?.title === "string" && typeof body.code === "string") return body as Problem;
  }
  return { code: `http.${response.status}`, title: t("The server could not answer. Try again in a moment.") };
}

async function failure(response: Response): Promise<ApiError> {
  const problem = await problemOf(response);
  if (response.status === 412) return new StaleError(412, problem);
  if (response.status === 429 || response.status === 503) {
    const error = new BusyError(response.status, problem);
    const seconds = Number(response.headers.get("Retry-After") ?? NaN);
    error.retryAfter = Number.isFinite(seconds) ? seconds : undefined;
    return error;
  }
  return new ApiError(response.status, problem);
}

/** One request. Throws ApiError or one of its kinds, NetworkError, or the signal's own AbortError. */
export async function request<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<Reply<T>> {
  const headers = new Headers({ Accept: "application/json", ...options.headers });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (options.ifMatch !== undefined) headers.set("If-Match", options.ifMatch);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const init: RequestInit = {
    method,
    headers,
    credentials: "same-origin",
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new NetworkError(t("The server does not answer. Check the connection, then try again."), { cause: error });
  }
  if (!response.ok) throw await failure(response);
  const isEmpty = response.status === 204 || response.headers.get("Content-Length") === "0";
  const data = (isEmpty ? undefined : await response.json()) as T;
  return { data, etag: response.headers.get("ETag") ?? undefined, status: response.status };
}

export const api = {
  get: async <T>(path: string, options?: Options): Promise<T> => (await request<T>("GET", path, undefined, options)).data,
  /** Every item of a list, part after part. */
  all: async <T>(path: string, options?: Options): Promise<T[]> => {
    const items: T[] = [];
    for (let next: string | null = path; next !== null; ) {
      const part: { items: T[]; next: string | null } = await api.get(next, options);
      items.push(...part.items);
      next = part.next;
    }
    return items;
  },
  post: async <T>(path: string, body?: unknown, options?: Options): Promise<T> =>
    (await request<T>("POST", path, body ?? {}, options)).data,
  put: async <T>(path: string, body: unknown, options?: Options): Promise<T> =>
    (await request<T>("PUT", path, body, options)).data,
  patch: async <T>(path: string, body: unknown, options?: Options): Promise<Reply<T>> =>
    request<T>("PATCH", path, body, options),
  delete: async (path: string, options?: Options): Promise<void> => {
    await request("DELETE", path, undefined, options);
  },
};

/** What to say about any error: our own texts as they are, the unexpected in general words. */
export function wordsFor(error: unknown): string {
  if (error instanceof ApiError) return error.detail ? `${error.message} ${error.detail}` : error.message;
  if (error instanceof NetworkError) return error.message;
  return t("Something unexpected happened on this page. Reload it; what was saved is not lost.");
}
