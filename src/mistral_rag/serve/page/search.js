// Passages that fit some words, with facets to cut them down.
import { getJson } from "./api.js";
import { button, day, failure, foreign, h, has, marked, number, place, t } from "./dom.js";

const STEP = 10;
const MAX_VALUES = 12; // of a facet: a longer list is no overview
const FACETS = ["type", "source", "year", "group"];

export class Search {
  /** `open(results, index)` shows one of the passages. */
  constructor({ open }) {
    Object.assign(this, { open, turn: 0, words: "", chosen: {}, found: null, explain: false });
  }

  render(main) {
    this.main = main;
    this.input = h("input", { type: "search", name: "q", value: this.words, dir: "auto", maxlength: "2000", placeholder: t("search_placeholder"), "aria-label": t("search_words") });
    const date = (name) => h("label", {}, t(name), h("input", { type: "date", value: this.chosen[name] ?? "", onchange: (event) => this.choose(name, event.target.value) }));
    this.results = h("section", { class: "results", "aria-label": t("results") });
    this.side = h("div", { class: "facets" });
    main.replaceChildren(h("div", { class: "view search" }, h("h1", {}, t("search")),
      h("form", { class: "field", role: "search", onsubmit: (event) => { event.preventDefault(); this.words = this.input.value.trim(); this.run(); } },
        this.input, h("button", { type: "submit", class: "primary" }, t("search"))),
      h("details", { class: "limits", open: Boolean(this.chosen.date_from || this.chosen.date_to || this.explain) }, h("summary", {}, t("limits")),
        h("div", { class: "row" }, date("date_from"), date("date_to"),
          h("label", { class: "check" }, h("input", { type: "checkbox", checked: this.explain, onchange: (event) => { this.explain = event.target.checked; this.run(); } }), t("explain")))),
      h("div", { class: "columns" }, this.side, this.results)));
    if (this.found) this.show();
    else if (matchMedia("(hover: hover)").matches) this.input.focus();
  }

  choose(name, value) {
    const limits = name === "year" ? { date_from: value && `${value}-01-01`, date_to: value && `${value}-12-31` } : { [name]: value };
    for (const [key, limit] of Object.entries(limits)) {
      if (limit) this.chosen[key] = limit;
      else delete this.chosen[key];
    }
    this.render(this.main);
    this.run();
  }

  /** The value of a facet that is chosen. */
  picked(name) {
    const { date_from: from, date_to: to } = this.chosen;
    if (name !== "year") return this.chosen[name];
    return from?.endsWith("-01-01") && to === `${from.slice(0, 4)}-12-31` ? from.slice(0, 4) : undefined;
  }

  async run(offset = 0) {
    if (!this.words) return;
    const turn = ++this.turn;
    const asked = new URLSearchParams({ q: this.words, limit: STEP, offset, ...this.chosen, ...(this.explain ? { explain: 1 } : {}) });
    this.results.setAttribute("aria-busy", "true");
    try {
      const found = await getJson(`/api/search?${asked}`);
      if (turn !== this.turn) return;
      const earlier = offset ? this.found.results : [];
      this.found = { ...found, results: [...earlier, ...found.results], more: found.results.length === STEP };
      this.show();
    } catch (error) {
      if (turn === this.turn) this.results.replaceChildren(failure(error, () => this.run(offset)));
    }
    this.results.removeAttribute("aria-busy");
  }

  show() {
    const { results, facets = {}, more } = this.found;
    this.side.replaceChildren(...FACETS.map((name) => this.facet(name, facets[name] ?? [])).filter(Boolean));
    this.results.replaceChildren(h("p", { class: "count", role: "status" }, t("found", { n: results.length })),
      h("ol", {}, results.map((one, index) => this.result(one, () => this.open(results, index)))),
      more ? button(t("more"), () => this.run(results.length), { class: "wide-button" }) : "");
  }

  facet(name, values) {
    const chosen = this.picked(name);
    if (values.length < 2 && !chosen) return null;
    const value = (one) => {
      const pressed = chosen === String(one.value);
      return h("li", {}, h("button", { type: "button", class: "facet", "aria-pressed": String(pressed), onclick: () => this.choose(name, pressed ? null : String(one.value)) },
        foreign(has(`type_${one.value}`) ? t(`type_${one.value}`) : one.value), h("span", { class: "number" }, number(one.count))));
    };
    return h("section", {}, h("h2", {}, t(`facet_${name}`)), h("ul", {}, values.slice(0, MAX_VALUES).map(value)));
  }

  result(one, open) {
    const score = typeof one.score === "number" && this.explain ? number(one.score, { maximumFractionDigits: 3 }) : null;
    return h("li", { class: "result" },
      h("h2", {}, h("button", { type: "button", class: "link", onclick: open }, foreign(one.title))),
      h("p", { class: "where" }, [place(one), one.date && day(one.date), one.path].filter(Boolean).map((part, at) => [at ? " · " : "", foreign(part)])),
      marked(one.text, one.marks ?? []), one.explain ? explained(one.explain, score) : null);
  }
}

function explained(parts, score) {
  const rows = Object.entries(parts).filter(([, value]) => value !== null && typeof value !== "object");
  return h("dl", { class: "explained" }, score ? [h("dt", {}, t("score")), h("dd", {}, score)] : null,
    rows.map(([name, value]) => [h("dt", {}, has(`signal_${name}`) ? t(`signal_${name}`) : name),
      foreign(typeof value === "number" ? number(value, { maximumFractionDigits: 3 }) : String(value), "dd")]));
}
