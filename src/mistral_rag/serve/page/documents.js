// The documents of the index: their state, how each page was read, and changes where the server takes them.
import { call, events, getJson } from "./api.js";
import { announce, button, day, failure, foreign, h, has, icon, number, place, size, t } from "./dom.js";

const STEP = 50;
const READINGS = ["text_layer", "ocr", "markup", "blank", "failed"];

export class Documents {
  /** `showPage(id, page)` shows a page; `conversation` is kept to the documents that are chosen here. */
  constructor({ showPage, conversation, settings }) {
    Object.assign(this, { showPage, conversation, settings, wanted: { q: "", state: "", type: "" }, turn: 0, types: new Set() });
  }

  /** The list, or where `id` is given one document. */
  render(main, id = null) {
    this.main = main;
    return id ? this.one(id) : this.all();
  }

  all() {
    const pick = (name, label, options) => h("select", { "aria-label": label, onchange: (event) => this.want(name, event.target.value) },
      options.map(([value, text]) => h("option", { value, selected: this.wanted[name] === value }, text)));
    this.typeBox = h("span", {});
    this.pickType = () => this.typeBox.replaceChildren(pick("type", t("facet_type"), [["", t("all_types")], ...[...this.types].sort().map((one) => [one, typeName(one)])]));
    this.list = h("div", { class: "list" });
    this.jobs = h("div", { class: "jobs" });
    const filter = h("input", { type: "search", value: this.wanted.q, dir: "auto", maxlength: "500", "aria-label": t("filter"), placeholder: t("filter"),
      oninput: (event) => { clearTimeout(this.typing); this.typing = setTimeout(() => this.want("q", event.target.value.trim()), 200); } });
    this.main.replaceChildren(h("div", { class: "view documents" }, h("h1", {}, t("documents")),
      this.settings.allow_upload ? this.uploads() : null, this.jobs,
      h("div", { class: "field" }, filter, pick("state", t("state"), [["", t("all_states")], ["ok", t("state_ok")], ["failed", t("state_failed")]]), this.typeBox),
      this.list));
    this.pickType();
    return this.load();
  }

  want(name, value) {
    this.wanted[name] = value;
    this.load();
  }

  async load(offset = 0) {
    const turn = ++this.turn;
    const asked = new URLSearchParams({ limit: STEP, offset, ...Object.fromEntries(Object.entries(this.wanted).filter(([, value]) => value)) });
    try {
      const { total, documents } = await getJson(`/api/documents?${asked}`);
      if (turn !== this.turn) return;
      this.found = offset ? [...this.found, ...documents] : documents;
      this.show(total);
    } catch (error) {
      if (turn === this.turn) this.list.replaceChildren(failure(error, () => this.load(offset)));
    }
  }

