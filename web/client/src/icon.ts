import { type TemplateResult, html } from "lit";
import type icons from "../icons.json";

export type IconName = keyof typeof icons;

const address = (name: IconName): string => `${document.documentElement.dataset.icons ?? ""}#${name}`;

/** An icon for a Lit view; with a label it stands alone, without it words stand beside it. */
export function icon(name: IconName, label?: string): TemplateResult {
  const use = address(name);
  return label === undefined
    ? html`<svg class="icon" aria-hidden="true" focusable="false"><use href=${use}></use></svg>`
    : html`<svg class="icon" role="img" aria-label=${label} focusable="false"><use href=${use}></use></svg>`;
}

/** The same as an element, for code that builds the page without Lit. */
export function iconElement(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", address(name));
  svg.append(use);
  return svg;
}
