/** The menu at the top of the room: how the stage is arranged, and what one chooses for oneself. */
import { type TemplateResult, html, nothing } from "lit";
import { t } from "../../i18n";
import { type IconName, icon } from "../../icon";
import { ARRANGEMENTS, type Arrangement } from "../preferences";
import { arrangementWords } from "../stage";

export interface DisplayModel {
  arrangement: Arrangement;
  hidesSelf: boolean;
  /** Whether the small window is open; null where the browser has none. */
  floats: boolean | null;
}

export interface DisplayActions {
  arrange(arrangement: Arrangement): void;
  hideSelf(hides: boolean): void;
  float(): void;
  settings(): void;
}

const ICONS: Record<Arrangement, IconName> = { grid: "layout-grid", speaker: "panel-bottom", sidebar: "panel-right" };

export function display({ arrangement, hidesSelf, floats }: DisplayModel, actions: DisplayActions): TemplateResult {
  return html`<details class="menu room-display">
    <summary class="button quiet small">${icon("layout-grid")}<span>${t("Layout")}</span></summary>
    <div class="menu__panel">
      ${ARRANGEMENTS.map((one) =>
        item(ICONS[one], arrangementWords(one), () => actions.arrange(one), { pressed: one === arrangement }),
      )}
      <hr />
      ${item("user-round", t("Hide my own picture"), () => actions.hideSelf(!hidesSelf), { pressed: hidesSelf })}
      ${floats === null ? nothing : item("picture-in-picture-2", t("Small window above the others"), actions.float, { pressed: floats })}
      <hr />
      ${item("keyboard", t("Devices and keys"), actions.settings)}
    </div>
  </details>`;
}

export function item(picture: IconName, words: string, act: () => void, { pressed }: { pressed?: boolean } = {}): TemplateResult {
  return html`<button
    type="button"
    class="menu__item"
    aria-pressed=${pressed ?? nothing}
    @click=${({ currentTarget }: Event) => {
      const menu = (currentTarget as HTMLElement).closest("details");
      menu?.removeAttribute("open");
      menu?.querySelector("summary")?.focus();
      act();
    }}
  >
    ${icon(picture)}<span>${words}</span>${pressed ? icon("check") : nothing}
  </button>`;
}
