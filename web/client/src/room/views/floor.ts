/** The speaker queue: who has the floor and for how long, who is next, how hosts want it, and who has spoken how long. */
import { type TemplateResult, html, nothing } from "lit";
import type { FloorView, Participant } from "../../generated/events";
import { t } from "../../i18n";
import { icon } from "../../icon";
import type { HostAct } from "../call";
import { type RoomState, isHost } from "../state";
import "./elapsed";
import { lasting } from "./elapsed";
import { nameOf } from "./tiles";

export interface FloorActions {
  lower(participant: string): void;
  host(act: HostAct): void;
}

/** Minutes that a turn may be meant to last; null: as long as it takes. */
const LIMITS = [null, 60, 120, 180, 300, 600] as const;

const find = (state: RoomState, id: string): Participant | undefined => state.participants.find((one) => one.id === id);

/** Whether who presides the assembly has closed one's microphone. */
export function isSilenced(state: RoomState): boolean {
  const person = find(state, state.me)?.person;
  return person !== undefined && state.floor.silenced.includes(person);
}

/** Whether one's microphone may be heard now. */
export function maySpeak(state: RoomState): boolean {
  if (isSilenced(state)) return false;
  return !state.floor.opens || isHost(state) || state.floor.speaker === state.me;
}

/** At the top of the room: who has the floor. */
export function speaker(state: RoomState, act: (act: HostAct) => void): TemplateResult | typeof nothing {
  const { floor, me } = state;
  const one = floor.speaker === null ? undefined : find(state, floor.speaker);
  if (!one) return nothing;
  return html`<div class="room-turn">
    ${icon("mic")}
    <span>${one.id === me ? t("You have the floor") : t("%(name)s has the floor", { name: nameOf(one) })}</span>
    <hc-elapsed since=${floor.since ?? ""} limit=${floor.limit ?? 0}></hc-elapsed>
    ${one.id === me || isHost(state)
      ? html`<button
          type="button"
          class="button small"
          @click=${() => {
            act({ type: "turn", participant: null, next: false });
          }}
        >
          ${one.id === me ? t("I have finished") : t("End the turn")}
        </button>`
      : nothing}
  </div>`;
}

/** In the panel of people: the queue. */
export function queue(state: RoomState, actions: FloorActions): TemplateResult {
  const host = isHost(state);
  const { floor } = state;
  const waiting = floor.queue.flatMap((id) => find(state, id) ?? []);
  return html`${waiting.length === 0
    ? nothing
    : html`<section class="room-hands" aria-labelledby="room-hands-title">
        <h3 id="room-hands-title">${t("Raised hands")}</h3>
        ${floor.fair ? html`<p class="room-panel__note">${t("Those who have spoken least come first.")}</p>` : nothing}
        <ol>
          ${waiting.map((one) => row(one, state, host, actions))}
        </ol>
        ${host
          ? html`<button
              type="button"
              class="button primary small"
              @click=${() => {
                actions.host({ type: "turn", participant: null, next: true });
              }}
            >
              ${icon("mic")}${t("Give the floor to the next")}
            </button>`
          : nothing}
      </section>`}
  ${floor.opens ? html`<p class="room-panel__note with-icon">${icon("mic-off")}<span>${t("The queue opens the microphones: raise your hand to speak.")}</span></p>` : nothing}
  ${host ? choices(floor, actions) : nothing} ${times(state)}`;
}

function row(one: Participant, state: RoomState, host: boolean, actions: FloorActions): TemplateResult {
  const mine = one.id === state.me;
  return html`<li>
    <span>${mine ? t("%(name)s (you)", { name: nameOf(one) }) : nameOf(one)}</span>
    ${host
      ? html`<button
          type="button"
          class="button quiet small"
          @click=${() => {
            actions.host({ type: "turn", participant: one.id, next: false });
          }}
        >
          ${t("Give the floor")}<span class="visually-hidden"> (${nameOf(one)})</span>
        </button>`
      : nothing}
    ${host || mine
      ? html`<button
          type="button"
          class="button quiet small"
          @click=${() => {
            actions.lower(one.id);
          }}
        >
          ${t("Lower")}<span class="visually-hidden"> (${nameOf(one)})</span>
        </button>`
      : nothing}
  </li>`;
}

/** How a host wants the queue. */
function choices({ fair, opens, limit }: FloorView, { host }: FloorActions): TemplateResult {
  const choose = (more: { fair?: boolean; opens?: boolean; limit?: number | null }): void => {
    host({ type: "floor", fair, opens, limit, ...more });
  };
  const box = (words: string, checked: boolean, set: (on: boolean) => void): TemplateResult =>
    html`<label class="check"
      ><input
        type="checkbox"
        .checked=${checked}
        @change=${({ target }: Event) => {
          set((target as HTMLInputElement).checked);
        }}
      /><span>${words}</span></label
    >`;
  return html`<details class="room-queue">
    <summary>${t("How the queue works")}</summary>
    ${box(t("Those who have spoken least come first"), fair, (on) => {
      choose({ fair: on });
    })}
    ${box(t("The queue opens the microphones"), opens, (on) => {
      choose({ opens: on });
    })}
    <label class="room-queue__limit"
      ><span>${t("Length of a turn")}</span
      ><select
        class="select"
        @change=${({ target }: Event) => {
          const { value } = target as HTMLSelectElement;
          choose({ limit: value === "" ? null : Number(value) });
        }}
      >
        ${LIMITS.map(
          (seconds) =>
            html`<option value=${seconds ?? ""} ?selected=${seconds === limit}>${seconds === null ? t("As long as it takes") : t("%(count)s min", { count: seconds / 60 })}</option>`,
        )}
      </select></label
    >
  </details>`;
}

/** Who has spoken how long, of those who are here, and their services together. */
function times({ floor, participants }: RoomState): TemplateResult | typeof nothing {
  const people = new Map(participants.filter(({ kind }) => kind === "person").map((one) => [one.person, one]));
  const spoken = floor.spoken.flatMap(({ person, seconds }) => {
    const one = people.get(person);
    return one ? [{ name: nameOf(one), unit: one.unit, seconds }] : [];
  });
  if (spoken.length === 0) return nothing;
  const units = new Map<string, number>();
  for (const { unit, seconds } of spoken) if (unit !== "") units.set(unit, (units.get(unit) ?? 0) + seconds);
  const list = (rows: readonly (readonly [string, number])[]): TemplateResult =>
    html`<dl class="room-times">
      ${[...rows].sort((a, b) => b[1] - a[1]).map(([name, seconds]) => html`<dt>${name}</dt><dd>${lasting(seconds)}</dd>`)}
    </dl>`;
  return html`<details class="room-queue">
    <summary>${t("Time spoken")}</summary>
    ${list(spoken.map(({ name, seconds }) => [name, seconds] as const))}
    ${units.size > 1 ? html`<h4>${t("By service")}</h4>${list([...units])}` : nothing}
  </details>`;
}