  show(total) {
    const known = this.types.size;
    this.found.forEach((one) => this.types.add(one.type));
    if (this.types.size > known) this.pickType();
    const heads = ["", "document", "facet_type", "pages_label", "how_read", "state", "changed"];
    this.list.replaceChildren(h("p", { class: "count", role: "status" }, t("documents_found", { n: total })),
      h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": t("documents") },
        h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head ? t(head) : h("span", { class: "hidden" }, t("choose")))))),
          h("tbody", {}, this.found.map((one) => this.row(one))))),
      this.found.length < total ? button(t("more"), () => this.load(this.found.length), { class: "wide-button" }) : "");
  }

  row(one) {
    const chosen = this.conversation.chosen.has(one.document_id);
    return h("tr", { class: one.state },
      h("td", {}, one.state === "ok" ? h("input", { type: "checkbox", checked: chosen, "aria-label": t("ask_only", { title: one.title }), title: t("ask_only_short"),
        onchange: (event) => this.conversation.choose(one.document_id, event.target.checked ? one.title : null) }) : null),
      h("th", { scope: "row" }, h("a", { href: `#/documents/${one.document_id}` }, foreign(one.title)), foreign(one.path, "span", { class: "path" })),
      h("td", {}, typeName(one.type)), h("td", { class: "figure" }, number(one.pages ?? 0)), h("td", {}, readings(one.reading ?? {}, one.pages)),
      h("td", {}, state(one), one.problems?.length ? foreign(one.problems[0].reason, "span", { class: "path" }) : null),
      h("td", {}, one.modified ? day(one.modified) : ""));
  }

  async one(id) {
    const turn = ++this.turn;
    const box = h("div", { class: "view document" });
    this.main.replaceChildren(box);
    try {
      const found = await getJson(`/api/documents/${id}`);
      if (turn === this.turn) box.append(...this.details(found));
    } catch (error) {
      if (turn === this.turn) box.append(h("h1", {}, t("document")), failure(error));
    }
  }

  details(one) {
    const told = [typeName(one.type), t("pages", { n: one.pages ?? 0 }), one.size && size(one.size), one.modified && day(one.modified)];
    this.jobs = h("div", { class: "jobs" });
    const input = h("input", { type: "file", class: "hidden", tabindex: "-1", "aria-label": t("replace"), onchange: () => this.send(input.files[0], one.document_id) });
    return [h("p", {}, h("a", { href: "#/documents", class: "back" }, icon("back"), t("documents"))), foreign(one.title, "h1"), foreign(one.path, "p", { class: "path" }),
      h("p", { class: "where" }, told.filter(Boolean).join(" · "), " ", state(one)),
      h("div", { class: "row" },
        one.state === "ok" ? button(t("ask_only_short"), () => { this.conversation.choose(one.document_id, one.title); location.hash = "#/ask"; }) : null,
        this.settings.allow_upload ? [input, button(t("replace"), () => input.click()), button(t("delete"), () => this.remove(one), { picture: "trash", class: "danger" })] : null),
      this.jobs,
      one.problems?.length ? h("ul", { class: "problems" }, one.problems.map((problem) => h("li", {},
        foreign([problem.page_index && t("page", { label: String(problem.page_index) }), problem.reason].filter(Boolean).join(": "), "strong"), " ", foreign(problem.advice ?? "")))) : "",
      h("h2", {}, t("pages_label")), h("p", { class: "legend" }, READINGS.filter((how) => one.reading?.[how]).map((how) =>
        h("span", {}, h("i", { class: `swatch ${how}` }), `${t(`how_${how}`)}: ${number(one.reading[how])}`))),
      h("ol", { class: "page-list" }, (one.page_list ?? []).map((page) => h("li", {},
        h("button", { type: "button", class: page.how, title: t(`how_${page.how}`), "aria-label": `${place({ ...page, page_label: page.label })}, ${t(`how_${page.how}`)}`,
          onclick: () => this.showPage(one.document_id, page.page_index) }, foreign(page.label || String(page.page_index))))))];
  }

  uploads() {
    const input = h("input", { type: "file", multiple: true, class: "hidden", tabindex: "-1", "aria-label": t("upload"), onchange: () => this.sendAll(input.files) });
    const box = h("div", { class: "drop", ondragover: (event) => { event.preventDefault(); box.classList.add("over"); },
      ondragleave: () => box.classList.remove("over"),
      ondrop: (event) => { event.preventDefault(); box.classList.remove("over"); this.sendAll(event.dataTransfer.files); } },
      input, button(t("upload"), () => input.click(), { picture: "plus", class: "primary" }), h("span", {}, t("or_drop")));
    return box;
  }

  async sendAll(files) {
    for (const file of files) await this.send(file); // one after another, as they are read
  }

  /** Upload a file, as a new document or in the place of one. */
  async send(file, id = null) {
    if (!file) return;
    const body = new FormData();
    body.append("file", file);
    await this.follow(file.name, () => call(id ? `/api/documents/${id}` : "/api/documents", { method: id ? "PUT" : "POST", body }));
    if (this.list?.isConnected) this.load();
  }

  remove(one) {
    const dialog = h("dialog", { "aria-label": t("delete") }, foreign(t("delete_question", { title: one.title }), "p"),
      h("form", { method: "dialog", class: "row" }, h("button", { value: "no" }, t("cancel")), h("button", { value: "yes", class: "danger" }, t("delete"))));
    dialog.addEventListener("close", async () => {
      dialog.remove();
      if (dialog.returnValue !== "yes") return;
      const done = await this.follow(one.title, () => call(`/api/documents/${one.document_id}`, { method: "DELETE" }));
      if (done) this.conversation.choose(one.document_id, null);
      if (done) location.hash = "#/documents";
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  /** Start a job and show how far it is; true when it was done. */
  async follow(name, start) {
    const bar = h("progress", { "aria-label": name });
    const said = h("span", {}, t("waiting"));
    const row = h("div", { class: "job" }, foreign(name, "strong"), bar, said);
    this.jobs.append(row);
    try {
      const { job } = await (await start()).json();
      for await (const [kind, data] of events(`/api/jobs/${job}`)) {
        if (kind === "error") throw data;
        if (kind === "done") {
          row.classList.add("done");
          bar.remove();
          said.textContent = t("job_done");
          announce(`${name}: ${t("job_done")}`);
          return true;
        }
        if (data.total) Object.assign(bar, { max: data.total, value: data.done });
        said.textContent = has(`step_${data.step}`) ? t(`step_${data.step}`) : data.step ?? "";
      }
      throw new Error(t("broken"));
    } catch (error) {
      row.replaceChildren(foreign(name, "strong"), failure(error));
      return false;
    }
  }
}

const typeName = (type) => (has(`type_${type}`) ? t(`type_${type}`) : (type ?? "").split("/").pop());

const state = (one) => h("span", { class: `badge ${one.state === "ok" ? "verified" : "differs"}` },
  icon(one.state === "ok" ? "check" : "cross"), has(`state_${one.state}`) ? t(`state_${one.state}`) : one.state);

/** A bar of how the pages were read. */
function readings(reading, pages) {
  const shown = READINGS.filter((how) => reading[how]);
  const said = shown.map((how) => `${t(`how_${how}`)}: ${number(reading[how])}`).join(", ");
  const bar = h("span", { class: "readings", role: "img", "aria-label": said, title: said });
  for (const how of shown) {
    const part = h("i", { class: how });
    part.style.flexGrow = reading[how] / Math.max(pages, 1);
    bar.append(part);
  }
  return shown.length ? bar : null;
}
