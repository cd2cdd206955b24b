// A source beside its answer: the picture of a page with the quoted words marked, or its text where it has none.
import { getJson, openFile, picture } from "./api.js";
import { badge, standing } from "./answer.js";
import { announce, button, day, failure, foreign, h, marked, number, place, said, svg, t, where } from "./dom.js";

const WIDTHS = [640, 960, 1280, 1600, 2000]; // of pictures, those that the server draws
const ZOOMS = [1, 1.25, 1.5, 2, 2.5, 3, 4];
const NARROW = 620; // of the area in CSS pixels: print of a whole page is too small to read below it
const KEYS = { ArrowLeft: "previousPage", ArrowRight: "nextPage", p: "previous", n: "next", "+": "zoomIn",
  "-": "zoomOut", 0: "zoomFit",
  t: "toggleText", Escape: "close" };

/** How sure OCR is of a page, in words; null for a page that it did not read. */
const sure = (confidence) => (typeof confidence === "number"
  ? t("ocr_confidence", { value: number(confidence, { style: "percent" }) }) : null);

export class Viewer {
  /** `element` holds it; `shown()` is called when it has been opened or closed, `closed()` when a person closes it,
    `moved(address)` when another citation is shown. */
  constructor(element, { shown, closed, moved }) {
    Object.assign(this, { element, opened: shown, closed, moved });
    Object.assign(this, { list: [], index: 0, text: false, zoom: null, turn: 0 });
    element.addEventListener("keydown", (event) => this.key(event));
    this.resized = new ResizeObserver(() => this.draw());
  }

  get open() { return !this.element.hidden; }

  /** Show the citation at `address`; `list` are those that "next" goes through. */
  async showCitation(address, list = []) {
    this.list = list;
    this.index = list.findIndex((one) => one.address === address);
    await this.load(() => this.cited(address));
    if (this.list.length > 1) announce(t("citation_of", { n: String(this.index + 1), of: String(this.list.length) }));
  }

  async cited(address, at = null) {
    const cited = await getJson(`/api${address}${at ? `?page=${at}` : ""}`);
    const { page, pages, text, spans = [], boxes = [], header_boxes: heads = [], confidence } = cited;
    return { address, cited, page, at: page?.page_index ?? cited.citation.page_index, of: pages, text, spans, boxes,
      heads, confidence };
  }

  /** Show page `at` of a document, its picture beside its text. */
  async showPage(document, at) {
    this.list = [];
    this.text = true;
    await this.load(async () => this.read(await getJson(`/api/documents/${document}`), at));
  }

  async read(document, at) {
    const page = await getJson(`/api/documents/${document.document_id}/pages/${at}`);
    return { document, page, at, of: document.pages, text: page.text, spans: [], boxes: [], heads: [],
      confidence: page.confidence };
  }

  async load(get) {
    const turn = ++this.turn; // the last click wins, whichever reply comes first
    const from = this.open ? null : document.activeElement;
    if (from) this.from = from;
    this.element.hidden = false;
    this.opened();
    this.element.setAttribute("aria-busy", "true");
    try {
      const shown = await get();
      if (turn !== this.turn) return;
      this.shown = shown;
      this.zoom = null;
      this.render();
    } catch (error) {
      if (turn !== this.turn) return;
      this.shown = null;
      this.element.replaceChildren(h("header", { class: "bar" }, h("h2", { tabindex: "-1" }, t("source")),
        this.closer()),
        h("div", { class: "notice" }, failure(error)));
    }
    this.element.removeAttribute("aria-busy");
    if (!this.element.contains(document.activeElement)) this.element.querySelector("h2").focus({ preventScroll: true });
  }

  closer() { return button(t("close"), () => this.close(),
    { picture: "close", bare: true, class: "quiet", "aria-keyshortcuts": "Escape" }); }

  close() {
    this.turn += 1;
    this.resized.disconnect();
    this.element.hidden = true;
    this.element.replaceChildren();
    this.opened();
    this.from?.isConnected && this.from.focus();
    this.closed();
  }

  get told() { return this.shown.cited?.citation ?? this.shown.document; }

  render() {
    const { cited, page } = this.shown;
    const at = page ? place({ ...this.told, page_kind: page.page_kind, page_label: page.label,
      page_index: this.shown.at }) : place(this.told);
    this.area = h("div", { class: "area" });
    this.element.replaceChildren(
      h("header", { class: "bar" },
        h("div", { class: "title" }, foreign(this.told.title, "h2", { tabindex: "-1" }),
          where(at, this.told.date && day(this.told.date))),
        this.closer()),
      ...[this.tools(page), cited && this.quote(cited), this.area].filter(Boolean));
    this.fill();
  }

