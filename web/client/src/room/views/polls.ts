/** Polls, above the chat: those that are open to vote in, results, and for hosts the form of a new one. */
import { type TemplateResult, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { locale, t, tn } from "../../i18n";
import { icon } from "../../icon";
import type { Poll, PollInput } from "../polls";

export interface PollActions {
  ask(input: PollInput): Promise<boolean>;
  vote(poll: Poll, choices: number[]): void;
  end(poll: Poll): void;
}

/** Minutes after which a poll closes. */
const TIMES = [null, 1, 2, 5, 10, 60] as const;

export function polls(list: readonly Poll[], host: boolean, actions: PollActions): TemplateResult | typeof nothing {
  if (list.length === 0 && !host) return nothing;
  const open = list.filter(({ closed }) => !closed);
  const closed = list.filter((poll) => poll.closed);
  return html`<section class="room-polls" aria-label=${t("Polls")} tabindex="0">
    ${repeat(
      open,
      ({ id }) => id,
      (poll) => onePoll(poll, host, actions),
    )}
    ${closed.length === 0
      ? nothing
      : html`<details ?open=${open.length === 0}>
          <summary>${tn("%(count)s poll that is closed", "%(count)s polls that are closed", closed.length)}</summary>
          ${repeat(
            closed,
            ({ id }) => id,
            (poll) => onePoll(poll, host, actions),
          )}
        </details>`}
    ${host ? newPoll(actions) : nothing}
  </section>`;
}

function onePoll(poll: Poll, host: boolean, actions: PollActions): TemplateResult {
  const votes = !poll.closed && !(poll.anonymous && poll.voted);
  const submit = (event: Event): void => {
    event.preventDefault();
    const chosen = new FormData(event.target as HTMLFormElement).getAll("choice").map(Number);
    if (chosen.length > 0) actions.vote(poll, chosen);
  };
  return html`<form class="room-poll" data-live @submit=${submit}>
    <fieldset>
      <legend>${poll.question}</legend>
      <p class="room-poll__note">${aboutPoll(poll)}</p>
      ${poll.options.map(
        (option, place) => html`<label class="room-poll__option">
          ${votes
            ? html`<input
                type=${poll.multiple ? "checkbox" : "radio"}
                name="choice"
                value=${place}
                .checked=${poll.mine?.includes(place) ?? false}
              />`
            : nothing}
          <span>${option.text}${option.names && option.names.length > 0 ? html`<small>${option.names.join(", ")}</small>` : nothing}</span>
          ${option.votes === null
            ? nothing
            : html`<b>${option.votes}<span class="visually-hidden"> ${tn("vote", "votes", option.votes)}</span></b>
                <meter min="0" max=${Math.max(1, poll.voters)} value=${option.votes} aria-hidden="true"></meter>`}
        </label>`,
      )}
    </fieldset>
    ${poll.anonymous && poll.voted && !poll.closed ? html`<p class="room-poll__note" role="status">${t("You have voted. The results come when the poll is closed.")}</p>` : nothing}
    <div class="room-poll__actions">
      ${votes ? html`<button class="button primary small">${poll.voted ? t("Change my vote") : t("Vote")}</button>` : nothing}
      ${host && !poll.closed
        ? html`<button
            type="button"
            class="button quiet small"
            @click=${() => {
              actions.end(poll);
            }}
          >
            ${t("Close the poll")}
          </button>`
        : nothing}
    </div>
  </form>`;
}

function aboutPoll(poll: Poll): string {
  const parts = [tn("%(count)s person has voted", "%(count)s people have voted", poll.voters)];
  if (poll.anonymous) parts.push(t("anonymous"));
  if (poll.closed) parts.push(t("closed"));
  else if (poll.closes_at !== null) {
    const time = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(new Date(poll.closes_at));
    parts.push(t("closes at %(time)s", { time }));
  }
  return parts.join(" · ");
}

function newPoll({ ask }: PollActions): TemplateResult {
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const text = (name: string): string => (data.get(name) as string | null) ?? "";
    const options = text("options")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    const anonymous = data.has("anonymous");
    const input = {
      question: text("question"),
      options,
      anonymous,
      live: !anonymous && data.has("live"),
      multiple: data.has("multiple"),
      minutes: text("minutes") === "" ? null : Number(text("minutes")),
    };
    if (!(await ask(input))) return;
    form.reset();
    form.closest("details")?.removeAttribute("open");
  };
  const box = (name: string, words: string): TemplateResult =>
    html`<label class="check"><input type="checkbox" name=${name} /><span>${words}</span></label>`;
  return html`<details>
    <summary>${icon("plus")}${t("New poll")}</summary>
    <form class="room-poll" data-live @submit=${(event: Event) => void submit(event)}>
      <label><span>${t("Question")}</span><input class="input" name="question" maxlength="200" required autocomplete="off" /></label>
      <label><span>${t("Answers, one a line")}</span><textarea class="textarea" name="options" rows="3" required></textarea></label>
      ${box("anonymous", t("Anonymous: nobody knows who chose what"))} ${box("live", t("Show the results while it is open"))}
      ${box("multiple", t("Several answers"))}
      <label
        ><span>${t("Closes")}</span
        ><select class="select" name="minutes">
          ${TIMES.map((minutes) => html`<option value=${minutes ?? ""}>${minutes === null ? t("when somebody closes it") : t("after %(count)s min", { count: minutes })}</option>`)}
        </select></label
      >
      <p class="room-poll__note">${t("The results of an anonymous poll are shown when it is closed.")}</p>
      <button class="button primary small">${t("Ask")}</button>
    </form>
  </details>`;
}
