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
  /** With Ctrl or ⌘. */
  key?: string;
}

const marks = (): readonly Mark[] => [
  { icon: "heading", words: t("Heading"), front: "## " },
  { icon: "bold", words: t("Bold"), around: ["**", "**"], key: "b" },
  { icon: "italic", words: t("Italic"), around: ["*", "*"], key: "i" },
  { icon: "list", words: t("List"), front: "- " },
  { icon: "list-ordered", words: t("Numbered list"), front: "1. " },
  { icon: "list-checks", words: t("List to tick off"), front: "- [ ] " },
  { icon: "quote", words: t("Quotation"), front: "> " },
  { icon: "code", words: t("Code"), around: ["`", "`"] },
  { icon: "link", words: t("Link"), around: ["[", "](https://)"], key: "k" },
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

/** What stands in a field once a line of a list or a quotation ends at `at`; undefined for other lines. Pure. */
export function continued(text: string, at: number): { text: string; at: number } | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const [, indent = "", sign = "", box = "", rest = ""] = /^(\s*)([-*+] |\d+\. |> )(\[[ xX]\] )?(.*)$/.exec(text.slice(start, at)) ?? [];
  if (sign === "") return undefined;
  // An empty entry ends the list.
  if (rest.trim() === "") return { text: text.slice(0, start) + text.slice(at), at: start };
  const next = /^\d/.test(sign) ? `${Number.parseInt(sign, 10) + 1}. ` : sign;
  const put = `\n${indent}${next}${box === "" ? "" : "[ ] "}`;
  return { text: text.slice(0, at) + put + text.slice(at), at: at + put.length };
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
  /** Keeps a file that was pasted, and gives the Markdown that stands for it; without it files are not taken. */
  @property({ attribute: false }) attach: ((file: File) => Promise<string>) | undefined;
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

  private readonly keys = (event: KeyboardEvent): void => {
    const field = event.target as HTMLTextAreaElement;
    const mark = (event.ctrlKey || event.metaKey) && !event.altKey ? marks().find(({ key }) => key === event.key.toLowerCase()) : undefined;
    if (mark) {
      event.preventDefault();
      this.put(mark);
      return;
    }
    // A list of proposed names takes Enter for itself.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented || field.selectionStart !== field.selectionEnd) return;
    const next = continued(field.value, field.selectionStart);
    if (!next) return;
    event.preventDefault();
    field.value = next.text;
    field.setSelectionRange(next.at, next.at);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  /** Files that are pasted or dropped are given to whoever holds the field, who says what stands for each. */
  private readonly pasted = (event: ClipboardEvent | DragEvent): void => void this.keep(event);

  private async keep(event: ClipboardEvent | DragEvent): Promise<void> {
    const data = event instanceof ClipboardEvent ? event.clipboardData : event.dataTransfer;
    const files = [...(data?.files ?? [])];
    if (!this.attach || files.length === 0) return;
    event.preventDefault();
    this.problem = "";
    for (const file of files) {
      try {
        const { field } = this;
        const words = await this.attach(file);
        field?.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
        field?.dispatchEvent(new Event("input", { bubbles: true }));
      } catch (error) {
        this.problem = wordsFor(error);
      }
    }
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
              html`<button type="button" class="icon-button" aria-label=${mark.words} title=${mark.key === undefined ? mark.words : `${mark.words} (Ctrl+${mark.key.toUpperCase()})`} @click=${() => { this.put(mark); }}>
                ${icon(mark.icon)}
              </button>`,
          )}
        </div>
        <button type="button" class="button quiet small" @click=${this.turn}>
          ${icon(writing ? "eye" : "pencil")}${writing ? t("Preview") : t("Change")}<span class="visually-hidden"> ${this.label}</span>
        </button>
      </div>
      <textarea class="textarea" id=${id} name=${this.name} rows=${this.rows} maxlength=${this.most} ?hidden=${!writing} .value=${this.value}
        @keydown=${this.keys} @paste=${this.pasted} @drop=${this.pasted}
        data-mentions=${this.space === "" ? nothing : this.space}
        aria-invalid=${this.error === "" ? nothing : "true"} aria-describedby=${this.error === "" ? nothing : `${id}-error`}></textarea>
      ${writing ? nothing : html`<div class="prose">${unsafeHTML(this.shown)}</div>`}
      ${this.error === "" ? nothing : html`<p class="field__error" id="${id}-error">${icon("circle-alert")}<span>${this.error}</span></p>`}
      ${this.problem === "" ? nothing : html`<p class="field__error" role="alert">${icon("circle-alert")}<span>${this.problem}</span></p>`}
    </div>`;
  }
}
