/** What is wrong with a camera or a microphone, and what to do about it in this browser, in words. */
import { t } from "../i18n";
import { type Browser, browserOf } from "./browser";
import type { DeviceProblem } from "./media";
import type { Sendable } from "./own";

export function problemWords(kind: Sendable, what: DeviceProblem, browser: Browser = browserOf(navigator.userAgent)): string {
  const mic = kind === "microphone";
  switch (what) {
    case "denied":
      return `${
        mic ? t("The browser does not let this page use the microphone.") : t("The browser does not let this page use the camera.")
      } ${permissionWords(browser)} ${t("You can join without it.")}`;
    case "system":
      return mic
        ? t("This device does not let the browser use the microphone. Allow it in the settings of the device, under privacy, then start the browser again. You can join without it.")
        : t("This device does not let the browser use the camera. Allow it in the settings of the device, under privacy, then start the browser again. You can join without it.");
    case "none":
      return mic
        ? t("No microphone was found. Plug one in, or join and listen.")
        : t("No camera was found. Plug one in, or join without a picture.");
    case "busy":
      return mic
        ? t("Another program is using the microphone. Close it there, then switch it on here.")
        : t("Another program is using the camera. Close it there, then switch it on here.");
    case "unsuitable":
    case "cancelled":
    case "unsupported":
    case "failed":
      return mic
        ? t("The microphone does not work with this browser. Choose another one, or join and listen.")
        : t("The camera does not work with this browser. Choose another one, or join without a picture.");
  }
}

/** What to click, so that the page may use what it was refused. */
export function permissionWords(browser: Browser): string {
  switch (browser) {
    case "chromium":
      return t("Click the icon left of the address, allow it there, then load the page again.");
    case "firefox":
      return t("Click the crossed-out icon left of the address, take away “Blocked” with the cross beside it, then load the page again.");
    case "safari":
      return t("In the menu Safari choose the settings for this website, allow it there, then load the page again.");
    case "phone-safari":
      return t("Touch the icon left of the address, then the settings of the website, allow it there, then load the page again.");
    case "phone":
      return t("Touch the icon left of the address, then permissions, allow it there, then load the page again.");
    case "other":
      return t("Allow it in the settings of the browser for this site, then load the page again.");
  }
}
