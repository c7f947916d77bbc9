/**
 * Short messages above the page. What can be undone offers it for a minute; a message does not leave while the pointer
 * or the focus is on it.
 */
import { announce } from "./announce";
import { t } from "./i18n";
import { type IconName, iconElement } from "./icon";

export type ToastKind = "success" | "info" | "danger";

export interface ToastOptions {
  kind?: ToastKind;
  /** Shown as the button « Annuler », for a minute. */
  undo?: () => void | Promise<void>;
}

const ICONS: Record<ToastKind, IconName> = { success: "circle-check", info: "info", danger: "circle-alert" };
const SECONDS = { plain: 6, danger: 12, undo: 60 };
const MOST = 3;

/** Show a message; the returned function takes it away. */
export function toast(text: string, { kind = "success", undo }: ToastOptions = {}): () => void {
  const region = document.getElementById("toasts");
  if (!region) return () => undefined;
  const element = document.createElement("div");
  element.className = `toast ${kind}`;
  const words = document.createElement("span");
  words.className = "toast__text";
  words.textContent = text;
  element.append(iconElement(ICONS[kind]), words);

  let timer: ReturnType<typeof setTimeout>;
  const close = (): void => {
    clearTimeout(timer);
    element.remove();
  };
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(close, 1000 * (undo ? SECONDS.undo : kind === "danger" ? SECONDS.danger : SECONDS.plain));
  };
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = t("Undo");
    button.addEventListener("click", () => {
      close();
      void undo();
    });
    element.append(button);
  }
  element.append(closeButton(close));
  for (const hold of ["pointerenter", "focusin"]) element.addEventListener(hold, () => { clearTimeout(timer); });
  for (const go of ["pointerleave", "focusout"]) element.addEventListener(go, wait);

  while (region.childElementCount >= MOST) region.firstElementChild?.remove();
  region.append(element);
  announce(undo ? `${text} ${t("You can undo it.")}` : text);
  wait();
  return close;
}

function closeButton(close: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button";
  button.setAttribute("aria-label", t("Close"));
  button.append(iconElement("x"));
  button.addEventListener("click", close);
  return button;
}
