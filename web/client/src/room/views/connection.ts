/** How one's own connection fares, in words. */
import { type TemplateResult, html } from "lit";
import { t } from "../../i18n";
import { icon } from "../../icon";
import type { Line } from "../../generated/events";
import type { Network } from "../media";
import { lineWords } from "./lines";

export function connection(connected: boolean, network: Network["quality"], line?: Line): TemplateResult {
  if (!connected) {
    return html`<p class="room__connection lost" role="status">${icon("wifi-off")}<span>${t("Connecting… You will be back by yourself.")}</span></p>`;
  }
  if (network > 1 && !line) return html`<p class="room__connection" role="status"></p>`;
  return html`<p class="room__connection weak" role="status">
    ${icon("triangle-alert")}<span>${line ? lineWords(line, true) : t("Your connection is weak: sound comes first.")}</span>
  </p>`;
}
