/** Somebody's connection in words: how much it troubles, and why. */
import { type TemplateResult, html, nothing } from "lit";
import type { Line } from "../../generated/events";
import { t } from "../../i18n";
import { icon } from "../../icon";

/** `mine`: it is one's own. */
export function lineWords({ level, trouble }: Line, mine = false): string {
  const how = level === "poor" ? t("Poor connection") : t("Weak connection");
  return `${how} – ${mine ? mineWords(trouble) : theirWords(trouble)}`;
}

function theirWords(trouble: Line["trouble"]): string {
  switch (trouble) {
    case "sending":
      return t("part of what they send is lost on the way");
    case "receiving":
      return t("part of what they should hear and see is lost on the way");
    case "far":
      return t("what they say and hear arrives late");
    case "narrow":
      return t("their line is too narrow for all the pictures");
  }
}

function mineWords(trouble: Line["trouble"]): string {
  switch (trouble) {
    case "sending":
      return t("part of what you send is lost on the way");
    case "receiving":
      return t("part of what you should hear and see is lost on the way");
    case "far":
      return t("what you say and hear arrives late");
    case "narrow":
      return t("your line is too narrow for all the pictures: sound comes first");
  }
}

/** On a tile: the sign, named and explained. */
export function lineSign(line: Line | undefined, mine: boolean): TemplateResult | typeof nothing {
  if (!line) return nothing;
  const words = lineWords(line, mine);
  return html`<span class="tile__line ${line.level}" title=${words}>${icon("triangle-alert", words)}</span>`;
}

/** In the list of people: the same in full. */
export function lineNote(line: Line | undefined, mine: boolean): TemplateResult | typeof nothing {
  if (!line) return nothing;
  return html`<small class="room-line ${line.level}">${icon("triangle-alert")}<span>${lineWords(line, mine)}</span></small>`;
}