  tools(page) {
    const { at, of, address, cited, document: whole } = this.shown;
    const tool = (name, key, picture, enabled = true, more = {}) => button(t(name), () => this[key](), {
      picture, bare: true, class: "quiet", disabled: !enabled, "data-tool": key,
      "aria-keyshortcuts": Object.keys(KEYS).find((one) => KEYS[one] === key), ...more });
    const group = (label, ...children) => h("div", { class: "group", role: "group", "aria-label": label }, children);
    const count = (text) => h("span", { class: "count" }, text);
    const groups = [];
    if (this.list.length > 1) {
      groups.push(group(t("citations"), tool("previous_citation", "previous", "up", this.index > 0),
        count(t("citation_of", { n: String(this.index + 1), of: String(this.list.length) })),
        tool("next_citation", "next", "down", this.index < this.list.length - 1)));
    }
    if (of > 1 && page) {
      groups.push(group(t("pages_label"), tool("previous_page", "previousPage", "back", at > 1), count(`${at} / ${of}`),
        tool("next_page", "nextPage", "next", at < of)));
    }
    const drawn = page?.has_picture;
    if (drawn) {
      groups.push(group(t("zoom"), tool("zoom_out", "zoomOut", "minus"), tool("zoom_in", "zoomIn", "plus"),
        tool("zoom_fit", "zoomFit", "fit")));
    }
    const text = drawn ? tool("show_text", "toggleText", "text", true, { "aria-pressed": String(this.text) }) : null;
    const original = whole?.has_original ?? cited?.citation.has_original ?? true;
    groups.push(group(t("more"), text, address ? tool("copy_link", "copyLink", "link") : null,
      original ? tool("open_original", "openOriginal", "open") : null));
    return h("div", { class: "tools", role: "toolbar", "aria-label": t("tools") }, groups);
  }

  quote({ citation, state }) {
    const { confidence, heads } = this.shown;
    return h("div", { class: "cited" }, citation.quote ? foreign(citation.quote, "blockquote") : null,
      h("p", { class: "signs" }, badge(standing({ ...citation, state })),
        sure(confidence) && h("span", { class: "badge ocr" }, sure(confidence)),
        heads.length ? h("span", { class: "legend" }, h("i", { class: "swatch header" }), t("header_row")) : null),
      state === "stale" ? h("p", { class: "stale" }, t("stale_text")) : null);
  }

  fill() {
    const { page } = this.shown;
    this.resized.disconnect();
    if (!page) return this.area.replaceChildren(h("p", { class: "notice" }, t("no_page")));
    this.words = this.textOf();
    if (!page.has_picture) {
      this.area.replaceChildren(this.words);
      this.words.querySelector("mark")?.scrollIntoView({ block: "center" });
      return undefined;
    }
    const at = place({ page_label: page.label, page_index: this.shown.at });
    this.image = h("img", { alt: t("picture_of", { place: at, title: this.told.title }), draggable: "false" });
    this.sheet = h("div", { class: "sheet" }, this.image, this.overlay());
    const desk = h("div", { class: "desk", tabindex: "0", role: "region", "aria-label": t("page_area") }, this.sheet);
    this.area.replaceChildren(desk, this.text ? this.words : "");
    this.draw();
    this.toMark();
    this.resized.observe(this.area);
    return undefined;
  }

  textOf() {
    const { text, spans, page, confidence } = this.shown;
    const problems = [...(page.doubts ?? []), ...(page.problems ?? [])]
      .map((one) => foreign(said(typeof one === "string" ? one : one.text ?? one.reason), "li"));
    return h("section", { class: "words", tabindex: "0", "aria-label": t("page_text") },
      page.how ? h("p", { class: "how" }, sure(confidence) ?? t(`how_${page.how}`)) : null,
      problems.length ? h("ul", { class: "doubts" }, problems) : null,
      text?.trim() ? marked(text, spans, "div", { class: "text" }) : h("p", { class: "how" }, t("no_text")));
  }

