/**
 * A calculator's form (meetings/council/calculator.html), upgraded: the answer follows what is typed, one more row keeps
 * the page. The server calculates and words everything; here its page is asked for and the new part put in place.
 */
import { announce } from "../announce";
import { offerPrint } from "../print";

const PAUSE_MS = 350;

export function upgradeCalculators(root: Document): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-calculator]")) upgrade(form);
  offerPrint(root);
}

function upgrade(form: HTMLFormElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = new AbortController();

  const ask = async (submitter?: HTMLElement): Promise<Document | null> => {
    clearTimeout(timer);
    asking.abort();
    asking = new AbortController();
    return answerOf(form, asking.signal, submitter);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      void ask().then((page) => page && showAnswer(page));
    }, PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    const { submitter } = event;
    if (submitter?.getAttribute("name") !== "add") return;
    event.preventDefault();
    void ask(submitter).then((page) => page && showRows(form, page));
  });
}

/** The page that the form's values lead to; null when it cannot be had or was overtaken, and what stands there stays. */
async function answerOf(form: HTMLFormElement, signal: AbortSignal, submitter?: HTMLElement): Promise<Document | null> {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) {
    if (typeof value === "string") values.append(name, value);
  }
  // Not form.method: a field of that name would stand in for it.
  const isPost = form.getAttribute("method") === "post";
  const [action = ""] = (form.getAttribute("action") ?? "").split("#");
  const url = isPost ? action : `${action}?${values}`;
  try {
    const response = await fetch(url, isPost ? { method: "POST", body: values, signal } : { signal });
    if (response.redirected || response.headers.get("Content-Type")?.startsWith("text/html") !== true) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    // The address of a question without personal data is that of its answer.
    if (!isPost) history.replaceState(null, "", url);
    return page;
  } catch {
    return null;
  }
}

function showAnswer(page: Document): void {
  const answer = page.getElementById("answer");
  const old = document.getElementById("answer");
  if (!answer || !old) return;
  const words = (part: Element): string => part.querySelector("[data-say]")?.textContent.trim().replace(/\s+/g, " ") ?? "";
  const before = words(old);
  old.replaceChildren(...[...answer.childNodes].map((node) => document.importNode(node, true)));
  offerPrint(document);
  const now = words(old);
  if (now && now !== before) announce(now);
}

/** The rows as the server gave them, with the first field of the new one focused. */
function showRows(form: HTMLFormElement, page: Document): void {
  const rows = form.querySelector(".calculator__rows");
  const fresh = page.querySelector(".calculator__rows");
  if (!rows || !fresh) return;
  rows.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  [...rows.querySelectorAll<HTMLInputElement>(".calculator__row")].at(-1)?.querySelector("input")?.focus();
}
