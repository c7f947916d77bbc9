/** <hc-deposit>: files dropped or chosen go into a deposit box, in parts that go on after a cut; each gets its receipt. */
import { type TemplateResult, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { announce } from "../announce";
import { api } from "../api";
import { LightElement } from "../elements/light";
import { t } from "../i18n";
import { icon } from "../icon";
import { queue } from "./queue";
import { giveUp, inParts } from "./sending";
import { Uploads } from "./uploads";
import { momentOf, sizeOf } from "./words";

type Asked = "no" | "optional" | "required";

interface Receipt {
  number: string;
  name: string;
  size: number;
  sha256: string;
  received_at: string;
}

interface Box {
  secret: string;
  link: string;
  ask_name: Asked;
  ask_note: Asked;
  zone: string;
}

@customElement("hc-deposit")
export class Deposit extends LightElement {
  @state() private receipts: Receipt[] = [];
  @state() private over = false;
  @state() private faults: Record<string, string> = {};
  private readonly box = JSON.parse(document.getElementById("deposit-state")?.textContent ?? "{}") as Box;
  private readonly scope = `deposit.${this.box.link}`;

  private readonly uploads = new Uploads<Receipt>(
    {
      send: inParts<Receipt>(
        `/api/v1/deposits/${this.box.secret}`,
        this.scope,
        async (address) => (await api.get<{ receipt: Receipt }>(address)).receipt,
        ({ file }) => ({ filename: file.name, visitor: this.said("visitor"), note: this.said("note") }),
      ),
      forget: ({ address }) => {
        giveUp(this.scope, address);
      },
    },
    () => undefined,
    () => {
      this.requestUpdate();
    },
    (receipt) => {
      this.receipts = [...this.receipts, receipt];
      announce(t("%(name)s has been received.", { name: receipt.name }));
    },
  );

  override connectedCallback(): void {
    super.connectedCallback();
    void this.uploads.recall(this.scope);
    globalThis.addEventListener("beforeunload", this.unloading);
    for (const event of ["dragover", "drop"] as const) globalThis.addEventListener(event, this.dragged);
    globalThis.addEventListener("dragleave", this.left);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    globalThis.removeEventListener("beforeunload", this.unloading);
    for (const event of ["dragover", "drop"] as const) globalThis.removeEventListener(event, this.dragged);
    globalThis.removeEventListener("dragleave", this.left);
  }

  protected override render(): TemplateResult {
    const { ask_name: name, ask_note: note } = this.box;
    return html`
      <div class="form">
        ${this.field("visitor", t("Your name"), name, (id, described) => html`<input class="input" id=${id} autocomplete="name" maxlength="200"
          aria-invalid=${described ? "true" : nothing} aria-describedby=${described ?? nothing}>`)}
        ${this.field("note", t("Message"), note, (id, described) => html`<textarea class="textarea" id=${id} rows="3" maxlength="2000"
          aria-invalid=${described ? "true" : nothing} aria-describedby=${described ?? nothing}></textarea>`)}
      </div>
      <div class="shared__drop ${this.over ? "over" : ""}">
        <p>${t("Drop files here, or choose them.")}</p>
        <input type="file" multiple hidden @change=${this.chosen}>
        <button class="button primary" type="button" @click=${this.choose}>${icon("upload")}${t("Choose files")}</button>
      </div>
      ${queue(this.uploads)}
      ${this.receipts.length > 0 ? this.list() : nothing}
    `;
  }

  private field(
    name: string,
    label: string,
    asked: Asked,
    control: (id: string, described: string | undefined) => TemplateResult,
  ): TemplateResult | typeof nothing {
    if (asked === "no") return nothing;
    const fault = this.faults[name];
    return html`<div class="field">
      <label for="deposit-${name}">${label}${asked === "optional" ? html` <span class="field__optional">(${t("optional")})</span>` : nothing}</label>
      ${control(`deposit-${name}`, fault ? `deposit-${name}-fault` : undefined)}
      ${fault ? html`<p class="field__error" id="deposit-${name}-fault">${icon("circle-alert")}<span>${fault}</span></p>` : nothing}
    </div>`;
  }

  private list(): TemplateResult {
    return html`<section class="stack" aria-labelledby="deposit-receipts">
      <h2 id="deposit-receipts">${t("Received: keep this receipt")}</h2>
      ${this.receipts.map(
        ({ number, name, size, sha256, received_at: at }) => html`<dl class="facts shared__receipt">
          <dt>${t("File")}</dt><dd><bdi>${name}</bdi> · ${sizeOf(size)}</dd>
          <dt>${t("Received on")}</dt><dd><time datetime=${at}>${momentOf(at, this.box.zone)}</time></dd>
          <dt>${t("Receipt")}</dt><dd><code class="files__hash">${number}</code></dd>
          <dt>SHA-256</dt><dd><code class="files__hash">${sha256}</code></dd>
        </dl>`,
      )}
    </section>`;
  }

  private said(name: string): string {
    return this.querySelector<HTMLInputElement | HTMLTextAreaElement>(`#deposit-${name}`)?.value.trim() ?? "";
  }

  /** What has to be said first, with the focus where it is missing. */
  private isReady(): boolean {
    const asked = { visitor: this.box.ask_name, note: this.box.ask_note };
    const missing = Object.entries(asked).filter(([name, how]) => how === "required" && this.said(name) === "");
    this.faults = Object.fromEntries(missing.map(([name]) => [name, t("This is needed.")]));
    const [first] = missing;
    if (first) this.querySelector<HTMLElement>(`#deposit-${first[0]}`)?.focus();
    return missing.length === 0;
  }

  private choose = (): void => {
    if (this.isReady()) this.querySelector<HTMLInputElement>('input[type="file"]')?.click();
  };

  private chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.uploads.add(input.files ?? [], null);
    input.value = "";
  };

  private unloading = (event: BeforeUnloadEvent): void => {
    if (this.uploads.busy) event.preventDefault();
  };

  private dragged = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    this.over = event.type === "dragover";
    if (event.type === "drop" && this.isReady()) this.uploads.add(event.dataTransfer.files, null);
  };

  private left = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.over = false;
  };
}
