import { type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../announce";
import { api } from "../api";
import { t, tn } from "../i18n";
import { icon } from "../icon";
import { LightElement } from "./light";

interface Person {
  id: string;
  display_name: string;
  title: string;
}

const WAIT_MS = 200;
const MOST = 8;
let serial = 0;

/**
 * <hc-people-picker name label>: choose people of the directory; each chosen one is a hidden field `name` of the form.
 * A combobox (ARIA 1.2): arrows go through what was found, Enter takes it.
 */
@customElement("hc-people-picker")
export class PeoplePicker extends LightElement {
  @property() name = "people";
  @property() label = "";
  @property() error = "";
  @state() private chosen: readonly Person[] = [];
  @state() private found: readonly Person[] = [];
  @state() private active = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;
  private readonly key = `people-${++serial}`;

  constructor() {
    super();
    const { chosen } = this.dataset; // an element of the page has its attributes by now
    if (chosen) this.chosen = JSON.parse(chosen) as Person[];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  protected override render(): TemplateResult {
    const { key, found, active } = this;
    return html`<div class="field picker">
      <label for=${key}>${this.label} <span class="field__optional">(${t("optional")})</span></label>
      ${this.chosen.length
        ? html`<ul class="picker__chosen" role="list">
            ${this.chosen.map(
              (person) => html`<li>
                <input type="hidden" name=${this.name} value=${person.id} />
                <span>${person.display_name}</span>
                <button
                  type="button"
                  class="icon-button"
                  aria-label=${t("Take %(name)s off the list", { name: person.display_name })}
                  @click=${() => {
                    this.drop(person);
                  }}
                >
                  ${icon("x")}
                </button>
              </li>`,
            )}
          </ul>`
        : nothing}
      <input
        class="input"
        id=${key}
        type="text"
        role="combobox"
        autocomplete="off"
        maxlength="100"
        placeholder=${t("Name, first name or function")}
        aria-autocomplete="list"
        aria-expanded=${found.length > 0}
        aria-controls="${key}-list"
        aria-invalid=${this.error ? "true" : nothing}
        aria-describedby=${this.error ? `${key}-error` : nothing}
        aria-activedescendant=${active >= 0 ? `${key}-${active}` : nothing}
        @input=${this.typed}
        @keydown=${this.pressed}
      />
      <ul class="picker__found" id="${key}-list" role="listbox" aria-label=${this.label} ?hidden=${found.length === 0}>
        ${found.map(
          (person, index) => html`<li
            id="${key}-${index}"
            role="option"
            aria-selected=${index === active}
            @pointerdown=${(event: Event) => {
              event.preventDefault();
              this.take(person);
            }}
          >
            <span>${person.display_name}</span>${person.title ? html` <small>${person.title}</small>` : nothing}
          </li>`,
        )}
      </ul>
      ${this.error ? html`<p class="field__error" id="${key}-error">${icon("circle-alert")}<span>${this.error}</span></p>` : nothing}
    </div>`;
  }

  private get field(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>(`#${this.key}`);
  }

  private typed(): void {
    clearTimeout(this.timer);
    // What was found for other letters is no longer what Enter would mean.
    this.asking?.abort();
    this.show([]);
    this.timer = setTimeout(() => void this.search(this.field?.value.trim() ?? ""), WAIT_MS);
  }

  private async search(words: string): Promise<void> {
    this.asking?.abort();
    if (words === "") {
      this.show([]);
      return;
    }
    this.asking = new AbortController();
    try {
      const path = `/api/v1/directory/people?search=${encodeURIComponent(words)}`;
      const { items } = await api.get<{ items: Person[] }>(path, { signal: this.asking.signal });
      const taken = new Set(this.chosen.map(({ id }) => id));
      this.show(items.filter(({ id }) => !taken.has(id)).slice(0, MOST));
      announce(
        this.found.length
          ? tn("%(count)s person found", "%(count)s people found", this.found.length)
          : t("Nobody is found under these letters."),
      );
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.show([]);
      announce(error instanceof Error ? error.message : "");
    }
  }

  private show(found: readonly Person[]): void {
    this.found = found;
    this.active = found.length ? 0 : -1;
  }

  private pressed(event: KeyboardEvent): void {
    const { key } = event;
    const person = this.found[this.active];
    if (key === "Enter") {
      event.preventDefault();
      if (person) this.take(person);
    } else if (key === "Escape" && this.found.length) {
      event.preventDefault();
      this.show([]);
    } else if ((key === "ArrowDown" || key === "ArrowUp") && this.found.length) {
      event.preventDefault();
      const step = key === "ArrowDown" ? 1 : -1;
      this.active = (this.active + step + this.found.length) % this.found.length;
    } else if (key === "Backspace" && this.field?.value === "" && this.chosen.length) {
      this.chosen = this.chosen.slice(0, -1);
    }
  }

  private take(person: Person): void {
    this.chosen = [...this.chosen, person];
    this.show([]);
    if (this.field) this.field.value = "";
    announce(t("%(name)s is on the list.", { name: person.display_name }));
  }

  private drop(person: Person): void {
    this.chosen = this.chosen.filter(({ id }) => id !== person.id);
    this.field?.focus();
  }
}
