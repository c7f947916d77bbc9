/** The door: oneself in the mirror, the level of one's voice, the devices, one big button. */
import { type TemplateResult, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { t, tn } from "../../i18n";
import { icon } from "../../icon";
import { toast } from "../../toast";
import type { Device, DeviceKind, DeviceProblem } from "../media";
import { playNotes } from "../media/tone";
import type { Owned } from "../own";
import { problemWords } from "../problems";
import { waits } from "./lobby";
import { streamOf } from "./streams";
import "./trial";

export interface DoorModel {
  heading: string;
  meeting: string;
  /** Where one came from; empty for guests, who have no other page. */
  back: string;
  owned: Owned;
  level: number;
  microphone: boolean;
  camera: boolean;
  joining: boolean;
  /** What hosts say to those who wait to be let in; null for who does not wait. */
  waiting: string | null;
  /** Why one is before the door again, or was not let in; empty on the first visit. */
  notice: string;
  canJoin: boolean;
  /** Who is in the room; null for those who may not know. */
  present: readonly string[] | null;
}

export interface DoorActions {
  join(): void;
  stop(): void;
  toggle(kind: "microphone" | "camera"): void;
  choose(kind: DeviceKind, id: string): void;
}

export function door(model: DoorModel, actions: DoorActions): TemplateResult {
  const { owned, microphone, camera } = model;
  return html`<main class="door" id="content">
    ${model.back ? html`<a class="door__back" href=${model.back}>${icon("arrow-left")}${t("Back to the meeting")}</a>` : nothing}
    <h1>${model.heading}</h1>
    ${model.notice ? html`<p class="door__notice" role="status">${icon("info")}<span>${model.notice}</span></p>` : nothing}
    <div class="door__mirror">
      ${owned.camera && camera
        ? html`<video
            class="mirror"
            autoplay
            playsinline
            .muted=${true}
            .srcObject=${streamOf(owned.camera)}
            aria-label=${t("Your picture, as the others will see it")}
          ></video>`
        : html`<p class="door__dark">${icon("video-off")}<span>${cameraWords(camera, owned.problems.camera)}</span></p>`}
      <div class="door__switches">
        ${toggle("microphone", microphone && owned.microphone !== null, actions)}
        ${toggle("camera", camera && owned.camera !== null, actions)}
      </div>
    </div>
    ${owned.microphone && microphone
      ? html`<div class="door__level">
          <span id="door-level">${t("Level of your voice")}</span>
          <div class="level" role="meter" aria-labelledby="door-level" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(model.level * 10) * 10}>
            <span .style=${`inline-size: ${Math.round(model.level * 100)}%`}></span>
          </div>
        </div>`
      : nothing}
    ${owned.problems.microphone ? problem("microphone", owned.problems.microphone) : nothing}
    ${owned.problems.camera ? problem("camera", owned.problems.camera) : nothing}
    <div class="door__devices">
      ${select("camera", t("Camera"), owned, actions)} ${select("microphone", t("Microphone"), owned, actions)}
      ${select("speaker", t("Speaker"), owned, actions)}
    </div>
    <button class="button quiet door__notes" type="button" @click=${() => void notes(owned.chosen.speaker)}>${icon("volume-2")}${t("Test the speaker")}</button>
    ${model.joining ? nothing : html`<hc-trial class="door__trial" meeting=${model.meeting}></hc-trial>`}
    ${model.waiting !== null ? waits(model.waiting, actions.stop) : nothing}
    ${model.canJoin && model.waiting === null
      ? html`<button class="button primary door__join" type="button" ?disabled=${model.joining} aria-busy=${model.joining} @click=${actions.join}>
          ${icon("video")}${model.joining ? t("Joining…") : t("Join")}
        </button>`
      : nothing}
    ${model.present ? html`<p class="door__present">${presentWords(model.present)}</p>` : nothing}
  </main>`;
}

async function notes(speaker: string): Promise<void> {
  toast(t("You should hear two notes now."), { kind: "info" });
  try {
    await playNotes(speaker);
  } catch {
    toast(t("This speaker does not play. Choose another one, and look at the volume of this device."), { kind: "danger" });
  }
}

function toggle(kind: "microphone" | "camera", on: boolean, actions: DoorActions): TemplateResult {
  const words = kind === "microphone" ? t("Microphone") : t("Camera");
  const picture = kind === "microphone" ? (on ? "mic" : "mic-off") : on ? "video" : "video-off";
  return html`<button
    type="button"
    class="control ${on ? "" : "off"}"
    aria-pressed=${on}
    @click=${() => {
      actions.toggle(kind);
    }}
  >
    ${icon(picture)}<span>${words}</span>
  </button>`;
}

export function select(kind: DeviceKind, label: string, owned: Owned, actions: Pick<DoorActions, "choose">): TemplateResult | typeof nothing {
  const devices = owned.devices[kind].filter((device) => device.id !== "");
  if (devices.length === 0) return nothing;
  const chosen = owned.chosen[kind] || devices[0]?.id;
  return html`<label class="door__device">
    <span>${label}</span>
    <select
      class="select"
      .value=${live(chosen ?? "")}
      @change=${(event: Event) => {
        actions.choose(kind, (event.target as HTMLSelectElement).value);
      }}
    >
      ${devices.map((device, index) => option(device, index, device.id === chosen))}
    </select>
  </label>`;
}

function option(device: Device, index: number, selected: boolean): TemplateResult {
  const name = device.label || t("Device %(number)s", { number: index + 1 });
  return html`<option value=${device.id} ?selected=${selected}>${name}</option>`;
}

function cameraWords(on: boolean, problem: DeviceProblem | undefined): string {
  if (!on) return t("Your camera is off.");
  return problem ? t("There is no picture.") : t("The camera is starting…");
}

function problem(kind: "microphone" | "camera", what: DeviceProblem): TemplateResult {
  return html`<p class="door__problem" role="alert">${icon("triangle-alert")}<span>${problemWords(kind, what)}</span></p>`;
}

function presentWords(present: readonly string[]): string {
  if (present.length === 0) return t("Nobody is in the room yet.");
  if (present.length <= 3) return t("In the room: %(names)s", { names: present.join(", ") });
  return tn(
    "In the room: %(names)s and %(count)s other person",
    "In the room: %(names)s and %(count)s other people",
    present.length - 3,
    { names: present.slice(0, 3).join(", ") },
  );
}
