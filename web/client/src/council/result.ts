/** The result of a ballot as it is shown at once, before the page is asked for again: the figures come with the event. */
import { announce } from "../announce";
import { t } from "../i18n";

export interface Result {
  result: string;
  votes_for: number;
  votes_against: number;
  abstentions: number;
  blank: number;
  null: number;
  elected?: string | null;
  options?: readonly { name: string; votes: number; seats?: number }[];
}

/** Put the result in the place of the open ballot. */
export function showResult(result: Result): void {
  const panel = document.querySelector(".live__ballot");
  if (!panel) return;
  const said = document.createElement("p");
  said.className = "live__result";
  said.textContent = wordsOf(result);
  panel.replaceChildren(said);
  announce(said.textContent);
}

export function wordsOf(result: Result): string {
  const titles: Record<string, string> = {
    adopted: t("Adopted"),
    rejected: t("Rejected"),
    elected: t("Elected"),
    next_round: t("Another round"),
    shared: t("Seats shared"),
  };
  const title = titles[result.result] ?? "";
  if (result.options) {
    const each = result.options.map(({ name, votes, seats }) => `${name} ${String(seats ?? votes)}`);
    return [title, result.elected, each.join(", ")].filter(Boolean).join(" – ");
  }
  const figures = { votes_for: result.votes_for, against: result.votes_against };
  const words =
    result.blank || result.null
      ? t("%(votes_for)s for, %(against)s against, %(blank)s blank, %(null)s null", {
          ...figures,
          blank: result.blank,
          null: result.null,
        })
      : t("%(votes_for)s for, %(against)s against, %(abstentions)s abstentions", {
          ...figures,
          abstentions: result.abstentions,
        });
  return `${title} – ${words}`;
}
