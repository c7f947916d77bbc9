/**
 * The page of a live sitting (meetings/council/live.html), upgraded: what happens is seen at once, forms are sent without
 * leaving the page. The server words everything; here #live is asked for again and put in place, with the focus and what
 * was being chosen kept.
 */
import { announce } from "../announce";
import { showConnection } from "../elements/connection";
import { t } from "../i18n";
import { realtime } from "../realtime";
import { toast } from "../toast";
import { type Result, showResult } from "./result";
import { seal } from "./seal";

/** One request for a burst of events, and not everybody's in the same instant. */
const GATHER_MS = 40;
/** After a result, which is shown already, a whole assembly asks for the rest. */
const SPREAD_MS = 1000;

export function upgradeLive(root: Document): void {
  const live = root.getElementById("live");
  const sitting = live?.dataset.live;
  if (!live || !sitting) return;
  showConnection();
  // On the way back up, after a form that asks first (dialog.ts) has asked at the document.
  globalThis.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.closest("#live") === null) return;
    event.preventDefault();
    void send(form, event.submitter);
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (within = GATHER_MS): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), GATHER_MS + Math.random() * within);
  };
  realtime().subscribe<{ seq: number }>(`sitting:${sitting}`, {
    onSnapshot: ({ seq }) => {
      if (seq !== Number(document.getElementById("live")?.dataset.seq)) look();
    },
    onEvent: ({ type, data }) => {
      if (type === "vote.received") {
        showReceived(data as { ballot: string; received: number });
        return;
      }
      const { result } = data as { result?: Result | null };
      if (result) showResult(result);
      look(result ? SPREAD_MS : undefined);
    },
  });
}

function showReceived({ ballot, received }: { ballot: string; received: number }): void {
  const shown = document.querySelector(`[data-received="${ballot}"]`);
  if (shown) shown.textContent = String(received);
}

async function ask(): Promise<void> {
  const address = document.getElementById("live")?.dataset.address;
  if (address) await take(fetch(address));
}

async function send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) {
    if (typeof value === "string") values.append(name, value);
  }
  // Not form.action: a field of that name would stand in for it.
  const action = form.getAttribute("action") ?? "";
  const done = await take(post(action, values, form.dataset.seal), new Set(fieldsOf(form).map(({ id }) => id)));
  form.removeAttribute("aria-busy");
  submitter?.removeAttribute("aria-busy");
  if (!done) toast(t("The server does not answer. Check the connection, then try again."), { kind: "danger" });
}

/** `key`: of a secret ballot, under which what was chosen is sealed. */
async function post(action: string, values: URLSearchParams, key?: string): Promise<Response> {
  return fetch(action, { method: "POST", body: key ? await seal(key, values) : values });
}

/** Put the answer's #live in place; false where the answer is none of ours. `sent`: the fields whose values were taken. */
async function take(answer: Promise<Response>, sent?: ReadonlySet<string>): Promise<boolean> {
  try {
    const response = await answer;
    // Not allowed to watch any more, such as when the assembly sits in closed session: the server says why.
    if (response.status === 403 && !sent) globalThis.location.reload();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("live");
    const old = document.getElementById("live");
    if (!fresh || !old) return false;
    // An answer that was overtaken by a later one shows what is no more.
    if (Number(fresh.dataset.seq) < Number(old.dataset.seq)) return true;
    replace(old, fresh, response.ok ? sent : undefined);
    return true;
  } catch {
    return false;
  }
}

/** `taken`: fields that start anew; what is being chosen elsewhere meanwhile stays. */
function replace(old: HTMLElement, fresh: HTMLElement, taken: ReadonlySet<string> = new Set()): void {
  const words = (part: Element): string => part.querySelector("[data-say]")?.textContent.trim() ?? "";
  const before = words(old);
  const focused = document.activeElement?.id ?? "";
  const opened = [...old.querySelectorAll<HTMLDetailsElement>("details[open][id]")].map(({ id }) => id);
  const closed = [...old.querySelectorAll<HTMLDetailsElement>("details:not([open])[id]")].map(({ id }) => id);
  const changed = fieldsOf(old).filter((field) => isChanged(field) && !taken.has(field.id));
  const chosen = changed.map((field) => [field.id, valueOf(field)] as const);
  old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  old.dataset.seq = fresh.dataset.seq ?? "0";
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  for (const id of closed) document.getElementById(id)?.removeAttribute("open");
  for (const [id, value] of chosen) put(id, value);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  const now = words(old);
  if (now && now !== before) announce(now);
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function fieldsOf(part: HTMLElement): Field[] {
  return [...part.querySelectorAll<Field>("input[id], select[id], textarea[id]")];
}

function isToggle(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox");
}

function isChanged(field: Field): boolean {
  if (isToggle(field)) return field.checked !== field.defaultChecked;
  if (!(field instanceof HTMLSelectElement)) return field.value !== field.defaultValue;
  return [...field.options].some((option) => option.selected !== option.defaultSelected);
}

function valueOf(field: Field): string | boolean {
  return isToggle(field) ? field.checked : field.value;
}

function put(id: string, value: string | boolean): void {
  const field = document.getElementById(id);
  const isField = field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement;
  if (!isField) return;
  if (typeof value === "boolean") {
    if (isToggle(field)) field.checked = value;
  } else field.value = value;
}
