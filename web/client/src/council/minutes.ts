/**
 * The page where minutes are written (meetings/council/minutes_edit.html), upgraded: each part is saved a moment after one
 * stops typing. Where somebody else saved meanwhile both versions are shown, and nothing is written over unasked.
 */
import { StaleError, api, wordsFor } from "../api";
import { t } from "../i18n";

const PAUSE_MS = 1500;
const RETRY_MS = 5000;

interface Text {
  part: string;
  text: string;
  rev: number;
}

export function upgradeMinutes(root: Document): void {
  const minutes = root.getElementById("minutes");
  const address = minutes?.dataset.api;
  if (!minutes || !address) return;
  const parts: PartField[] = [];
  for (const form of minutes.querySelectorAll<HTMLFormElement>("form[data-part]")) {
    const area = form.querySelector("textarea");
    const rev = form.querySelector<HTMLInputElement>('input[name="rev"]');
    if (area && rev) parts.push(new PartField(form, area, rev, address));
  }
  globalThis.addEventListener("beforeunload", (event) => {
    if (parts.some((part) => part.isUnsaved)) event.preventDefault();
  });
}

class PartField {
  private readonly reason: HTMLInputElement | null;
  private saved: string;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saving: Promise<void> | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly area: HTMLTextAreaElement,
    private readonly rev: HTMLInputElement,
    private readonly address: string,
  ) {
    this.reason = form.querySelector('input[name="reason"]');
    this.saved = this.area.defaultValue;
    this.area.addEventListener("input", () => {
      this.say(this.reason ? "" : t("Not saved yet"));
      // A correction is sent when one says so, with its reason.
      if (!this.reason) this.later(PAUSE_MS);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      void this.save();
    });
  }

  get isUnsaved(): boolean {
    return this.area.value !== this.saved;
  }

  private later(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), wait);
  }

  /** One request at a time: what is typed meanwhile goes with the next. */
  private async save(): Promise<void> {
    clearTimeout(this.timer);
    if (this.saving) {
      await this.saving;
      if (!this.isUnsaved) return;
    }
    this.saving = this.send();
    await this.saving;
    this.saving = undefined;
  }

  private async send(): Promise<void> {
    const text = this.area.value;
    const part = this.form.dataset.part ?? "";
    const body = { text, ...(this.reason ? { reason: this.reason.value } : {}) };
    this.say(t("Saving…"));
    try {
      const kept = await api.put<Text>(`${this.address}/${part}`, body, { ifMatch: `"${this.rev.value}"` });
      this.rev.value = String(kept.rev);
      this.saved = text;
      this.form.querySelector("[data-other]")?.remove();
      if (this.reason) this.reason.value = "";
      this.say(this.isUnsaved ? t("Not saved yet") : t("Saved"));
    } catch (error) {
      if (error instanceof StaleError) this.show(error.body.current as Text);
      else {
        this.say(wordsFor(error));
        if (!this.reason && !(error instanceof Error && "status" in error)) this.later(RETRY_MS);
      }
    }
  }

  /** Both versions: the field keeps what was typed, the other one stands above it. */
  private show(current: Text): void {
    this.form.querySelector("[data-other]")?.remove();
    const box = document.createElement("div");
    box.dataset.other = "";
    box.className = "minutes__other banner warning";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = t("Somebody saved another version meanwhile. Both are kept: choose which one stands here.");
    const other = document.createElement("blockquote");
    other.textContent = current.text;
    const mine = this.button(t("Keep mine"), () => {
      this.rev.value = String(current.rev);
      void this.save();
    });
    const theirs = this.button(t("Take the saved one"), () => {
      this.rev.value = String(current.rev);
      this.area.value = this.saved = current.text;
      box.remove();
      this.say(t("Saved"));
      this.area.focus();
    });
    box.append(words, other, mine, theirs);
    this.form.prepend(box);
    this.say(t("Not saved yet"));
  }

  private button(text: string, act: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = text;
    button.addEventListener("click", act);
    return button;
  }

  private say(words: string): void {
    const state = this.form.querySelector("[data-state]");
    if (state) state.textContent = words;
  }
}
