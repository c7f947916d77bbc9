/** What a change of the floor means for this page: what is said, and whether one's microphone opens or closes. */
import { announce } from "../announce";
import { t } from "../i18n";
import type { RoomState } from "./state";
import { isSilenced, maySpeak } from "./views/floor";
import { nameOf } from "./views/tiles";

/** Say what is new to a screen reader; true or false where the queue opens or closes one's microphone. */
export function followFloor(now: RoomState, before: RoomState): boolean | null {
  const { floor, me } = now;
  if (floor === before.floor) return null;
  if (floor.speaker !== before.floor.speaker) {
    const one = now.participants.find(({ id }) => id === floor.speaker);
    if (floor.speaker === me) {
      announce(floor.opens ? t("You have the floor: your microphone opens.") : t("You have the floor"));
    } else if (one) announce(t("%(name)s has the floor", { name: nameOf(one) }));
    else announce(t("The turn is over."));
  }
  if (floor.opens !== before.floor.opens) {
    announce(floor.opens ? t("The queue opens the microphones: raise your hand to speak.") : t("Everybody opens their own microphone again."));
  }
  const [is, was] = [isSilenced(now), isSilenced(before)];
  if (is !== was) announce(is ? t("The chair has closed your microphone. Your vote stays yours.") : t("The chair has opened your microphone again."));
  const place = floor.queue.indexOf(me);
  if (place === 0 && before.floor.queue.indexOf(me) > 0) announce(t("You are next to speak."));
  const [may, might] = [maySpeak(now), maySpeak(before)];
  if (!may) return now.microphone ? false : null;
  return floor.opens && floor.speaker === me && !might ? true : null;
}
