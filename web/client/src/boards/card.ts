import { type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { announce } from "../announce";
import { ApiError, StaleError, request, wordsFor } from "../api";
import { LightElement } from "../elements/light";
import { locale, t } from "../i18n";
import { icon } from "../icon";
import type { CardDetails, LiveBoard } from "./live";
import type { Person } from "./state";
import { avatar, shortDay } from "./words";

/** What a person can change of a card, as it is sent. */
interface Content {
  title: string;
  description: string;
  due: string | null;
  assignees: readonly string[];
}

const FIELDS = ["title", "description", "due", "assignees"] as const;

/**
 * <hc-card>: one card in a dialog, to read and to change. Nothing typed is lost: a refused edit stays in its fields, a
 * stale one is shown beside what somebody else wrote meanwhile.
 */
@customElement("hc-card")
export class CardDialog extends LightElement {
  @state() private card: CardDetails | undefined;
  @state() private people: readonly Person[] = [];
  @state() private problem = "";
  @state() private errors: Readonly<Record<string, string>> = {};
  @state() private busy = false;
  @state() private stale: { mine: Content; theirs: CardDetails } | undefined;
  private key = "";
  private live!: LiveBoard;
  private canEdit = false;
  private close: (removed?: string) => void = () => undefined;

  /** Show a card until the person is done with it; gives its title when they removed it. */
  static async open(key: string, live: LiveBoard, canEdit: boolean): Promise<string | undefined> {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog board-dialog";
    dialog.setAttribute("aria-labelledby", "card-heading");
    const view = new CardDialog();
    view.key = key;
    view.live = live;
    view.canEdit = canEdit;
    dialog.append(view);
    document.body.append(dialog);
    dialog.showModal();
    const removed = await new Promise<string | undefined>((resolve) => {
      view.close = (title) => {
        resolve(title);
        dialog.close();
      };
      dialog.addEventListener("close", () => {
        resolve(undefined);
      });
      // With something typed, Escape does not close. Browsers obey the cancelled request once only: keys are stopped too.
      const stay = (event: Event): void => {
        if (!view.isChanged()) return;
        event.preventDefault();
        view.problem = t("You have changed this card. Save it, or close it without saving.");
      };
      dialog.addEventListener("cancel", stay);
      dialog.addEventListener("keydown", (event) => {
        if (event.key === "Escape") stay(event);
      });
    });
    dialog.remove();
    return removed;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const [{ data }, people] = await Promise.all([
        request<CardDetails>("GET", `/api/v1/cards/${this.key}`),
        this.live.assignable(),
      ]);
      this.card = data;
      this.people = withAll(people, data.assignees);
      await this.updateComplete;
      this.querySelector<HTMLElement>("[name=title], .icon-button")?.focus();
    } catch (error) {
      this.problem = wordsFor(error);
    }
  }

  private typed(): Content | undefined {
    const form = this.querySelector<HTMLFormElement>("form[data-card-form]");
    if (!form) return undefined;
    const data = new FormData(form);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === "string" ? value : "";
    };
    return {
      title: text("title").trim(),
      description: text("description").replaceAll("\r\n", "\n"),
      due: text("due") || null,
      assignees: data.getAll("assignees").map(String),
    };
  }

  /** The fields in which two contents differ, with the values of the first. */
  private static changes(mine: Content, before: Content): Partial<Content> {
    const differing = FIELDS.filter((field) => JSON.stringify(mine[field]) !== JSON.stringify(before[field]));
    return Object.fromEntries(differing.map((field) => [field, mine[field]]));
  }

  private contentOf({ title, description, due, assignees }: CardDetails): Content {
    const on = new Set(assignees.map(({ id }) => id));
    return { title, description, due, assignees: this.people.map(({ id }) => id).filter((id) => on.has(id)) };
  }

  private isChanged(): boolean {
    const typed = this.typed();
    if (!this.canEdit || !typed || !this.card) return this.stale !== undefined;
    return Object.keys(CardDialog.changes(typed, this.contentOf(this.card))).length > 0;
  }

  private readonly save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const typed = this.typed();
    if (!typed || !this.card || this.busy) return;
    await this.send(typed, CardDialog.changes(typed, this.contentOf(this.card)), this.card.rev);
  };

  private async send(mine: Content, change: Partial<Content>, rev: number): Promise<void> {
    if (Object.keys(change).length === 0) {
      this.close();
      return;
    }
    this.busy = true;
    this.problem = "";
    this.errors = {};
    try {
      await request("PATCH", `/api/v1/cards/${this.key}`, change, { ifMatch: `"${rev}"` });
      announce(t("Saved."));
      this.close();
    } catch (error) {
      if (error instanceof StaleError) {
        const theirs = error.body.current as CardDetails;
        this.people = withAll(this.people, theirs.assignees);
        this.stale = { mine, theirs };
        announce(error.message);
        await this.updateComplete;
        this.querySelector<HTMLElement>(".board-versions + .dialog__actions .primary")?.focus();
      } else {
        this.problem = wordsFor(error);
        if (error instanceof ApiError) this.errors = error.errors;
      }
    } finally {
      this.busy = false;
    }
  }

  private readonly keepMine = async (): Promise<void> => {
    if (!this.stale || !this.card) return;
    const { mine, theirs } = this.stale;
    // Only what was changed here goes over what somebody else wrote.
    await this.send(mine, CardDialog.changes(mine, this.contentOf(this.card)), theirs.rev);
  };

  private readonly takeTheirs = (): void => {
    if (this.stale) this.card = this.stale.theirs;
    this.stale = undefined;
    this.problem = "";
  };

  private readonly removeCard = async (): Promise<void> => {
    this.busy = true;
    try {
      await this.live.removeCard(this.key);
      this.close(this.card?.title ?? "");
    } catch (error) {
      this.problem = wordsFor(error);
    } finally {
      this.busy = false;
    }
  };

  protected override render(): TemplateResult {
    return html`<div class="dialog__body">
      <div class="dialog__head">
        <h2 id="card-heading">${this.stale ? t("Two versions of this card") : (this.card?.title ?? t("Card"))}</h2>
        <button type="button" class="icon-button" aria-label=${t("Close without saving")} @click=${() => { this.close(); }}>${icon("x")}</button>
      </div>
      ${this.problem === ""
        ? nothing
        : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${this.problem}</p></div>`}
      ${this.stale ? this.versions(this.stale) : this.card ? this.form(this.card) : this.problem === "" ? html`<span class="skeleton board-dialog__wait"></span>` : nothing}
    </div>`;
  }

  private form(card: CardDetails): TemplateResult {
    if (!this.canEdit) return html`<dl class="facts">${FIELDS.slice(1).map((field) => this.fact(field, this.contentOf(card)))}</dl>`;
    const on = new Set(card.assignees.map(({ id }) => id));
    return html`<form class="stack" data-live data-card-form @submit=${this.save}>
      <div class="field">
        <label for="card-title">${t("Title")}</label>
        <input class="input" id="card-title" name="title" required maxlength="200" autocomplete="off" .value=${card.title}
          aria-invalid=${this.invalid("title")} aria-describedby=${this.about("title")} />
        ${this.error("title")}
      </div>
      <div class="field">
        <label for="card-description">${t("Description")}</label>
        <textarea class="textarea" id="card-description" name="description" rows="5" maxlength="20000" .value=${card.description}
          aria-invalid=${this.invalid("description")} aria-describedby=${this.about("description")}></textarea>
        ${this.error("description")}
      </div>
      <div class="field">
        <label for="card-due">${t("Due date")}</label>
        <input class="input" id="card-due" name="due" type="date" .value=${card.due ?? ""}
          aria-invalid=${this.invalid("due")} aria-describedby=${this.about("due")} />
        ${this.error("due")}
      </div>
      <fieldset class="field" aria-describedby=${this.about("assignees")}>
        <legend>${t("Given to")}</legend>
        <div class="choices board-people">
          ${this.people.map(
            (person) =>
              html`<label class="choice">
                <input type="checkbox" name="assignees" value=${person.id} .checked=${on.has(person.id)} />
                <span class="person">${avatar(person)}<span>${person.name}</span></span>
              </label>`,
          )}
        </div>
        ${this.error("assignees")}
      </fieldset>
      <div class="dialog__actions">
        <button type="button" class="button quiet danger board-dialog__remove" ?disabled=${this.busy} @click=${this.removeCard}>
          ${icon("trash-2")}${t("Remove the card")}
        </button>
        <button type="button" class="button" @click=${() => { this.close(); }}>${t("Cancel")}</button>
        <button class="button primary" aria-busy=${this.busy}>${t("Save")}</button>
      </div>
    </form>`;
  }

  private invalid(field: string): "true" | typeof nothing {
    return this.errors[field] === undefined ? nothing : "true";
  }

  private about(field: string): string | typeof nothing {
    return this.errors[field] === undefined ? nothing : `card-${field}-error`;
  }

  private error(field: string): TemplateResult | typeof nothing {
    const words = this.errors[field];
    return words === undefined
      ? nothing
      : html`<p class="field__error" id="card-${field}-error">${icon("circle-alert")}<span>${words}</span></p>`;
  }

  private versions({ mine, theirs }: { mine: Content; theirs: CardDetails }): TemplateResult {
    const other = this.contentOf(theirs);
    const differs = new Set(Object.keys(CardDialog.changes(mine, other)));
    const version = (title: string, content: Content): TemplateResult =>
      html`<section class="board-version">
        <h3>${title}</h3>
        <dl class="facts">${FIELDS.map((field) => this.fact(field, content, differs.has(field)))}</dl>
      </section>`;
    return html`
      <p>${t("Somebody changed this card while you were writing. Nothing is lost: choose what to keep.")}</p>
      <div class="board-versions">
        ${version(t("Your version"), mine)} ${version(t("The version that is saved"), other)}
      </div>
      <div class="dialog__actions">
        <button type="button" class="button" @click=${this.takeTheirs}>${t("Keep the saved version")}</button>
        <button type="button" class="button primary" aria-busy=${this.busy} @click=${this.keepMine}>${t("Keep my version")}</button>
      </div>
    `;
  }

  private fact(field: keyof Content, content: Content, differs = false): TemplateResult {
    const names = content.assignees.map((id) => this.people.find((person) => person.id === id)?.name ?? "");
    const label = { title: t("Title"), description: t("Description"), due: t("Due date"), assignees: t("Given to") }[field];
    const value = {
      title: content.title,
      description: content.description,
      due: content.due === null ? "" : shortDay(content.due),
      assignees: new Intl.ListFormat(locale()).format(names),
    }[field];
    return html`<dt>${label}${differs ? html` <span class="badge warning">${t("different")}</span>` : nothing}</dt>
      <dd class="board-text">${value === "" ? t("none") : value}</dd>`;
  }
}

/** Somebody who has left the space may still be on a card. */
function withAll(people: readonly Person[], more: readonly Person[]): readonly Person[] {
  return [...people, ...more.filter(({ id }) => !people.some((person) => person.id === id))];
}
