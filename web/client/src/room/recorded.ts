/** Being recorded: asked or told at the door, and what a screen reader hears of a recording. */
import { html, render } from "lit";
import { announce } from "../announce";
import { t } from "../i18n";
import { toast } from "../toast";
import type { RoomState } from "./state";

/** What `room.join` is answered with where the meeting is recorded and one has not said whether one agrees. */
const CONSENT = "recording.consent";
const NOTICE = "recording.notice";

interface Coded {
  code: string;
}

/** Join; where that needs an answer about being recorded, ask for it and join with it. Who goes away stays refused. */
export async function agreeing<T>(join: (recorded: boolean | null) => Promise<T>): Promise<T> {
  try {
    return await join(null);
  } catch (error) {
    const code = (error as Partial<Coded>).code;
    if (code !== CONSENT && code !== NOTICE) throw error;
    const answer = await ask(code === NOTICE);
    if (answer === null) throw error;
    return join(answer);
  }
}

/** Whether one agrees; null for who does not come in. */
async function ask(mayObject: boolean): Promise<boolean | null> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "recorded-title");
  dialog.setAttribute("aria-describedby", "recorded-text");
  render(
    html`<form method="dialog" class="dialog__body">
      <h2 id="recorded-title">${t("This meeting is recorded")}</h2>
      <p id="recorded-text">
        ${mayObject
          ? t("Sound and picture are kept in the files of the space. You may come in and be kept out of the recording.")
          : t("Sound and picture are kept in the files of the space. Whoever comes in agrees to it.")}
      </p>
      <div class="dialog__actions">
        <button class="button" value="" autofocus>${t("Do not join")}</button>
        ${mayObject ? html`<button class="button" value="no">${t("Join, kept out of it")}</button>` : null}
        <button class="button primary" value="yes">${mayObject ? t("Join") : t("Agree and join")}</button>
      </div>
    </form>`,
    dialog,
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
  });
  dialog.remove();
  return dialog.returnValue === "" ? null : dialog.returnValue === "yes";
}

/** Say that a recording is asked for, goes on, or has ended and why. */
export function tellRecording(now: RoomState, before: RoomState): void {
  if (now.onAir !== before.onAir) announce(now.onAir ? t("The room is shown to the public.") : t("The room is no longer shown to the public."));
  const { recording } = now;
  if (recording === before.recording) return;
  if (recording !== null && before.recording === null && recording.since === null) {
    announce(t("Those who organise the meeting ask to record it."));
  }
  if (recording?.since && !before.recording?.since) announce(t("The meeting is being recorded."));
  if (recording !== null || before.recording === null) return;
  if (now.ending === "full") {
    toast(t("The recording has ended: the disk is full. Everything before is kept."), { kind: "danger" });
  } else if (now.ending === "failed") {
    toast(t("The recording has ended: it cannot be written. Everything before is kept."), { kind: "danger" });
  } else toast(before.recording.since ? t("The recording has ended.") : t("The meeting is not recorded."), { kind: "info" });
}
