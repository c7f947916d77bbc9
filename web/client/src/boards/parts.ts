import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { announce } from "../announce";
import { api, wordsFor } from "../api";
import { LightElement } from "../elements/light";
import type { MarkdownField } from "../elements/markdown-field";
import { locale, t, tn } from "../i18n";
import { type IconName, icon } from "../icon";
import { askTitle } from "./ask";
import { chooseCard } from "./choose-card";
import { chooseFile } from "./choose-file";
import type { CardComment, Checklist, FullCard, LinkedCard, LiveBoard, Task } from "./live";
import type { Person } from "./state";
import { sentence, type HistoryEntry } from "./told";
import { transferCard } from "./transfer";
import { avatar, shortDay, today } from "./words";

const API = "/api/v1";
const SIGNS: readonly { sign: string; icon: IconName; words: () => string }[] = [
  { sign: "agreed", icon: "thumbs-up", words: () => t("Agreed") },
  { sign: "thanks", icon: "smile", words: () => t("Thank you") },
  { sign: "done", icon: "check", words: () => t("It is done") },
  { sign: "seen", icon: "eye", words: () => t("Seen") },
  { sign: "concern", icon: "triangle-alert", words: () => t("I have a concern") },
];

/** <hc-card-parts>: what hangs on a card. Each change is saved at once, and what others change comes by itself. */
@customElement("hc-card-parts")
export class CardParts extends LightElement {
  @property({ attribute: false }) full!: FullCard;
  @property({ attribute: false }) live!: LiveBoard;
  @property({ attribute: false }) people: readonly Person[] = [];
  @state() private problem = "";
  @state() private rewriting = "";
  @state() private past: readonly HistoryEntry[] | undefined;
  private pastOf = "";

  private get card(): string {
    return this.full.card.id;
  }

  protected override willUpdate(changes: PropertyValues): void {
    super.willUpdate(changes);
    if (changes.has("full") && this.past) void this.loadPast();
  }

