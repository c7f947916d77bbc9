/** Whether a host means it: what cannot be taken back at once is asked about first. */
import { confirm } from "../dialog";
import type { Participant } from "../generated/events";
import { t } from "../i18n";
import type { HostAct } from "./call";
import { nameOf } from "./views/tiles";

export async function isSure(act: HostAct, one?: Participant): Promise<boolean> {
  if (act.type === "end") {
    const title = t("End the meeting for everybody?");
    return confirm({ title, text: t("Everybody leaves the room at once."), action: t("End for everybody"), danger: true });
  }
  if (act.type === "send_out" && !act.back) {
    const name = one ? nameOf(one) : "";
    const title = t("Put %(name)s out for good?", { name });
    const text = t("They cannot come back into this meeting unless somebody who organises it lets them, on the meeting's page.");
    return confirm({ title, text, action: t("Put out for good"), danger: true });
  }
  return true;
}
