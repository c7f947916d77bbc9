/**
 * <hc-import data-import>: how far an import is, asked for again until it is over; the page is then shown anew. What the
 * server put inside stays, and is brought up to date.
 */
import { api } from "../api";
import { t } from "../i18n";

interface Progress {
  state: "read" | "running" | "done" | "failed";
  done: number;
  cards: number;
}

const WAIT_MS = 700;

class Import extends HTMLElement {
  private timer: ReturnType<typeof setTimeout> | undefined;

  connectedCallback(): void {
    this.wait();
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
  }

  private wait(): void {
    this.timer = setTimeout(() => void this.look(), WAIT_MS);
  }

  private async look(): Promise<void> {
    try {
      const { state, done, cards } = await api.get<Progress>(`/api/v1/imports/${this.dataset.import ?? ""}`);
      if (state !== "running") {
        location.reload();
        return;
      }
      const bar = this.querySelector("progress");
      const words = this.querySelector("[data-words]");
      if (bar) bar.value = done;
      if (words) words.textContent = t("%(done)s of %(total)s cards", { done, total: cards });
    } catch {
      // Asked again: the import does not depend on this page.
    }
    if (this.isConnected) this.wait();
  }
}

customElements.define("hc-import", Import);
