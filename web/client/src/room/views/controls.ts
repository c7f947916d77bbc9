/** The bar at the bottom: icons with words under them; the red one leaves, and only it is red. */
import { type TemplateResult, html, nothing } from "lit";
import { t, tn } from "../../i18n";
import { type IconName, icon } from "../../icon";
import { REACTIONS, type Reaction, SIGNS, reactionWords } from "../reactions";
import type { Panel, RoomState } from "../state";

export interface ControlActions {
  microphone(): void;
  camera(): void;
  share(): void;
  hand(): void;
  react(reaction: Reaction): void;
  panel(panel: Panel): void;
  leave(): void;
}

export interface ControlsModel {
  canShare: boolean;
  /** Guests have none. */
  hasChat: boolean;
  /** How many wait to be let in. */
  waiting: number;
}

export function controls(state: RoomState, { canShare, hasChat, waiting }: ControlsModel, actions: ControlActions): TemplateResult {
  const { microphone, camera, sharing, panel, unread, hands, me } = state;
  const wants = [
    ...(waiting > 0 ? [tn("%(count)s person waiting", "%(count)s people waiting", waiting)] : []),
    ...(hands.length > 0 ? [tn("%(count)s hand raised", "%(count)s hands raised", hands.length)] : []),
  ];
  const raised = hands.includes(me);
  return html`<section class="controls" aria-label=${t("In the meeting")}>
    ${control(microphone ? "mic" : "mic-off", microphone ? t("Mute") : t("Unmute"), actions.microphone, { off: !microphone })}
    ${control(camera ? "video" : "video-off", camera ? t("Stop camera") : t("Start camera"), actions.camera, { off: !camera })}
    ${canShare
      ? control(sharing ? "screen-share-off" : "screen-share", sharing ? t("Stop sharing") : t("Share screen"), actions.share, { on: sharing })
      : nothing}
    ${control("hand", raised ? t("Lower hand") : t("Raise hand"), actions.hand, { on: raised })} ${reacting(actions)}
    ${hasChat
      ? control(
          "message-square",
          t("Chat"),
          () => {
            actions.panel("chat");
          },
          { expanded: panel === "chat", count: unread },
        )
      : nothing}
    ${control(
      "users",
      t("People"),
      () => {
        actions.panel("people");
      },
      { expanded: panel === "people", count: waiting + hands.length, counted: wants.join(", ") },
    )}
    ${control("phone-off", t("Leave"), actions.leave, { leave: true })}
  </section>`;
}

function reacting({ react }: Pick<ControlActions, "react">): TemplateResult {
  return html`<details class="menu start room-react">
    <summary class="control">${icon("smile")}<span>${t("React")}</span></summary>
    <div class="menu__panel">
      ${REACTIONS.map(
        (reaction) => html`<button
          type="button"
          class="menu__item"
          @click=${({ currentTarget }: Event) => {
            const menu = (currentTarget as HTMLElement).closest("details");
            menu?.removeAttribute("open");
            menu?.querySelector("summary")?.focus();
            react(reaction);
          }}
        >
          <span class="room-react__sign" aria-hidden="true">${SIGNS[reaction]}</span><span>${reactionWords(reaction)}</span>
        </button>`,
      )}
    </div>
  </details>`;
}

interface Looks {
  off?: boolean;
  on?: boolean;
  expanded?: boolean;
  count?: number;
  counted?: string;
  leave?: boolean;
}

export function control(picture: IconName, words: string, action: () => void, looks: Looks): TemplateResult {
  const { off = false, on = false, expanded, count = 0, counted = t("%(count)s unread", { count }), leave = false } = looks;
  return html`<button
    type="button"
    class="control ${off ? "off" : ""} ${on || expanded === true ? "on" : ""} ${leave ? "leave" : ""}"
    aria-expanded=${expanded ?? nothing}
    @click=${action}
  >
    ${icon(picture)}${count > 0 ? html`<span class="count" aria-hidden="true">${count > 99 ? "99+" : count}</span>` : nothing}
    <span>${words}</span>
    ${count > 0 ? html`<span class="visually-hidden">${counted}</span>` : nothing}
  </button>`;
}
