import { type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { announce } from "../announce";
import { ApiError, StaleError, api, request, wordsFor } from "../api";
import { LightElement } from "../elements/light";
import "../elements/markdown-field";
import type { MarkdownField } from "../elements/markdown-field";
import { t } from "../i18n";
import { icon } from "../icon";
import { toast } from "../toast";
import { askTitle } from "./ask";
import { attachFile } from "./attach";
import type { Clash } from "./cell";
import { contentOf } from "./content";
import { editLabels } from "./labels";
import type { CardDetails, FullCard, LiveBoard } from "./live";
import { fact, versions } from "./facts";
import { fieldInputs, typedIn } from "./fields";
import { type Change, type Content, FIELDS, type Field, changes, merge, taking, within } from "./merge";
import "./parts";
import type { CardParts } from "./parts";
import type { Person, Unit } from "./state";
import { keepAsTemplate } from "./templates";
import { avatar } from "./words";

/** A card that left the board from its dialog. */
export interface Gone {
  title: string;
  archived: boolean;
}

const SOME = 8;

/**
 * <hc-card>: one card in a dialog, to read and to change. Nothing typed is lost: a refused edit stays in its fields, a
 * stale one is shown beside what somebody else wrote meanwhile.
 */
@customElement("hc-card")
export class CardDialog extends LightElement {
  @state() private full: FullCard | undefined;
  /** What the form was filled with: what is typed in it is a change of this. */
  @state() private card: CardDetails | undefined;
  @state() private people: readonly Person[] = [];
  @state() private units: readonly Unit[] = [];
  @state() private problem = "";
  @state() private errors: Readonly<Record<string, string>> = {};
  @state() private busy = false;
  @state() private stale: { mine: Content; theirs: CardDetails; conflicts: readonly Field[] } | undefined;
  /** Two versions that a cell of the table came upon: to choose between them is all that is asked. */
  private clash: Clash | undefined;
  private key = "";
  private live!: LiveBoard;
  private canEdit = false;
  private close: (gone?: Gone) => void = () => undefined;
  private leave: () => void = () => undefined;

  /** Show a card until the person is done with it; says so when they took it off the board. */
  static async open(key: string, live: LiveBoard, canEdit: boolean, clash?: Clash): Promise<Gone | undefined> {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog board-dialog";
    dialog.setAttribute("aria-labelledby", "card-heading");
    const view = new CardDialog();
    view.key = key;
    view.live = live;
    view.canEdit = canEdit;
    view.clash = clash;
    dialog.append(view);
    document.body.append(dialog);
    dialog.showModal();
    const gone = await new Promise<Gone | undefined>((resolve) => {
      view.close = (left) => {
        resolve(left);
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
    return gone;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("card-transferred", () => { this.close(); });
    this.addEventListener("card-parts-changed", () => void this.refresh());
    this.leave = this.live.watch(this.key, () => void this.refresh());
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave();
  }

  private async load(): Promise<void> {
    try {
      const [full, people, units] = await Promise.all([this.read(), this.live.assignable(), this.live.units()]);
      this.people = withAll(people, [...full.card.assignees, ...full.card.members.filter(({ kind }) => kind === "person")]);
      this.units = withAll(units, full.card.units);
      this.full = full;
      this.card = this.clash?.base ?? full.card;
      if (this.clash) {
        await this.bringTogether(this.clash.mine, this.clash.theirs);
        return;
      }
      await this.updateComplete;
      this.querySelector<HTMLElement>("[name=title], .icon-button")?.focus();
    } catch (error) {
      this.problem = wordsFor(error);
    }
  }

  private read(): Promise<FullCard> {
    return api.get<FullCard>(`/api/v1/cards/${this.key}/full`);
  }

  /** What hangs on the card comes anew; its form too, unless something is being changed in it. */
  private async refresh(): Promise<void> {
    try {
      const full = await this.read();
      const untouched = !this.isFormChanged();
      this.full = full;
      if (!untouched || this.stale || full.card.rev === this.card?.rev) return;
      this.people = withAll(this.people, full.card.assignees);
      this.units = withAll(this.units, full.card.units);
      this.card = full.card;
      this.querySelector<MarkdownField>("[data-description]")?.reset(full.card.description, full.html);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) this.problem = wordsFor(error);
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
    const all = (name: string): string[] => data.getAll(name).map(String);
    return {
      title: text("title").trim(),
      description: text("description").replaceAll("\r\n", "\n"),
      start: text("start") || null,
      due: text("due") || null,
      assignees: all("assignees"),
      units: all("units"),
      labels: all("labels"),
      members: all("members"),
      hidden: data.has("hidden"),
      values: typedIn(data, this.live.board.fields, this.card ? contentOf(this.card).values : {}),
    };
  }

  private isFormChanged(): boolean {
    const typed = this.typed();
    if (!this.canEdit || !typed || !this.card) return this.stale !== undefined;
    return Object.keys(changes(typed, contentOf(this.card))).length > 0;
  }

  private isChanged(): boolean {
    return this.isFormChanged() || this.querySelector<CardParts>("hc-card-parts")?.isWriting() === true;
  }

  private readonly save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const typed = this.typed();
    if (!typed || !this.card || this.busy) return;
    await this.send(typed, changes(typed, contentOf(this.card)), this.card.rev);
  };

  private async send(mine: Content, change: Change, rev: number): Promise<void> {
    if (Object.keys(change).length === 0) {
      this.close();
      return;
    }
    this.busy = true;
    this.problem = "";
    this.errors = {};
    try {
      const before = this.card;
      const { data } = await request<CardDetails>("PATCH", `/api/v1/cards/${this.key}`, change, { ifMatch: `"${rev}"` });
      announce(t("Saved."));
      if (before) this.offerUndo(before, data, change);
      this.close();
    } catch (error) {
      if (error instanceof StaleError) await this.bringTogether(mine, error.body.current as CardDetails);
      else {
        this.problem = wordsFor(error);
        if (error instanceof ApiError) this.errors = error.errors;
      }
    } finally {
      this.busy = false;
    }
  }

  /** Somebody saved first: what does not touch what they changed goes on top of it, the rest is shown side by side. */
  private async bringTogether(mine: Content, theirs: CardDetails): Promise<void> {
    if (!this.card) return;
    const other = contentOf(theirs);
    const { merged, conflicts } = merge(contentOf(this.card), mine, other);
    if (conflicts.length === 0) {
      this.card = theirs;
      await this.send(merged, changes(merged, other), theirs.rev);
      return;
    }
    this.people = withAll(this.people, theirs.assignees);
    this.units = withAll(this.units, theirs.units);
    this.stale = { mine: merged, theirs, conflicts };
    announce(t("Two versions of this card"));
    await this.updateComplete;
    this.querySelector<HTMLElement>(".board-versions + .dialog__actions .primary")?.focus();
  }

  /** For a minute the fields can have back what they had. */
  private offerUndo(before: CardDetails, after: CardDetails, change: Change): void {
    const back = within(changes(contentOf(before), contentOf(after)), change);
    const { key } = this;
    toast(t("“%(card)s” was saved.", { card: after.title }), {
      undo: async () => {
        try {
          await request("PATCH", `/api/v1/cards/${key}`, back, { ifMatch: `"${after.rev}"` });
          toast(t("“%(card)s” is as it was before.", { card: before.title }));
        } catch (error) {
          toast(wordsFor(error), { kind: "danger" });
        }
      },
    });
  }

  private readonly keepMine = async (): Promise<void> => {
    if (!this.stale) return;
    const { mine, theirs } = this.stale;
    // `mine` has theirs in it already where the two did not meet.
    await this.send(mine, changes(mine, contentOf(theirs)), theirs.rev);
  };

  private readonly takeTheirs = (): void => {
    if (!this.stale || !this.full) return;
    const { mine, theirs, conflicts } = this.stale;
    const other = contentOf(theirs);
    const kept = taking(mine, other, conflicts);
    this.stale = undefined;
    this.problem = "";
    if (Object.keys(changes(kept, other)).length > 0) {
      void this.send(kept, changes(kept, other), theirs.rev);
      return;
    }
    if (this.clash) {
      this.close();
      return;
    }
    this.card = theirs;
    this.full = { ...this.full, card: theirs, html: this.full.card.description === theirs.description ? this.full.html : "" };
  };

  private readonly removeCard = (): Promise<void> => this.takeOff(false, () => this.live.removeCard(this.key));
  private readonly archiveCard = (): Promise<void> => this.takeOff(true, () => this.live.archiveCard(this.key));

  private async takeOff(archived: boolean, act: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await act();
      this.close({ title: this.card?.title ?? "", archived });
    } catch (error) {
      this.problem = wordsFor(error);
    } finally {
      this.busy = false;
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="dialog__body">
      <div class="dialog__head">
        <h2 id="card-heading">${this.stale ? t("Two versions of this card") : (this.card?.title ?? t("Card"))}</h2>
        <button type="button" class="icon-button" aria-label=${t("Close without saving")} @click=${() => { this.close(); }}>${icon("x")}</button>
      </div>
      ${this.problem === ""
        ? nothing
        : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${this.problem}</p></div>`}
      ${this.stale ? versions(this.stale, this.known, this.busy, { mine: this.keepMine, theirs: this.takeTheirs }) : this.card && this.full ? this.whole(this.card, this.full) : this.problem === "" ? html`<span class="skeleton board-dialog__wait"></span>` : nothing}
    </div>`;
  }

  /** What the ids in a content stand for. */
  private get known(): { people: readonly Person[]; units: readonly Unit[]; board: LiveBoard["board"] } {
    return { people: this.people, units: this.units, board: this.live.board };
  }

  private whole(card: CardDetails, full: FullCard): TemplateResult {
    return html`${this.canEdit ? this.form(card, full) : this.reading(card, full)}
      <hc-card-parts .full=${{ ...full, can_edit: full.can_edit && this.canEdit }} .live=${this.live} .people=${this.people}></hc-card-parts>`;
  }

  private reading(card: CardDetails, full: FullCard): TemplateResult {
    const content = contentOf(card);
    return html`${full.html === "" ? nothing : html`<div class="prose">${unsafeHTML(full.html)}</div>`}
      <dl class="facts">${[...FIELDS.slice(2), ...this.live.board.fields.filter(({ archived }) => !archived).map(({ id }): Field => `values.${id}`)].map((field) => fact(field, content, this.known))}</dl>`;
  }

  private form(card: CardDetails, full: FullCard): TemplateResult {
    const day = (name: "start" | "due", words: string): TemplateResult => html`<div class="field">
      <label for="card-${name}">${words}</label>
      <input class="input" id="card-${name}" name=${name} type="date" .value=${card[name] ?? ""}
        aria-invalid=${this.invalid(name)} aria-describedby=${this.about(name)} />
      ${this.error(name)}
    </div>`;
    return html`<form class="card-form" data-live data-card-form @submit=${this.save}>
      <div class="card-form__main">
        <div class="field">
          <label for="card-title">${t("Title")}</label>
          <input class="input" id="card-title" name="title" required maxlength="200" autocomplete="off" .value=${card.title}
            aria-invalid=${this.invalid("title")} aria-describedby=${this.about("title")} />
          ${this.error("title")}
        </div>
        <hc-markdown-field data-description space=${this.live.board.space} .attach=${this.attach} name="description" label=${t("Description")} .value=${card.description} .html=${full.html} error=${this.errors.description ?? ""}></hc-markdown-field>
      </div>
      <div class="card-form__side">
        <div class="card-form__days">${day("start", t("Start"))} ${day("due", t("Due date"))}</div>
        ${this.choices("labels", t("Labels"), this.live.board.labels, card.labels, ({ name, colour }) => html`<span class="tag" data-colour=${colour}>${name}</span>`,
          html`<button type="button" class="button quiet small" @click=${this.editLabels}>${icon("tag")}${t("The board’s labels")}</button>`)}
        ${this.choices("assignees", t("Given to"), this.people, card.assignees.map(({ id }) => id), (person) => html`<span class="person">${avatar(person)}<span>${person.name}</span></span>`)}
        ${this.sight(card)}
        ${fieldInputs(this.live.board.fields, card, this.people, this.errors)}
        ${this.choices("units", t("Services"), this.units, card.units.map(({ id }) => id), ({ name }) => html`<span>${name}</span>`)}
      </div>
      <div class="dialog__actions">
        <button type="button" class="button quiet danger board-dialog__remove" ?disabled=${this.busy} @click=${this.removeCard}>
          ${icon("trash-2")}${t("Remove the card")}
        </button>
        <button type="button" class="button quiet" ?disabled=${this.busy} @click=${this.archiveCard}>${icon("archive")}${t("Archive the card")}</button>
        <button type="button" class="button quiet" @click=${this.keepAsTemplate}>${icon("copy")}${t("Keep as a template")}</button>
        <button type="button" class="button" @click=${() => { this.close(); }}>${t("Cancel")}</button>
        <button class="button primary" aria-busy=${this.busy}>${t("Save")}</button>
      </div>
    </form>`;
  }

  /** Who sees it: everybody who sees the board, or those alone to whom it is given and its members. */
  private sight(card: CardDetails): TemplateResult {
    const members = card.members.map(({ id }) => id);
    return html`<div class="field">
      <label class="choice"><input type="checkbox" name="hidden" .checked=${card.hidden} aria-describedby="card-hidden-hint" /><span class="person">${icon("lock")}<span>${t("Hidden card")}</span></span></label>
      <p class="field__hint" id="card-hidden-hint">${t("Only those to whom it is given and its members see it.")}</p>
    </div>
    ${this.choices<Person | Unit>("members", t("Members"), [...this.people, ...this.units], members, (one) => html`<span class="person">${"photo" in one ? avatar(one) : icon("building-2")}<span>${one.name}</span></span>`)}`;
  }

  private readonly keepAsTemplate = async (): Promise<void> => {
    const name = await askTitle(t("Keep as a template"), t("Name of the template"), this.card?.title ?? "", t("Keep"));
    if (name === null) return;
    try {
      await keepAsTemplate(this.live.board.id, this.key, name.slice(0, 100));
    } catch (error) {
      this.problem = wordsFor(error);
    }
  };

  /** A file pasted into the description: among the space's files, attached to the card, and a link to it. */
  private readonly attach = (file: File): Promise<string> => attachFile(this.live.board.space, this.key, file);

  private readonly editLabels = async (): Promise<void> => {
    await editLabels(this.live);
    this.requestUpdate();
  };

  /** Things to tick, those that are ticked first; a long list can be narrowed. */
  private choices<T extends { id: string; name: string }>(
    name: "assignees" | "units" | "labels" | "members", words: string, all: readonly T[], on: readonly string[],
    show: (one: T) => TemplateResult, more: TemplateResult | typeof nothing = nothing,
  ): TemplateResult {
    const ordered = [...all].sort((a, b) => Number(on.includes(b.id)) - Number(on.includes(a.id)));
    const narrow = (event: Event): void => {
      const input = event.target as HTMLInputElement;
      const wanted = input.value.trim().toLocaleLowerCase();
      for (const choice of input.closest("fieldset")?.querySelectorAll<HTMLElement>(".choice") ?? [])
        choice.hidden = !choice.textContent.toLocaleLowerCase().includes(wanted);
    };
    return html`<fieldset class="field" aria-describedby=${this.about(name)}>
      <legend>${words}</legend>
      ${all.length > SOME ? html`<input class="input" type="search" @input=${narrow} autocomplete="off" placeholder=${t("Narrow the list")} aria-label=${t("Narrow the list of %(what)s", { what: words })} />` : nothing}
      <div class="choices board-people" tabindex=${all.length > SOME ? "-1" : nothing}>
        ${ordered.map(
          (one) => html`<label class="choice"><input type="checkbox" name=${name} value=${one.id} .checked=${on.includes(one.id)} />${show(one)}</label>`,
        )}
      </div>
      ${more} ${this.error(name)}
    </fieldset>`;
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
}

/** Somebody who has left the space may still be on a card. */
function withAll<T extends { id: string }>(known: readonly T[], more: readonly T[]): readonly T[] {
  return [...known, ...more.filter(({ id }) => !known.some((one) => one.id === id))];
}
