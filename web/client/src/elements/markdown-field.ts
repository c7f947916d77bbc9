import { type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { api, wordsFor } from "../api";
import { upgradeMentions } from "../files/mentions";
import { t } from "../i18n";
import { type IconName, icon } from "../icon";
import { LightElement } from "./light";

interface Mark {
  icon: IconName;
  words: string;
  /** What goes before and after the words that are chosen, or in front of each of their lines. */
  around?: readonly [string, string];
  front?: string;
}

const marks = (): readonly Mark[] => [
  { icon: "heading", words: t("Heading"), front: "## " },
  { icon: "bold", words: t("Bold"), around: ["**", "**"] },
  { icon: "italic", words: t("Italic"), around: ["*", "*"] },
  { icon: "list", words: t("List"), front: "- " },
  { icon: "quote", words: t("Quotation"), front: "> " },
  { icon: "link", words: t("Link"), around: ["[", "](https://)"] },
];

/** What stands in a field once a mark is put on what is chosen in it, and what is chosen then. Pure. */
export function marked(text: string, from: number, to: number, { around, front }: Mark): { text: string; from: number; to: number } {
  if (around) {
    const chosen = text.slice(from, to);
    return {
      text: text.slice(0, from) + around[0] + chosen + around[1] + text.slice(to),
      from: from + around[0].length,
      to: to + around[0].length,
    };
  }
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const lines = text.slice(start, to).split("\n").map((line) => (front ?? "") + line).join("\n");
  return { text: text.slice(0, start) + lines + text.slice(to), from: start + lines.length, to: start + lines.length };
}

/**
 * <hc-markdown-field name label value html space>: a text in Markdown, with buttons that write its marks and a preview.
 * A text that is there shows as it looks until one wants to change it; `html` is how the server shows `value`.
 */
@customElement("hc-markdown-field")
export class MarkdownField extends LightElement {
  @property() name = "text";
  @property() label = "";
  @property() value = "";
  @property() html = "";
  @property() error = "";
  /** The space whose members are proposed after an `@`. */
  @property() space = "";
  @property({ type: Number }) rows = 6;
  @property({ type: Number }) most = 20_000;
  @state() private shown: string | undefined;
  @state() private problem = "";
  private started = false;

  override willUpdate(): void {
    if (this.started) return;
    this.started = true;
    if (this.html !== "") this.shown = this.html;
  }

  override firstUpdated(): void {
    upgradeMentions(this);
  }

  private get field(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  /** Show these words, as the server shows them. */
  reset(value: string, shown: string): void {
    this.value = value;
    this.shown = shown === "" ? undefined : shown;
    if (this.field) this.field.value = value;
  }

  private put(mark: Mark): void {
    const { field } = this;
    if (!field) return;
    const { text, from, to } = marked(field.value, field.selectionStart, field.selectionEnd, mark);
    field.value = text;
    field.focus();
    field.setSelectionRange(from, to);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  private readonly turn = async (): Promise<void> => {
    if (this.shown !== undefined) {
      this.shown = undefined;
      await this.updateComplete;
      this.field?.focus();
      return;
    }
    this.problem = "";
    try {
      const { html: made } = await api.post<{ html: string }>("/api/v1/markdown", { text: this.field?.value ?? "" });
      this.shown = made;
    } catch (error) {
      this.problem = wordsFor(error);
    }
  };

  protected override render(): TemplateResult {
    const id = `markdown-${this.name}`;
    const writing = this.shown === undefined;
    return html`<div class="field markdown">
      <div class="markdown__head">
        <label for=${id}>${this.label}</label>
        <div class="markdown__tools" role="group" aria-label=${t("Marks")} ?hidden=${!writing}>
          ${marks().map(
            (mark) =>
              html`<button type="button" class="icon-button" aria-label=${mark.words} title=${mark.words} @click=${() => { this.put(mark); }}>
                ${icon(mark.icon)}
              </button>`,
          )}
        </div>
        <button type="button" class="button quiet small" @click=${this.turn}>
          ${icon(writing ? "eye" : "pencil")}${writing ? t("Preview") : t("Change")}<span class="visually-hidden"> ${this.label}</span>
        </button>
      </div>
      <textarea class="textarea" id=${id} name=${this.name} rows=${this.rows} maxlength=${this.most} ?hidden=${!writing} .value=${this.value}
        data-mentions=${this.space === "" ? nothing : this.space}
        aria-invalid=${this.error === "" ? nothing : "true"} aria-describedby=${this.error === "" ? nothing : `${id}-error`}></textarea>
      ${writing ? nothing : html`<div class="prose">${unsafeHTML(this.shown)}</div>`}
      ${this.error === "" ? nothing : html`<p class="field__error" id="${id}-error">${icon("circle-alert")}<span>${this.error}</span></p>`}
      ${this.problem === "" ? nothing : html`<p class="field__error" role="alert">${icon("circle-alert")}<span>${this.problem}</span></p>`}
    </div>`;
  }
}
