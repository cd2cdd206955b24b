// The page: its frame, its views, the way between them, and signing in.
import { Conversation } from "./ask.js";
import { getJson, hasToken, onSignIn, setToken } from "./api.js";
import { Documents } from "./documents.js";
import { LANGUAGES, button, day, failure, foreign, h, language, loadTexts, number, setLanguage, t } from "./dom.js";
import { Search } from "./search.js";
import { Viewer } from "./viewer.js";

const THEMES = ["auto", "light", "dark"];

class App {
  constructor(settings) {
    this.settings = settings;
    this.main = h("main", { id: "main", tabindex: "-1" });
    this.side = h("aside", { id: "viewer", hidden: true });
    this.viewer = new Viewer(this.side, { shown: () => this.arrange(),
      closed: () => this.go("/"), moved: (address) => this.go(address, true) });
    const open = (list, index) => this.cite(list, index);
    const conversation = new Conversation({ open, settings });
    const documents = new Documents({ showPage: (id, page) => this.viewer.showPage(id, page), conversation, settings });
    this.views = { ask: conversation, search: new Search({ open }), documents,
      ...(settings.may_operate ? { costs: { render: costs } } : {}) };
  }

  start() {
    this.frame();
    matchMedia("(max-width: 900px)").addEventListener("change", () => this.arrange());
    addEventListener("popstate", () => this.route());
    this.route();
  }

  frame() {
    this.side.setAttribute("aria-label", t("source"));
    this.nav = h("nav", { "aria-label": t("views") },
      Object.keys(this.views).map((view) => h("a", { href: `#/${view}` }, t(view))));
    const theme = localStorage.getItem("theme") ?? "auto";
    const skip = (event) => {
      event.preventDefault();
      this.main.focus();
    };
    const languages = Object.entries(LANGUAGES).map(([value, name]) =>
      h("option", { value, lang: value, selected: value === language() }, name));
    this.top = h("header", { class: "top" }, h("a", { class: "skip", href: "#main", onclick: skip }, t("skip")),
      foreign(this.settings.title || "mistral-rag", "span", { class: "brand" }), this.nav,
      h("div", { class: "preferences" },
        h("select", { "aria-label": t("language"), onchange: (event) => this.speak(event.target.value) }, languages),
        button(`${t("theme")}: ${t(`theme_${theme}`)}`, () => this.paint(),
          { picture: { auto: "auto", light: "sun", dark: "moon" }[theme], bare: true, class: "quiet" })));
    document.body.replaceChildren(this.top, h("div", { class: "split" }, this.main, this.side),
      h("div", { id: "toast" }), h("div", { id: "live", class: "hidden", role: "status" }));
  }

  speak(chosen) {
    localStorage.setItem("language", chosen);
    setLanguage(chosen);
    this.redraw("select");
  }

  paint() {
    const theme = THEMES[(THEMES.indexOf(localStorage.getItem("theme") ?? "auto") + 1) % THEMES.length];
    localStorage.setItem("theme", theme);
    document.documentElement.dataset.theme = theme;
    this.redraw("button");
  }

  /** Draw all anew after a preference has changed, and leave the focus on it. */
  redraw(focused) {
    this.frame();
    this.view = null;
    this.route();
    if (this.viewer.open && this.viewer.shown) this.viewer.render();
    this.top.querySelector(`.preferences ${focused}`).focus();
  }

