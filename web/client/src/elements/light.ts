import { LitElement } from "lit";

/**
 * A Lit element that renders into the page itself, so that the style sheet, labels and forms reach it. What the server
 * put inside is what people without scripts see; it makes room for the first rendering.
 */
export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    this.replaceChildren();
    return this;
  }
}