  overlay() {
    const shapes = (boxes, kind) => boxes.map(([left, top, right, bottom]) =>
      svg("rect", { class: kind, x: left, y: top, width: right - left, height: bottom - top }));
    return svg("svg", { class: "marks", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" },
      ...shapes(this.shown.heads, "header"), ...shapes(this.shown.boxes, "quote"));
  }

  /** The sides of all marks together. */
  get marked() {
    const side = (at, most) => most(...this.shown.boxes.map((box) => box[at]));
    return { left: side(0, Math.min), top: side(1, Math.min), right: side(2, Math.max), bottom: side(3, Math.max) };
  }

  /** The zoom that shows all of a page's width, or on a narrow screen the quote's. */
  fitting() {
    if (this.area.clientWidth >= NARROW || !this.shown.boxes.length) return 1;
    const { left, right } = this.marked;
    return Math.min(Math.max(0.92 / Math.max(right - left, 0.1), 1), 2);
  }

  /** Size the page for the area, and get the picture of that size. */
  async draw() {
    const { page, at } = this.shown;
    const desk = this.sheet.parentElement;
    const wide = Math.round((desk.clientWidth - 32) * (this.zoom ?? this.fitting()));
    if (wide <= 0) return;
    const ratio = page.height && page.width ? page.height / page.width : null;
    this.sheet.style.width = `${wide}px`;
    this.sheet.style.aspectRatio = ratio ? `1 / ${ratio}` : "auto";
    const wanted = WIDTHS.find((one) => one >= wide * devicePixelRatio) ?? WIDTHS.at(-1);
    const path = `/api/pages/${page.document_id ?? this.told.document_id}/${at}.png?width=${wanted}`;
    if (this.image.dataset.path === path) return;
    this.image.dataset.path = path;
    const { image } = this;
    try {
      const address = await picture(path);
      if (image.dataset.path === path) image.src = address;
      if (!ratio) image.addEventListener("load", () => this.toMark(), { once: true });
    } catch (error) {
      if (image === this.image) this.area.prepend(failure(error));
    }
  }

  /** Scroll the marks into the middle, their beginning to the top where they are longer; without one to the top. */
  toMark() {
    const desk = this.sheet.parentElement;
    if (!this.shown.boxes.length) return desk.scrollTo(0, 0);
    const { left, top, right, bottom } = this.marked;
    const { offsetWidth: wide, offsetHeight: high, offsetLeft: x, offsetTop: y } = this.sheet;
    const { clientWidth, clientHeight } = desk;
    const middle = (from, to, size, room) => (from + Math.min(to, from + (room - 40) / size)) / 2 * size - room / 2;
    return desk.scrollTo(x + middle(left, right, wide, clientWidth), y + middle(top, bottom, high, clientHeight));
  }

  key(event) {
    const action = KEYS[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
    const across = action.endsWith("Page") && this.sheet
      && this.sheet.offsetWidth > this.sheet.parentElement.clientWidth;
    if (across && event.target.contains(this.sheet)) return; // arrows move a page that is wider than its area
    event.preventDefault();
    if (action === "close") this.close();
    else if (this.shown) this[action]();
  }

  previous() { this.to(this.index - 1); }
  next() { this.to(this.index + 1); }
  previousPage() { this.turnTo(this.shown.at - 1); }
  nextPage() { this.turnTo(this.shown.at + 1); }
  zoomFit() { this.scale(null); }
  zoomIn() { this.scale(ZOOMS.find((one) => one > this.zoomed() + 0.01) ?? ZOOMS.at(-1)); }
  zoomOut() { this.scale(ZOOMS.findLast((one) => one < this.zoomed() - 0.01) ?? ZOOMS[0]); }
  zoomed() { return this.zoom ?? this.fitting(); }

  to(index) {
    const one = this.list[index];
    if (one) this.moved(one.address);
    if (one) this.refocus(() => this.showCitation(one.address, this.list));
  }

  turnTo(at) {
    const { address, document, of } = this.shown;
    if (at < 1 || at > of) return;
    this.refocus(() => this.load(() => (address ? this.cited(address, at) : this.read(document, at))));
  }

  toggleText() {
    this.text = !this.text;
    this.refocus(async () => this.render());
  }

  /** Draw anew and give the focus back to the same tool. */
  async refocus(act) {
    const tool = this.element.contains(document.activeElement) ? document.activeElement.dataset.tool : null;
    const area = this.area?.contains(document.activeElement);
    await act();
    const selector = area ? ".area [tabindex]" : `[data-tool="${tool}"]:not(:disabled)`;
    const again = this.element.querySelector(selector);
    if (!again && this.element.contains(document.activeElement)) return;
    (again || this.element.querySelector("h2")).focus({ preventScroll: true });
  }

  scale(zoom) {
    if (!this.sheet?.isConnected) return;
    const desk = this.sheet.parentElement;
    const x = (desk.scrollLeft + desk.clientWidth / 2) / desk.scrollWidth;
    const y = (desk.scrollTop + desk.clientHeight / 2) / desk.scrollHeight;
    this.zoom = zoom;
    this.draw();
    if (zoom === null) this.toMark();
    else desk.scrollTo(x * desk.scrollWidth - desk.clientWidth / 2, y * desk.scrollHeight - desk.clientHeight / 2);
  }

  async copyLink() {
    const link = new URL(this.shown.address, location.origin).href;
    try {
      await navigator.clipboard.writeText(link);
      announce(t("link_copied"), { seen: true });
    } catch {
      announce(link, { seen: true }); // no clipboard without TLS: the address to be copied by hand
    }
  }

  async openOriginal() {
    try {
      const id = this.told.document_id;
      await openFile(`/api/documents/${id}/original`, this.shown.at, this.told.path.split("/").pop());
    } catch (error) {
      announce(error.message, { seen: true });
    }
  }
}