  /** Bring the page into line with its address: the path is the citation beside, the hash the view. */
  route() {
    const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
    const view = Object.hasOwn(this.views, name) ? name : "ask";
    for (const link of this.nav.children) {
      if (link.hash === `#/${view}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${t(view)} – ${this.settings.title || "mistral-rag"}`;
    if (this.view !== `${view}/${rest}`) this.views[view].render(this.main, rest[0]);
    this.view = `${view}/${rest}`;
    const { pathname } = location;
    const shown = this.main.querySelectorAll("[data-address]");
    shown.forEach((one) => one.classList.toggle("shown", one.dataset.address === pathname));
    if (pathname === this.path) return;
    this.path = pathname;
    if (pathname.startsWith("/cite/")) this.viewer.showCitation(pathname, this.list ?? []);
    else if (this.viewer.open) this.viewer.close();
  }

  /** Show citation `index` of a list, under an address of its own. */
  cite(list, index) {
    this.list = list.filter((one) => one.address);
    const { address } = list[index];
    if (!address) return;
    if (this.path === address) this.viewer.showCitation(address, this.list);
    else this.go(address);
    if (this.path !== address) this.route();
  }

  /** Change the path; `shown` when the viewer shows what is there already. */
  go(path, shown = path === "/") {
    if (location.pathname !== path) history.pushState(null, "", path + location.hash);
    if (shown) this.path = path;
    this.route();
  }

  /** On a narrow screen the source covers the rest, so nothing behind it takes the focus. */
  arrange() {
    const covered = this.viewer.open && matchMedia("(max-width: 900px)").matches;
    this.main.inert = covered;
    this.top.inert = covered;
  }
}

const DAYS = 90;

async function costs(main) {
  const box = h("div", { class: "view costs" }, h("h1", {}, t("costs")));
  main.replaceChildren(box);
  try {
    const { days, total } = await getJson(`/api/costs?days=${DAYS}`);
    const form = { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: 4 };
    const money = (value) => number(value, form);
    if (!days.length) return box.append(h("p", {}, t("no_costs")));
    const heads = ["day", "calls", "costs"].map((head) => h("th", { scope: "col" }, t(head)));
    const rows = [...days].reverse().map((one) => h("tr", {}, h("th", { scope: "row" }, day(one.day)),
      h("td", {}, number(one.calls)), h("td", {}, money(one.cost))));
    box.append(h("p", { class: "lead" }, t("costs_total", { total: money(total.cost) })), plot(days, money),
      h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)));
  } catch (error) {
    box.append(failure(error, () => costs(main)));
  }
  return undefined;
}

/** A column for each day, the dearest over the whole height; the days are those of the server, in UTC. */
function plot(days, money) {
  const costs = new Map(days.map((one) => [one.day, one.cost]));
  const most = Math.max(...costs.values());
  const dates = Array.from({ length: DAYS }, (_, ago) =>
    new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)).reverse();
  const columns = dates.map((date) => {
    const column = h("i", { title: `${day(date)}: ${money(costs.get(date) ?? 0)}` });
    column.style.height = `${100 * (costs.get(date) ?? 0) / (most || 1)}%`;
    return column;
  });
  return h("figure", { role: "img", "aria-label": t("costs_plot") }, h("figcaption", {}, money(most)),
    h("div", { class: "plot" }, columns),
    h("figcaption", {}, h("span", {}, day(dates[0])), h("span", {}, day(dates.at(-1)))));
}

/** Ask for the token, once for all requests that wait for it. */
let asking = null;
function signIn(wrong) {
  asking ??= new Promise((resolve) => {
    const input = h("input", { type: "password", autocomplete: "current-password", required: true,
      "aria-label": t("token") });
    const submit = (event) => {
      event.preventDefault();
      setToken(input.value.trim().replace(/[^\x21-\x7e]/g, "?")); // a header takes no other, and no token has one
      asking = null;
      dialog.remove();
      resolve();
    };
    const form = h("form", { onsubmit: submit }, h("h2", {}, t("sign_in")),
      h("p", {}, t(wrong ? "token_wrong" : "token_advice")), input,
      h("button", { type: "submit", class: "primary" }, t("sign_in")));
    const dialog = h("dialog", { class: "sign-in", "aria-label": t("sign_in"),
      oncancel: (event) => event.preventDefault() }, form);
    document.body.append(dialog);
    dialog.showModal();
  });
  return asking;
}

async function start() {
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";
  await loadTexts();
  const wanted = [localStorage.getItem("language"), ...navigator.languages.map((one) => one.slice(0, 2))];
  setLanguage(wanted.find((one) => one in LANGUAGES) ?? "en");
  onSignIn(signIn);
  try {
    let settings = await getJson("/api/settings");
    while (settings.needs_token && !settings.signed_in) {
      await signIn(hasToken());
      settings = await getJson("/api/settings");
    }
    new App(settings).start();
  } catch (error) {
    document.body.replaceChildren(h("main", {}, failure(error, () => location.reload())));
  }
}

start();