  /** Do something and show what is there then; false when it was refused, which is said. */
  private async act(what: () => Promise<unknown>): Promise<boolean> {
    this.problem = "";
    try {
      await what();
      this.dispatchEvent(new CustomEvent("card-parts-changed", { bubbles: true }));
      return true;
    } catch (error) {
      this.problem = wordsFor(error);
      return false;
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="card-parts">
      ${this.problem === "" ? nothing : html`<div class="banner danger" role="alert">${icon("circle-alert")}<p>${this.problem}</p></div>`}
      ${repeat(this.full.checklists, ({ id }) => id, (list) => this.checklist(list))}
      ${this.full.can_edit
        ? html`<p class="card-parts__more">
            <button type="button" class="button small" @click=${this.addList}>${icon("list-plus")}${t("Add a checklist")}</button>
            <button type="button" class="button small" @click=${this.addBlocker}>${icon("pause")}${t("Waits for another card")}</button>
            <button type="button" class="button small" aria-haspopup="dialog" @click=${this.transfer}>${icon("arrow-right")}${t("Take to another board")}</button>
            <button type="button" class="button small" @click=${this.addFile}>${icon("paperclip")}${t("Attach a file of the space")}</button>
          </p>`
        : nothing}
      ${this.linked(t("Waits for"), this.full.waits_for, true)} ${this.linked(t("Holds up"), this.full.holds_up, false)}
      ${this.files()} ${this.comments()} ${this.history()}
    </div>`;
  }

  private readonly transfer = async (): Promise<void> => {
    if (await transferCard(this.card, this.full.card.title)) this.dispatchEvent(new CustomEvent("card-transferred", { bubbles: true }));
  };

  /* Checklists */

  private readonly addList = async (): Promise<void> => {
    const title = await askTitle(t("New checklist"), t("Title"), t("To check"), t("Add"));
    if (title !== null) await this.act(() => api.post(`${API}/cards/${this.card}/checklists`, { title }));
  };

  private checklist(list: Checklist): TemplateResult {
    const done = list.tasks.filter((task) => task.done).length;
    const rename = async (): Promise<void> => {
      const title = await askTitle(t("Rename the checklist"), t("Title"), list.title, t("Rename"));
      if (title !== null) await this.act(() => api.patch(`${API}/checklists/${list.id}`, { title }));
    };
    return html`<section class="card-part" aria-labelledby="list-${list.id}">
      <header class="card-part__head">
        <h3 id="list-${list.id}">${icon("square-check")}${list.title}</h3>
        <span class="soft size-s">${t("%(done)s of %(total)s", { done, total: list.tasks.length })}</span>
        ${this.full.can_edit
          ? html`<span class="card-part__acts">
              ${this.small("pencil", t("Rename “%(list)s”", { list: list.title }), rename)}
              ${this.small("trash-2", t("Remove “%(list)s”", { list: list.title }), () => this.act(() => api.delete(`${API}/checklists/${list.id}`)))}
            </span>`
          : nothing}
      </header>
      <progress max=${Math.max(1, list.tasks.length)} value=${done} aria-label=${t("%(done)s of %(total)s", { done, total: list.tasks.length })}></progress>
      <ul class="card-tasks" role="list">${repeat(list.tasks, ({ id }) => id, (task, index) => this.task(list, task, index))}</ul>
      ${this.full.can_edit
        ? html`<form class="board-create" data-live @submit=${(event: SubmitEvent) => this.addTask(event, list)}>
            <input class="input" name="title" maxlength="200" autocomplete="off" placeholder=${t("New entry")} aria-label=${t("New entry in %(list)s", { list: list.title })} />
            <button class="icon-button" aria-label=${t("Add the entry to %(list)s", { list: list.title })}>${icon("plus")}</button>
          </form>`
        : nothing}
    </section>`;
  }

  private async addTask(event: SubmitEvent, list: Checklist): Promise<void> {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).elements.namedItem("title") as HTMLInputElement;
    const title = input.value.trim();
    if (title === "") return;
    if (await this.act(() => api.post(`${API}/checklists/${list.id}/tasks`, { title }))) {
      input.value = "";
      input.focus();
    }
  }

  private task(list: Checklist, task: Task, index: number): TemplateResult {
    const change = (what: object) => () => this.act(() => api.patch(`${API}/tasks/${task.id}`, what));
    const rename = async (): Promise<void> => {
      const title = await askTitle(t("Rename the entry"), t("Entry"), task.title, t("Rename"));
      if (title !== null) await change({ title })();
    };
    const late = task.due !== null && !task.done && task.due < today();
    const editable = this.full.can_edit;
    return html`<li class="card-task">
      <label class="choice">
        <input type="checkbox" .checked=${task.done} ?disabled=${!editable && !this.full.can_tick} @change=${change({ done: !task.done })} />
        <span class=${task.done ? "card-task__done" : ""}>${task.title}</span>
      </label>
      ${task.due === null ? nothing : html`<span class="badge ${late ? "danger" : ""}">${icon(late ? "circle-alert" : "clock")}${late ? t("Late: %(day)s", { day: shortDay(task.due) }) : shortDay(task.due)}</span>`}
      ${task.person === null ? nothing : html`<span class="person size-s">${avatar(task.person)}<span>${task.person.name}</span></span>`}
      ${editable
        ? html`<details class="menu">
            <summary class="icon-button" aria-label=${t("Actions of “%(task)s”", { task: task.title })}>${icon("ellipsis")}</summary>
            <div class="menu__panel card-task__menu">
              <div class="field">
                <label for="task-person-${task.id}">${t("Given to")}</label>
                <select class="select" id="task-person-${task.id}" @change=${(event: Event) => change({ person: (event.target as HTMLSelectElement).value || null })()}>
                  <option value="">${t("nobody")}</option>
                  ${this.people.map(({ id, name }) => html`<option value=${id} ?selected=${task.person?.id === id}>${name}</option>`)}
                </select>
              </div>
              <div class="field">
                <label for="task-due-${task.id}">${t("Due date")}</label>
                <input class="input" type="date" id="task-due-${task.id}" .value=${task.due ?? ""} @change=${(event: Event) => change({ due: (event.target as HTMLInputElement).value || null })()} />
              </div>
              <button type="button" class="menu__item" @click=${rename}>${icon("pencil")}${t("Rename")}</button>
              ${index > 0 ? html`<button type="button" class="menu__item" @click=${change({ position: index - 1 })}>${icon("arrow-up")}${t("Up")}</button>` : nothing}
              ${index < list.tasks.length - 1 ? html`<button type="button" class="menu__item" @click=${change({ position: index + 1 })}>${icon("arrow-down")}${t("Down")}</button>` : nothing}
              <button type="button" class="menu__item danger" @click=${() => this.act(() => api.delete(`${API}/tasks/${task.id}`))}>${icon("trash-2")}${t("Remove")}</button>
            </div>
          </details>`
        : nothing}
    </li>`;
  }

  /* Files */

  private readonly addFile = async (): Promise<void> => {
    const file = await chooseFile(this.live.board.space);
    if (file !== null) await this.act(() => api.put(`${API}/cards/${this.card}/files/${file}`, {}));
  };

  private files(): TemplateResult | typeof nothing {
    if (this.full.files.length === 0) return nothing;
    return html`<section class="card-part" aria-labelledby="card-files">
      <header class="card-part__head"><h3 id="card-files">${icon("paperclip")}${t("Files")}</h3></header>
      <ul class="card-files" role="list">
        ${this.full.files.map(
          ({ id, space, name }) => html`<li>
            <a href="/files/${space}/items/${id}">${icon("file")}${name}</a>
            ${this.full.can_edit ? this.small("x", t("Take “%(file)s” off the card", { file: name }), () => this.act(() => api.delete(`${API}/cards/${this.card}/files/${id}`))) : nothing}
          </li>`,
        )}
      </ul>
    </section>`;
  }

  /* Dependencies */

  private readonly addBlocker = async (): Promise<void> => {
    const card = await chooseCard(this.card);
    if (card !== null) await this.act(() => api.put(`${API}/cards/${this.card}/blockers/${card}`, {}));
  };

  private linked(title: string, cards: readonly LinkedCard[], removable: boolean): TemplateResult | typeof nothing {
    const unseen = removable ? this.full.waits_for_unseen : 0;
    if (cards.length + unseen === 0) return nothing;
    return html`<section class="card-part" aria-label=${title}>
      <header class="card-part__head"><h3>${icon(removable ? "pause" : "arrow-right")}${title}</h3></header>
      <ul class="card-files" role="list">
        ${cards.map(
          ({ id, title: name, board, board_title, finished }) => html`<li>
            <span><a href="/boards/${board}?card=${id}">${name}</a><span class="soft size-s">${board_title}${finished ? ` · ${t("finished")}` : nothing}</span></span>
            ${removable && this.full.can_edit ? this.small("x", t("Does not wait for “%(card)s” any more", { card: name }), () => this.act(() => api.delete(`${API}/cards/${this.card}/blockers/${id}`))) : nothing}
          </li>`,
        )}
        ${unseen === 0 ? nothing : html`<li><span class="soft">${icon("lock")} ${tn("%(count)s card that you may not see", "%(count)s cards that you may not see", unseen)}</span></li>`}
      </ul>
    </section>`;
  }

  /* Comments */

  private comments(): TemplateResult {
    const { comments } = this.full;
    return html`<section class="card-part" aria-labelledby="card-comments">
      <header class="card-part__head"><h3 id="card-comments">${icon("message-square")}${t("Comments")}</h3></header>
      <ol class="card-comments" role="list">${repeat(comments, ({ id }) => id, (comment) => this.comment(comment))}</ol>
      ${this.full.can_comment
        ? html`<form class="stack" data-live @submit=${this.addComment}>
            <hc-markdown-field name="comment" label=${t("New comment")} space=${this.live.board.space} rows="2" most="4000"></hc-markdown-field>
            <p class="size-s soft">${t("@ and a name tells that person.")}</p>
            <div><button class="button">${icon("send")}${t("Comment")}</button></div>
          </form>`
        : comments.length === 0 ? html`<p class="soft">${t("No comment.")}</p>` : nothing}
    </section>`;
  }

  private readonly addComment = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const field = form.querySelector<MarkdownField>("hc-markdown-field");
    const text = textOf(form);
    if (text === "" || !field) return;
    if (await this.act(() => api.post(`${API}/cards/${this.card}/comments`, { text }))) {
      field.reset("", "");
      announce(t("Your comment was added."));
    }
  };

  private comment(comment: CardComment): TemplateResult {
    const { id, person, author, html: shown, made_at, changed_at, mine, removable, reactions } = comment;
    const when = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" });
    return html`<li class="card-comment">
      <p class="card-comment__who">
        ${author === null
          ? html`<span class="person">${avatar(person)}<strong>${person.name}</strong></span>`
          : html`<strong>${author}</strong><span class="soft size-s">${t("taken over by %(name)s", { name: person.name })}</span>`}
        <time class="soft size-s" datetime=${made_at}>${when.format(new Date(made_at))}${changed_at === null ? nothing : html` · ${t("changed")}`}</time>
        <span class="card-part__acts">
          ${mine && this.full.can_comment ? this.small("pencil", t("Change your comment"), () => { this.rewriting = id; }) : nothing}
          ${removable && this.full.can_comment ? this.small("trash-2", t("Remove the comment"), () => this.act(() => api.delete(`${API}/card-comments/${id}`))) : nothing}
        </span>
      </p>
      ${this.rewriting === id ? this.rewrite(comment) : html`<div class="prose">${unsafeHTML(shown)}</div>`}
      <p class="card-signs" role="group" aria-label=${t("Reactions")}>
        ${SIGNS.map(({ sign, icon: name, words }) => {
          const given = reactions.find((one) => one.sign === sign);
          const given_by = given ? new Intl.ListFormat(locale()).format(given.people) : "";
          const path = `${API}/card-comments/${id}/reactions/${sign}`;
          return html`<button type="button" class="card-sign" aria-pressed=${given?.mine ?? false} ?disabled=${!this.full.can_comment} title=${given ? `${words()} · ${given_by}` : words()}
            aria-label=${given ? tn("%(words)s: %(count)s person", "%(words)s: %(count)s people", given.people.length, { words: words() }) : words()}
            @click=${() => this.act(() => (given?.mine === true ? api.delete(path) : api.put(path, {})))}>
            ${icon(name)}${given ? given.people.length : nothing}
          </button>`;
        })}
      </p>
    </li>`;
  }

  private rewrite({ id, text, rev }: CardComment): TemplateResult {
    const save = async (event: SubmitEvent): Promise<void> => {
      event.preventDefault();
      const typed = textOf(event.target as HTMLFormElement);
      if (typed === "") return;
      if (await this.act(() => api.patch(`${API}/card-comments/${id}`, { text: typed }, { ifMatch: `"${rev}"` }))) this.rewriting = "";
    };
    return html`<form class="stack" data-live @submit=${save}>
      <hc-markdown-field name="comment-${id}" label=${t("Your comment")} .value=${text} space=${this.live.board.space} rows="2" most="4000"></hc-markdown-field>
      <div class="dialog__actions">
        <button type="button" class="button" @click=${() => { this.rewriting = ""; }}>${t("Cancel")}</button>
        <button class="button primary">${t("Save")}</button>
      </div>
    </form>`;
  }

  /* History */

  private history(): TemplateResult {
    return html`<details class="card-part card-history" @toggle=${(event: Event) => { if ((event.target as HTMLDetailsElement).open) void this.loadPast(); }}>
      <summary>${icon("history")}${t("History")}</summary>
      ${this.past === undefined
        ? nothing
        : html`<ol class="card-past" role="list">${this.past.map((entry) => html`<li>${sentence(entry)}</li>`)}</ol>
            ${this.pastOf === "" ? nothing : html`<button type="button" class="button small" @click=${this.loadMore}>${t("Show older changes")}</button>`}`}
    </details>`;
  }

  private async loadPast(): Promise<void> {
    await this.loadFrom(`${API}/cards/${this.card}/history`, []);
  }

  private readonly loadMore = async (): Promise<void> => {
    await this.loadFrom(this.pastOf, this.past ?? []);
  };

  private async loadFrom(path: string, before: readonly HistoryEntry[]): Promise<void> {
    try {
      const { items, next } = await api.get<{ items: HistoryEntry[]; next: string | null }>(path);
      this.pastOf = next ?? "";
      this.past = [...before, ...items];
    } catch (error) {
      this.problem = wordsFor(error);
    }
  }

  private small(name: IconName, words: string, act: () => unknown): TemplateResult {
    return html`<button type="button" class="icon-button" aria-label=${words} title=${words} @click=${act}>${icon(name)}</button>`;
  }

  /** Whether something is being written here. */
  isWriting(): boolean {
    return [...this.querySelectorAll("textarea")].some(({ value, defaultValue }) => value.trim() !== "" && value !== defaultValue);
  }
}

const textOf = (form: HTMLFormElement): string => form.querySelector("textarea")?.value.trim() ?? "";
