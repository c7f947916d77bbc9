/** A recording, as everybody in the room sees it: the badge at the top, and the question whether one agrees. */
import { type TemplateResult, html, nothing } from "lit";
import { t, tn } from "../../i18n";
import { type IconName, icon } from "../../icon";
import type { HostAct } from "../call";
import { type RoomState, isHost } from "../state";

type Act = (act: HostAct) => void;

const myself = ({ me, participants }: RoomState): string => participants.find(({ id }) => id === me)?.person ?? "";

/** How many have not yet said whether they agree. */
function missing({ recording, participants }: RoomState): number {
  const persons = new Set(participants.filter(({ kind }) => kind === "person").map(({ person }) => person));
  return [...persons].filter((person) => !recording?.answered.includes(person)).length;
}

/** At the top of the room. */
export function recording(room: RoomState, act: Act, leave: () => void): TemplateResult {
  return html`${badge(room, act)} ${question(room, act, leave)}`;
}

/** That it is recorded; for hosts, the way to begin and to end. */
function badge(room: RoomState, act: Act): TemplateResult | typeof nothing {
  const { recording } = room;
  const host = isHost(room);
  if (recording === null) return host ? quiet("disc", t("Record the meeting"), () => { act({ type: "record", on: true }); }) : nothing;
  const waits = recording.since === null;
  const kept = recording.objected.includes(myself(room));
  return html`<div class="room-recording ${waits ? "" : "on"}">
    ${icon("disc")}
    <span>${waits ? tn("Waiting for %(count)s person to agree", "Waiting for %(count)s people to agree", missing(room)) : t("Recording")}</span>
    ${kept
      ? html`<span>${t("You are kept out of it")}</span>
          ${button(t("Be recorded"), () => { act({ type: "consent", agrees: true }); })}`
      : recording.profile === "notice" && recording.answered.includes(myself(room)) && !host
        ? button(t("Keep me out of it"), () => { act({ type: "consent", agrees: false }); })
        : nothing}
    ${host ? button(waits ? t("Do not record") : t("Stop recording"), () => { act({ type: "record", on: false }); }) : nothing}
  </div>`;
}

/** For who has not answered: whether they agree, or want to be kept out. */
function question(room: RoomState, act: Act, leave: () => void): TemplateResult | typeof nothing {
  const { recording } = room;
  if (recording === null || recording.answered.includes(myself(room))) return nothing;
  const notice = recording.profile === "notice";
  const said = notice
    ? t("This meeting is recorded. Sound and picture are kept in the files of the space.")
    : t("Those who organise the meeting ask to record it. It begins once everybody has agreed; whoever does not agree leaves.");
  return html`<section class="room-consent" aria-label=${t("Recording")}>
    ${icon("disc")}
    <p>${said}</p>
    <div class="cluster">
      ${notice
        ? button(t("Keep me out of it"), () => { act({ type: "consent", agrees: false }); })
        : button(t("Leave"), leave)}
      ${button(notice ? t("I have understood") : t("I agree"), () => { act({ type: "consent", agrees: true }); }, "primary")}
    </div>
  </section>`;
}

/** A button at the top of the room: on a narrow screen its sign alone. */
export function quiet(sign: IconName, words: string, action: () => void): TemplateResult {
  return html`<button type="button" class="button small room__quiet" title=${words} @click=${action}>${icon(sign)}<span>${words}</span></button>`;
}

function button(words: string, action: () => void, look = ""): TemplateResult {
  return html`<button type="button" class="button small ${look}" @click=${action}>${words}</button>`;
}
