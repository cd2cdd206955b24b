// Elements, texts and icons of the page. Text of documents and of models becomes text nodes, never HTML.

let catalogue = {};
let sentences = []; // of the server in English, as [pattern, key]
let icons = {}; // by name, the path of a line in a square of 24
let plurals = new Intl.PluralRules("en");
export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français" };

export async function loadTexts() {
  [catalogue, icons] = await Promise.all(["texts", "icons"].map(async (name) =>
    (await fetch(`/static/${name}.json`)).json()));
  sentences = Object.keys(catalogue).filter((key) => key.startsWith("said_")).map((key) => [pattern(key), key]);
}

function pattern(key) {
  const literal = catalogue[key].en.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/\{(\w+)\}/g, "(?<$1>.+)")}$`, "su");
}

export function setLanguage(language) {
  document.documentElement.lang = language;
  plurals = new Intl.PluralRules(language);
}

export const language = () => document.documentElement.lang;

/** The text of the interface named `key`; `{name}` stands for a value, `one|other` for singular and plural of `n`. */
export function t(key, values = {}) {
  const forms = (catalogue[key]?.[language()] ?? key).split("|");
  const form = forms.length > 1 && plurals.select(values.n ?? 0) !== "one" ? forms[1] : forms[0];
  return form.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? number(values[name]) : (values[name] ?? ""));
}

/** A sentence of the server, or parts of one with ";" between them, in the language of the interface.

  The English sentence is the key, as in gettext; a sentence that the catalogue does not know stays as it is. */
export function said(text) {
  const parts = String(text ?? "").split("; ").map((part) => [part, translated(part)]);
  const whole = parts.every(([, known]) => known !== null) ? null : translated(text ?? "");
  return whole ?? parts.map(([part, known]) => known ?? part).join("; ");
}

function translated(sentence) {
  const [form, key] = sentences.find(([one]) => one.test(sentence)) ?? [];
  if (!form) return null;
  const values = Object.entries(form.exec(sentence).groups ?? {});
  return t(key, Object.fromEntries(values.map(([name, value]) => [name, translated(value) ?? value])));
}

export const has = (key) => key in catalogue;
/** The person's own form of the language for figures and dates: en-GB writes another day than en-US. */
const region = () => navigator.languages.find((one) => one.startsWith(language())) ?? language();
export const number = (value, options) => new Intl.NumberFormat(region(), options).format(value);

export function day(value) {
  const date = new Date(value);
  return Number.isNaN(date.valueOf()) ? "" : new Intl.DateTimeFormat(region(), { dateStyle: "medium" }).format(date);
}

const COMPACT = { notation: "compact", style: "unit", unit: "byte", unitDisplay: "short", maximumFractionDigits: 1 };
export const size = (bytes) => number(bytes, COMPACT);

/** An element; `on…` are listeners, `true` an attribute without value, null and false none. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if ((value ?? false) !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => (child ?? false) !== false));
  return element;
}

// Overrides of direction make a reader see other text than what stands there; one sign for one keeps offsets.
export const visible = (text) => String(text ?? "").replace(/[\u202d\u202e]/g, "\ufffd");
/** Text of a document, a model or a person: in its own direction, apart from what stands around it. */
export const foreign = (text, tag = "bdi", attributes = {}) => h(tag, { dir: "auto", ...attributes }, visible(text));

/** Foreign text with runs of it, [start, end] in code points, as <mark>. */
export function marked(text, runs, tag = "p", attributes = {}) {
  const signs = [...visible(text)];
  const element = h(tag, { dir: "auto", ...attributes });
  let at = 0;
  for (const [start, end] of [...runs].sort((one, other) => one[0] - other[0])) {
    if (end <= at) continue;
    element.append(signs.slice(at, Math.max(start, at)).join(""));
    element.append(h("mark", {}, signs.slice(Math.max(start, at), end).join("")));
    at = end;
  }
  element.append(signs.slice(at).join(""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const icon = (name) => svg("svg", { class: `icon ${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" },
  svg("path", { d: icons[name] }));

/** A button; one that shows an icon alone has its text as label and tooltip. */
export function button(text, click, { picture = null, bare = false, ...attributes } = {}) {
  const named = bare ? { "aria-label": text, title: text } : {};
  return h("button", { type: "button", ...named, ...attributes, onclick: click },
    picture && icon(picture), bare ? null : h("span", {}, text));
}

/** A short message, seen below and read aloud. */
export function announce(text, { seen = false } = {}) {
  document.getElementById("live").textContent = text;
  const toast = document.getElementById("toast");
  if (seen) toast.replaceChildren(h("p", {}, text));
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => toast.replaceChildren(), 6000);
}

/** What went wrong and what to do about it. */
export function failure(error, again = null) {
  return h("div", { class: "failure", role: "alert" }, h("p", {}, foreign(said(error.message))),
    error.advice ? h("p", { class: "advice" }, foreign(said(error.advice))) : null,
    again ? button(t("again"), again) : null);
}

/** Some facts in one line, each in its own direction. */
export const where = (...parts) => h("span", { class: "where" }, parts.flat().filter(Boolean)
  .map((part, at) => [at ? " · " : "", foreign(part)]));

/** Where a page is found, as its document says it: "p. 15 (page 18)", a sheet's name, a section's headings. */
export function place({ page_label: label, page_index: index, page_kind: kind }) {
  if (!index) return "";
  const page = kind ? kind === "page" : !label || /^[\w.-]{1,8}$/.test(label);
  if (!page) return label || t(`kind_${kind}`, { n: index });
  return !label || label === String(index)
    ? t("page", { label: String(index) }) : t("page_both", { label, n: String(index) });
}
