/** What a screen reader hears of the others: who comes and goes, who asks to speak, whether the door is open. */
import { announce } from "../announce";
import { t } from "../i18n";
import { tellRecording } from "./recorded";
import type { RoomState } from "./state";
import { nameOf } from "./views/tiles";

export function tellChanges(now: RoomState, before: RoomState): void {
  for (const one of now.participants) {
    if (!before.participants.some(({ id }) => id === one.id)) announce(t("%(name)s has come in.", { name: nameOf(one) }));
  }
  for (const one of before.participants) {
    if (!now.participants.some(({ id }) => id === one.id)) announce(t("%(name)s has left.", { name: nameOf(one) }));
  }
  for (const one of now.participants) {
    const wants = now.hands.includes(one.id) && !before.hands.includes(one.id);
    if (wants && one.id !== now.me) announce(t("%(name)s raises a hand.", { name: nameOf(one) }));
  }
  tellRecording(now, before);
  if (now.locked !== before.locked) announce(now.locked ? t("The room is locked.") : t("The room is open again."));
}
