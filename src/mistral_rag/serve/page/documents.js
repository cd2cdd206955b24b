// The documents of the index: their state, how each page was read, and changes where the server takes them.
import { call, events, getJson } from "./api.js";
import { announce, button, day, failure, foreign, h, has, icon, number, place, said, size, t, where } from "./dom.js";

const STEP = 50;
const READINGS = ["text_layer", "ocr", "markup", "blank", "failed"];

export class Documents {
  /** `showPage(id, page)` shows a page; `conversation` is kept to the documents that are chosen here. */
  constructor({ showPage, conversation, settings }) {
    Object.assign(this, { showPage, conversation, settings, wanted: { q: "", state: "", type: "" }, turn: 0 });
  }

  /** The list, or where `id` is given one document. */
  render(main, id = null) {
    this.main = main;
    return id ? this.one(id) : this.all();
  }

  all() {
    const filter = h("input", { type: "search", value: this.wanted.q, dir: "auto", maxlength: "500",
      "aria-label": t("filter"), placeholder: t("filter"), oninput: () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.want("q", filter.value.trim()), 200);
      } });
    const states = [["", t("all_states")], ["ok", t("state_ok")], ["failed", t("state_failed")]];
    const { hidden_documents: hidden } = this.settings;
    this.types = this.pick("type", t("facet_type"), []);
    this.list = h("div", { class: "list" });
    this.jobs = h("div", { class: "jobs" });
    this.main.replaceChildren(h("div", { class: "view documents" }, h("h1", {}, t("documents")),
      this.settings.allow_upload ? this.uploads() : "", this.jobs,
      hidden ? h("p", { class: "hint" }, t("of_groups", { n: hidden })) : "",
      h("div", { class: "field" }, filter, this.pick("state", t("state"), states), this.types), this.list));
    return this.load();
  }

  pick(name, label, options) {
    return h("select", { "aria-label": label, onchange: (event) => this.want(name, event.target.value) },
      this.options(name, options));
  }

  options(name, options) {
    return options.map(([value, text]) => h("option", { value, selected: this.wanted[name] === value }, text));
  }

  want(name, value) {
    this.wanted[name] = value;
    this.load();
  }

  async load(offset = 0) {
    const turn = ++this.turn;
    const wanted = Object.entries(this.wanted).filter(([, value]) => value);
    const asked = new URLSearchParams([["limit", STEP], ["offset", offset], ...wanted]);
    try {
      const { total, types, documents } = await getJson(`/api/documents?${asked}`);
      if (turn !== this.turn) return;
      const named = types.map((one) => [one, typeName(one)]);
      this.types.replaceChildren(...this.options("type", [["", t("all_types")], ...named]));
      this.found = offset ? [...this.found, ...documents] : documents;
      this.show(total);
    } catch (error) {
      if (turn === this.turn) this.list.replaceChildren(failure(error, () => this.load(offset)));
    }
  }

  show(total) {
    const heads = ["document", "facet_type", "pages_label", "how_read", "state", "changed"];
    const table = h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden" }, t("choose"))),
        heads.map((head) => h("th", { scope: "col" }, t(head))))),
      h("tbody", {}, this.found.map((one) => this.row(one))));
    this.list.replaceChildren(h("p", { class: "count", role: "status" }, t("documents_found", { n: total })),
      h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": t("documents") }, table),
      this.found.length < total ? button(t("more"), () => this.load(this.found.length), { class: "wide-button" }) : "");
  }

  row(one) {
    const chosen = h("input", { type: "checkbox", checked: this.conversation.chosen.has(one.document_id),
      "aria-label": t("ask_only", { title: one.title }), title: t("ask_only_short"),
      onchange: () => this.conversation.choose(one.document_id, chosen.checked ? one.title : null) });
    const link = h("a", { href: `#/documents/${one.document_id}` }, foreign(one.title));
    const problem = one.problems?.length ? foreign(said(one.problems[0].reason), "span", { class: "path" }) : null;
    return h("tr", { class: one.state }, h("td", {}, one.state === "ok" ? chosen : null),
      h("th", { scope: "row" }, link, foreign(one.path, "span", { class: "path" })),
      h("td", {}, typeName(one.type)), h("td", { class: "figure" }, number(one.pages ?? 0)),
      h("td", {}, readings(one.reading ?? {}, one.pages)), h("td", {}, state(one), problem),
      h("td", {}, one.modified ? day(one.modified) : ""));
  }

  async one(id) {
    const turn = ++this.turn;
    const box = h("div", { class: "view document" });
    this.main.replaceChildren(box);
    try {
      const found = await getJson(`/api/documents/${encodeURIComponent(id)}`);
      if (turn === this.turn) box.append(...this.details(found));
    } catch (error) {
      if (turn === this.turn) box.append(h("h1", {}, t("document")), failure(error));
    }
  }

  details(one) {
    const told = [typeName(one.type), t("pages", { n: one.pages ?? 0 }), one.size && size(one.size),
      one.modified && day(one.modified)];
    this.jobs = h("div", { class: "jobs" });
    const kinds = READINGS.filter((how) => one.reading?.[how]).map((how) =>
      h("span", {}, h("i", { class: `swatch ${how}` }), `${t(`how_${how}`)}: ${number(one.reading[how])}`));
    return [h("p", {}, h("a", { href: "#/documents", class: "back" }, icon("back"), t("documents"))),
      foreign(one.title, "h1"), foreign(one.path, "p", { class: "path" }),
      h("p", { class: "where" }, where(told), " ", state(one)),
      h("div", { class: "row" }, this.actions(one)), this.jobs,
      one.problems?.length ? h("ul", { class: "problems" }, one.problems.map(problemLine)) : "",
      one.pages ? h("h2", {}, t("pages_label")) : "", h("p", { class: "legend" }, kinds),
      h("ol", { class: "page-list" }, (one.page_list ?? []).map((page) => h("li", {}, this.pageButton(one, page))))];
  }

  actions(one) {
    const only = () => {
      this.conversation.choose(one.document_id, one.title);
      location.hash = "#/ask";
    };
    return [one.state === "ok" ? button(t("ask_only_short"), only) : null,
      ...this.settings.allow_upload ? [this.files("replace", (files) => this.send(files[0], one.document_id)),
        button(t("delete"), () => this.remove(one), { picture: "trash", class: "danger" })] : []];
  }

  pageButton(one, page) {
    const how = t(`how_${page.how}`);
    return h("button", { type: "button", class: page.how, title: how,
      "aria-label": `${place({ ...page, page_label: page.label })}, ${how}`,
      onclick: () => this.showPage(one.document_id, page.page_index) }, foreign(page.label || String(page.page_index)));
  }

  files(label, take, more = {}) {
    return h("label", { class: "file button" }, t(label),
      h("input", { type: "file", "aria-label": t(label), ...more, onchange: (event) => take(event.target.files) }));
  }

  uploads() {
    const take = async (files) => {
      for (const file of [...files]) await this.send(file); // one after another, as they are read
    };
    const field = this.files("upload", take, { multiple: true });
    field.className = "drop";
    field.replaceChildren(h("span", { class: "button primary" }, icon("plus"), t("upload")),
      h("span", {}, t("or_drop")), field.lastChild);
    return field;
  }

  /** Upload a file, as a new document or in the place of one. */
  async send(file, id = null) {
    if (!file) return;
    const body = new FormData();
    body.append("file", file);
    await this.follow(file.name,
      () => call(id ? `/api/documents/${id}` : "/api/documents", { method: id ? "PUT" : "POST", body }));
    if (this.list?.isConnected) this.load();
  }

  remove(one) {
    const dialog = h("dialog", { "aria-label": t("delete") }, foreign(t("delete_question", { title: one.title }), "p"),
      h("form", { method: "dialog", class: "row" }, h("button", { value: "no" }, t("cancel")),
        h("button", { value: "yes", class: "danger" }, t("delete"))));
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
    const step = h("span", {}, t("waiting"));
    const row = h("div", { class: "job" }, foreign(name, "strong"), bar, step);
    this.jobs.append(row);
    try {
      const { job } = await (await start()).json();
      for await (const [kind, data] of events(`/api/jobs/${job}`)) {
        if (kind === "error") throw data;
        if (data.status === "failed") throw { message: data.reason };
        if (kind === "done") {
          row.classList.add("done");
          bar.remove();
          step.textContent = t("job_done");
          announce(`${name}: ${t("job_done")}`);
          return true;
        }
        if (data.total) Object.assign(bar, { max: data.total, value: data.done });
        step.textContent = t(`step_${data.step}`);
      }
      throw new Error(t("broken"));
    } catch (error) {
      row.replaceChildren(foreign(name, "strong"), failure(error));
      return false;
    }
  }
}

function problemLine({ page_index: index, reason, advice }) {
  const at = index ? `${t("page", { label: String(index) })}: ` : "";
  return h("li", {}, foreign(at + said(reason), "strong"), " ", foreign(said(advice)));
}

const typeName = (type) => (has(`type_${type}`) ? t(`type_${type}`) : (type ?? "").split("/").pop());

const state = (one) => h("span", { class: `badge ${one.state === "ok" ? "verified" : "differs"}` },
  icon(one.state === "ok" ? "check" : "cross"), has(`state_${one.state}`) ? t(`state_${one.state}`) : one.state);

/** A bar of how the pages were read. */
function readings(reading, pages) {
  const shown = READINGS.filter((how) => reading[how]);
  const told = shown.map((how) => `${t(`how_${how}`)}: ${number(reading[how])}`).join(", ");
  const bar = h("span", { class: "readings", role: "img", "aria-label": told, title: told });
  for (const how of shown) {
    const part = h("i", { class: how });
    part.style.flexGrow = reading[how] / Math.max(pages, 1);
    bar.append(part);
  }
  return shown.length ? bar : null;
}
