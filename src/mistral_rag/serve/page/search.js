// Passages that fit some words, with facets to cut them down.
import { getJson } from "./api.js";
import { button, day, failure, foreign, h, has, marked, number, place, said, t, where } from "./dom.js";

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
    this.input = h("input", { type: "search", name: "q", value: this.words, dir: "auto", maxlength: "2000",
      placeholder: t("search_placeholder"), "aria-label": t("search_words") });
    this.results = h("section", { class: "results", "aria-label": t("results") });
    this.side = h("div", { class: "facets" });
    const wide = matchMedia("(min-width: 901px)").matches; // on a phone the passages come first
    this.facets = h("details", { open: wide, hidden: true }, h("summary", {}, t("refine")), this.side);
    const submit = (event) => {
      event.preventDefault();
      this.words = this.input.value.trim();
      this.run();
    };
    main.replaceChildren(h("div", { class: "view search" }, h("h1", {}, t("search")),
      h("form", { class: "field", role: "search", onsubmit: submit },
        this.input, h("button", { type: "submit", class: "primary" }, t("search"))),
      this.limits(), h("div", { class: "columns" }, this.facets, this.results)));
    if (this.found) this.show();
    else if (matchMedia("(hover: hover)").matches) this.input.focus();
  }

  limits() {
    const date = (name) => {
      const input = h("input", { type: "date", value: this.chosen[name] ?? "",
        onchange: () => this.choose(name, input.value) });
      return h("label", {}, t(name), input);
    };
    const explain = h("input", { type: "checkbox", checked: this.explain, onchange: () => {
      this.explain = explain.checked;
      this.run();
    } });
    const open = Boolean(this.chosen.date_from || this.chosen.date_to || this.explain);
    return h("details", { class: "limits", open }, h("summary", {}, t("limits")),
      h("div", { class: "row" }, date("date_from"), date("date_to"),
        h("label", { class: "check" }, explain, t("explain"))));
  }

  choose(name, value) {
    if (value) this.chosen[name] = value;
    else delete this.chosen[name];
    this.render(this.main);
    this.run();
  }

  async run(offset = 0) {
    if (!this.words) return;
    const turn = ++this.turn;
    const asked = new URLSearchParams({ q: this.words, limit: STEP, offset, ...this.chosen,
      ...(this.explain ? { explain: 1 } : {}) });
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
    const { results, facets, more, total, most } = this.found;
    this.side.replaceChildren(...FACETS.map((name) => this.facet(name, facets[name] ?? [])).filter(Boolean));
    this.facets.hidden = !this.side.children.length;
    const count = t(total < most ? "found" : "found_best", { n: total });
    this.results.replaceChildren(h("p", { class: "count", role: "status" }, count),
      ...(this.found.warnings ?? []).map((one) => foreign(said(one), "p", { class: "count" })),
      h("ol", {}, results.map((one, index) => this.result(one, () => this.open(results, index)))),
      more ? button(t("more"), () => this.run(results.length), { class: "wide-button" }) : "");
  }

  facet(name, values) {
    const chosen = this.chosen[name];
    if (values.length < 2 && !chosen) return null;
    const value = (one) => {
      const pressed = chosen === String(one.value);
      const shown = has(`type_${one.value}`) ? t(`type_${one.value}`) : one.value;
      return h("li", {}, h("button", { type: "button", class: "facet", "aria-pressed": String(pressed),
        onclick: () => this.choose(name, pressed ? null : String(one.value)) },
      foreign(shown), h("span", { class: "number" }, number(one.count))));
    };
    return h("section", {}, h("h2", {}, t(`facet_${name}`)), h("ul", {}, values.slice(0, MAX_VALUES).map(value)));
  }

  result(one, open) {
    return h("li", { class: "result" },
      h("h2", {}, h("button", { type: "button", class: "link", onclick: open }, foreign(one.title))),
      where(place(one), one.date && day(one.date), one.path, one.older && t("older")),
      marked(one.text, one.marks ?? []), one.explain ? explained(one) : null);
  }
}

/** How the place of a passage came about: each part of its score, and its rank where parts were ranked. */
function explained({ explain: { parts = {}, ranks = {} }, score }) {
  const figure = (value) => number(value, { maximumFractionDigits: 3 });
  const rows = Object.entries(parts).map(([name, value]) => [
    h("dt", {}, has(`part_${name}`) ? t(`part_${name}`) : name),
    h("dd", {}, [figure(value), ranks[name] && t("rank", { n: String(ranks[name]) })].filter(Boolean).join(", "))]);
  return h("dl", { class: "explained" }, h("dt", {}, t("score")), h("dd", {}, figure(score)), rows);
}
