// Elements, texts and icons of the page. Text of documents and of models becomes text nodes, never HTML.

let catalogue = {};
let plurals = new Intl.PluralRules("en");
export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français" };

export async function loadTexts() {
  catalogue = await (await fetch("/static/texts.json")).json();
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

export const has = (key) => key in catalogue;

/** The person's own form of the language for figures and dates: en-GB writes another day than en-US. */
const region = () => navigator.languages.find((one) => one.startsWith(language())) ?? language();

export const number = (value, options) => new Intl.NumberFormat(region(), options).format(value);

export function day(value) {
  const date = new Date(value);
  return Number.isNaN(date.valueOf()) ? "" : new Intl.DateTimeFormat(region(), { dateStyle: "medium" }).format(date);
}

export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const options = { style: "unit", unit: units[power], unitDisplay: power ? "short" : "long", maximumFractionDigits: 1 };
  return number(bytes / 1000 ** power, options);
}

/** An element; `on…` are listeners, `true` an attribute without value, null and false none. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Overrides of direction make a reader see other text than what stands there; one sign for one keeps offsets.
const visible = (text) => String(text ?? "").replace(/[\u202d\u202e]/g, "\ufffd");

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

const ICONS = {
  back: "M15 5l-7 7 7 7", next: "M9 5l7 7-7 7", up: "M5 15l7-7 7 7", down: "M5 9l7 7 7-7", close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14", minus: "M5 12h14", check: "M5 12.500l4.500 4.500L19 7.500", cross: "M7 7l10 10M17 7L7 17",
  half: "M12 4v16M12 4a8 8 0 010 16z M12 4a8 8 0 000 16", link: "M10 14a4 4 0 005.700 0l3-3a4 4 0 00-5.700-5.700l-1 1M14 10a4 4 0 00-5.700 0l-3 3a4 4 0 005.700 5.700l1-1",
  open: "M14 5h5v5M19 5l-8 8M17 14v4a1 1 0 01-1 1H6a1 1 0 01-1-1V8a1 1 0 011-1h4", send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z", text: "M5 6h14M5 11h14M5 16h9", sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5",
  moon: "M20 14.500A8.500 8.500 0 119.500 4a7 7 0 0010.500 10.500z", auto: "M12 4a8 8 0 100 16zM12 4a8 8 0 010 16", trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  fit: "M4 9V5a1 1 0 011-1h4M20 9V5a1 1 0 00-1-1h-4M4 15v4a1 1 0 001 1h4M20 15v4a1 1 0 01-1 1h-4",
};

export const icon = (name) => svg("svg", { class: `icon ${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" },
  svg("path", { d: ICONS[name] }));

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
  return h("div", { class: "failure", role: "alert" }, h("p", {}, foreign(error.message)),
    error.advice ? h("p", { class: "advice" }, foreign(error.advice)) : null,
    again ? button(t("again"), again) : null);
}

/** Where a page is found, as its document says it: "p. 15 (page 18)", a sheet's name, a section's headings. */
export function place({ page_label: label, page_index: index, page_kind: kind }) {
  if (!index) return "";
  const page = kind ? kind === "page" : !label || /^[\w.-]{1,8}$/.test(label);
  if (!page) return label || t(`kind_${kind}`, { n: index });
  return !label || label === String(index) ? t("page", { label: String(index) }) : t("page_both", { label, n: String(index) });
}
