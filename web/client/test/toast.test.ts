import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toast } from "../src/toast";

const toasts = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(".toast")];

describe("a toast", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    document.body.innerHTML = '<div id="toasts"></div><div id="announcements"></div>';
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is shown, said, and leaves", () => {
    toast("Carte déplacée.");
    expect(toasts()[0]?.textContent).toContain("Carte déplacée.");
    expect(document.getElementById("announcements")?.textContent).toBe("Carte déplacée.");
    vi.advanceTimersByTime(6_000);
    expect(toasts()).toEqual([]);
  });

  it("offers to undo for a minute, once", () => {
    const undo = vi.fn();
    toast("Fichier mis à la corbeille.", { undo });
    vi.advanceTimersByTime(59_000);
    const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Undo");
    button?.click();
    expect(undo).toHaveBeenCalledOnce();
    expect(toasts()).toEqual([]);
  });

  it("stays while the pointer or the focus is on it", () => {
    toast("Envoyé.");
    toasts()[0]?.dispatchEvent(new Event("pointerenter"));
    vi.advanceTimersByTime(60_000);
    expect(toasts()).toHaveLength(1);
    toasts()[0]?.dispatchEvent(new Event("pointerleave"));
    vi.advanceTimersByTime(6_000);
    expect(toasts()).toEqual([]);
  });

  it("keeps the three latest, takes markup for text, and can be taken back", () => {
    const close = toast("<b>1</b>");
    expect(toasts()[0]?.querySelector("b")).toBeNull();
    close();
    for (const text of ["2", "3", "4", "5"]) toast(text);
    expect(toasts().map(({ textContent }) => textContent)).toEqual(["3", "4", "5"]);
  });
});
