/** The panels at the right, one at a time, and the chat in one. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { locale, t } from "../../i18n";
import { icon } from "../../icon";
import type { ChatState, Message } from "../messages";

export interface ChatActions {
  write(text: string): void;
  older(): void;
  /** Answer this message, or none. */
  answer(message: Message | null): void;
}

export function panel(title: string, close: () => void, content: TemplateResult): TemplateResult {
  return html`<aside
    class="room-panel"
    aria-labelledby="room-panel-title"
    @keydown=${(event: KeyboardEvent) => {
      if (event.key === "Escape") close();
    }}
  >
    <header class="room-panel__head">
      <h2 id="room-panel-title" tabindex="-1">${title}</h2>
      <button type="button" class="icon-button" aria-label=${t("Close")} @click=${close}>${icon("x")}</button>
    </header>
    ${content}
  </aside>`;
}

export function chat(state: ChatState, me: string, answered: Message | null, actions: ChatActions): TemplateResult {
  const submit = (event: Event): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const field = form.elements.namedItem("text") as HTMLTextAreaElement;
    if (field.value.trim() === "") return;
    actions.write(field.value);
    field.value = "";
    field.focus();
  };
  return html`<div class="room-chat" role="log" aria-label=${t("Messages")} tabindex="0">
      ${state.before === null
        ? nothing
        : html`<button type="button" class="button quiet small" @click=${actions.older}>${t("Earlier messages")}</button>`}
      ${state.messages.length + state.unsent.length === 0
        ? html`<p class="room-panel__note">${t("What is written here stays with the meeting.")}</p>`
        : nothing}
      ${repeat(
        state.messages,
        ({ id }) => id,
        (message) => oneMessage(message, me, actions),
      )}
      ${repeat(
        state.unsent,
        ({ nonce }) => nonce,
        ({ text, reply, failed }) => html`<article class="message mine unsent">
          ${quote(reply)}
          <p>${text}</p>
          <footer>${failed ? t("Kept here: it will be sent as soon as the server answers.") : t("Sending…")}</footer>
        </article>`,
      )}
    </div>
    <form class="room-chat__form" data-live @submit=${submit}>
      ${answered
        ? html`<p class="room-chat__answer">
            <span>${t("Answering %(name)s", { name: answered.author_name })}</span>
            <button
              type="button"
              class="icon-button"
              aria-label=${t("Answer nobody")}
              @click=${() => {
                actions.answer(null);
              }}
            >
              ${icon("x")}
            </button>
          </p>`
        : nothing}
      <label class="visually-hidden" for="room-message">${t("Your message")}</label>
      <textarea
        class="textarea"
        id="room-message"
        name="text"
        rows="2"
        maxlength="4000"
        placeholder=${t("Write a message")}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          (event.target as HTMLTextAreaElement).form?.requestSubmit();
        }}
      ></textarea>
      <button class="button primary">${icon("send")}${t("Send")}</button>
    </form>`;
}

function quote(reply: Message["reply"]): TemplateResult | typeof nothing {
  return reply ? html`<blockquote>${reply.author_name} : ${reply.text}</blockquote>` : nothing;
}

function oneMessage(message: Message, me: string, { answer }: ChatActions): TemplateResult {
  const time = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" });
  const at = new Date(message.created_at);
  return html`<article class="message ${message.author_id === me ? "mine" : ""}">
    <header><b>${message.author_name}</b> <time datetime=${message.created_at}>${time.format(at)}</time></header>
    ${quote(message.reply)}
    <p>${message.text}</p>
    <button
      type="button"
      class="message__answer"
      @click=${() => {
        answer(message);
      }}
    >
      ${t("Reply")}<span class="visually-hidden"> ${message.author_name}</span>
    </button>
  </article>`;
}
