/**
 * <hc-file>: the page of a file or folder, kept up to date. The server draws each part (data-part); when the file
 * changes, the parts that nobody is writing in are taken from the page as it is now.
 */
import type { Announcements } from "../generated/events";
import { realtime } from "../realtime";
import { upgradeMentions } from "./mentions";

class FilePage extends HTMLElement {
  private leave: (() => void) | undefined;
  private asking = false;
  private again = false;

  connectedCallback(): void {
    upgradeMentions(this);
    const own = this.getAttribute("file");
    const rev = Number(this.getAttribute("rev"));
    this.leave = realtime().subscribe<unknown>(`files:${this.getAttribute("space") ?? ""}`, {
      onSnapshot: (_, now) => {
        if (now > rev) void this.refresh();
      },
      onEvent: ({ type, data }) => {
        if (type === "file_tags.changed") void this.refresh();
        if (type === "files.changed" && (data as Announcements["files.changed"]).items.some(({ id }) => id === own)) void this.refresh();
      },
    });
  }

  disconnectedCallback(): void {
    this.leave?.();
  }

  /** Ask for the page once more; what happens meanwhile makes it ask again afterwards. */
  private async refresh(): Promise<void> {
    this.again = this.asking;
    if (this.asking) return;
    this.asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) this.take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The next change, or the next snapshot after a lost connection, asks again.
    } finally {
      this.asking = false;
    }
    if (this.again) await this.refresh();
  }

  private take(page: Document): void {
    for (const part of this.querySelectorAll<HTMLElement>("[data-part]")) {
      const fresh = page.querySelector<HTMLElement>(`[data-part="${part.dataset.part ?? ""}"]`);
      if (!fresh || isWritten(part)) continue;
      if (fresh.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(fresh));
    }
    upgradeMentions(this);
  }
}

/** Whether somebody is at work in it: has the focus there, opened a form, or typed something that is not sent. */
function isWritten(part: HTMLElement): boolean {
  if (part.contains(document.activeElement)) return true;
  if (part.querySelector("details[open]")) return true;
  return [...part.querySelectorAll<HTMLTextAreaElement>("textarea")].some((field) => field.value !== field.defaultValue);
}

customElements.define("hc-file", FilePage);
