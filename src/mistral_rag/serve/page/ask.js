// Questions and their answers: the stream, the conversation, the documents it is kept to.
import { answerText, cards, facts, feedback, gone, omitted, passages } from "./answer.js";
import { download, events } from "./api.js";
import { announce, button, failure, foreign, h, language, said, t } from "./dom.js";

const KEPT = "conversation";
const CHOSEN = "chosen";
const MAX_TURNS = 20; // of two messages each: as many as the chain looks at
const MAX_MESSAGE = 40_000; // characters, the server's limit

export class Conversation {
  /** `open(citations, index)` shows one of an answer's citations. */
  constructor({ open, settings }) {
    Object.assign(this, { open, settings, stopper: null });
    const whole = (turn) => (turn.data || turn.failure ? turn : { ...turn, failure: { broken: true } });
    this.turns = kept(KEPT, []).map(whole);
    this.chosen = new Map(kept(CHOSEN, []));
  }

  render(main) {
    this.list = h("div", { class: "turns" });
    const enter = (event) => {
      if (event.type === "keydown" && (event.key !== "Enter" || event.shiftKey || event.isComposing)) return;
      event.preventDefault();
      this.submit();
    };
    this.box = h("textarea", { rows: "1", dir: "auto", maxlength: "8000", placeholder: t("ask_placeholder"),
      "aria-label": t("question"), oninput: () => this.grow(), onkeydown: enter });
    this.action = h("div", { class: "action" });
    this.chips = h("div", { class: "chips" });
    this.tools = h("div", { class: "conversation-tools" });
    main.replaceChildren(h("div", { class: "conversation" }, h("h1", { class: "hidden" }, t("ask")), this.list,
      this.tools, h("form", { class: "composer", onsubmit: enter }, this.chips,
        h("div", { class: "field" }, this.box, this.action))));
    this.turns.forEach((turn) => this.add(turn));
    this.refresh();
    const keyboard = matchMedia("(hover: hover)").matches; // on a phone the focus would call one up
    if (!this.turns.length && keyboard) this.box.focus();
  }

  refresh() {
    this.list.parentElement.classList.toggle("empty", !this.turns.length);
    if (!this.turns.length) this.list.replaceChildren(this.welcome());
    this.action.replaceChildren(this.stopper
      ? button(t("stop"), () => this.stopper.abort(), { picture: "stop", bare: true, class: "round" })
      : button(t("send"), () => this.submit(), { picture: "send", bare: true, class: "round primary" }));
    const chips = [...this.chosen].map(([id, title]) => button(title, () => this.choose(id, null),
      { picture: "close", class: "chip", dir: "auto", "aria-label": t("leave_out", { title }) }));
    this.chips.replaceChildren(...chips.length ? [h("span", {}, t("only_these", { n: chips.length })), ...chips] : []);
    const answered = this.turns.filter((turn) => turn.data);
    const formats = ["markdown", "pdf", "annotations"].map((format) =>
      button(t(`export_${format}`), () => this.export(format, answered), { class: "link" }));
    const clear = button(t("new_conversation"), () => this.clear(), { class: "link" });
    const exports = h("span", { class: "exports" }, h("span", {}, t("export")), formats);
    this.tools.replaceChildren(...answered.length ? [clear, exports] : []);
    this.grow();
  }

  welcome() {
    const { title, index, documents: n, hidden_documents: hidden } = this.settings;
    const lines = n ? [t("welcome", { n }), t("welcome_how")]
      : [t("no_documents"), hidden ? null : t("no_documents_how", { index })];
    return h("div", { class: "welcome" }, foreign(title || "mistral-rag", "p", { class: "name" }),
      h("p", { class: "lead" }, lines[0]), h("p", {}, lines[1]),
      hidden ? h("p", {}, t("of_groups", { n: hidden })) : "");
  }

  grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 200)}px`;
  }

  choose(id, title) {
    if (title === null) this.chosen.delete(id);
    else this.chosen.set(id, title);
    keep(CHOSEN, [...this.chosen]);
    if (this.list?.isConnected) this.refresh();
  }

  clear() {
    this.stopper?.abort();
    this.turns = [];
    keep(KEPT, []);
    this.refresh();
    this.box.focus();
  }

  async export(format, answered) {
    const name = { markdown: "answers.md", pdf: "cited-pages.pdf", annotations: "annotations.json" }[format];
    const json = { answer_ids: answered.map((turn) => turn.data.id), format };
    try {
      await download("/api/export", { json }, name);
    } catch (error) {
      announce(gone(error), { seen: true });
    }
  }

  submit() {
    const question = this.box.value.trim();
    if (!question || this.stopper) return;
    this.box.value = "";
    const turn = { question, text: "", claims: [], phase: "sent" };
    if (!this.turns.length) this.list.replaceChildren();
    this.turns.push(turn);
    this.add(turn);
    this.ask(turn);
  }

  history(turn) {
    const before = this.turns.slice(0, this.turns.indexOf(turn)).filter((one) => one.data).slice(-MAX_TURNS);
    return before.flatMap(({ question, data: { answer } }) => [{ role: "user", content: question },
      { role: "assistant", content: (answer.text || answer.reason || "").slice(0, MAX_MESSAGE) }]);
  }

  async ask(turn) {
    Object.assign(turn, { text: "", claims: [], phase: "sent", failure: null, data: null });
    const stopper = this.stopper = new AbortController();
    const documents = [...this.chosen.keys()];
    const json = { question: turn.question, history: this.history(turn), language: language(),
      ...(documents.length ? { documents } : {}) };
    this.refresh();
    this.draw(turn);
    turn.box.scrollIntoView({ block: "start" });
    try {
      for await (const [kind, data] of events("/api/ask", { json, signal: stopper.signal })) {
        this.take(turn, kind, data);
        if (kind === "done" || kind === "error") break;
      }
      if (!turn.data && !turn.failure) turn.failure = { broken: true };
    } catch (error) {
      turn.failure = error.name === "AbortError" ? { stopped: true } : { message: error.message, advice: error.advice };
    }
    if (this.stopper === stopper) this.stopper = null;
    keep(KEPT, this.turns.map(slim));
    if (this.list.isConnected) this.refresh();
    this.draw(turn);
    const below = turn.box.isConnected && turn.box.getBoundingClientRect().top > 0; // not so for whoever has read on
    if (below) turn.box.scrollIntoView({ block: "start" });
    const unanswered = turn.data?.answer.status === "abstained" ? "not_said" : "not_answered";
    announce(turn.data?.answer.text ? t("answered", { n: turn.data.citations.length }) : t(unanswered));
  }

  take(turn, kind, data) {
    if (kind === "search") Object.assign(turn, { phase: "search", searched: data.question });
    if (kind === "evidence") Object.assign(turn, { phase: "evidence", passages: data.passages, pages: data.pages });
    if (kind === "text") Object.assign(turn, { phase: "text", text: turn.text + data.text });
    if (kind === "claim") turn.claims.push(data.claim);
    if (kind === "answer") Object.assign(turn, { data, phase: "done" });
    if (kind === "error") turn.failure = data;
    if (kind === "search" || kind === "evidence") announce(this.doing(turn));
    turn.frame ??= requestAnimationFrame(() => { // many words may come in one frame
      turn.frame = null;
      keep(KEPT, this.turns.map(slim));
      this.draw(turn);
    });
  }

  doing(turn) {
    const steps = { search: () => t("searching", { question: turn.searched }),
      evidence: () => t("reading", { n: turn.passages, pages: t("pages", { n: turn.pages }) }),
      text: () => t("writing") };
    return (steps[turn.phase] ?? (() => t("sent")))();
  }

  add(turn) {
    turn.box = h("article", { class: "turn" });
    this.list.append(turn.box);
    this.draw(turn);
  }

  draw(turn) {
    const { box, data, failure: fault } = turn;
    if (!box?.isConnected) return;
    const busy = !data && !fault;
    box.setAttribute("aria-busy", String(busy));
    box.replaceChildren(foreign(turn.question, "h2", { class: "question" }));
    const pulse = h("span", { class: "pulse", "aria-hidden": "true" });
    if (busy) box.append(h("p", { class: "doing" }, pulse, foreign(this.doing(turn))));
    if (data) box.append(this.answer(data));
    else if (turn.text) box.append(h("div", { class: "prose" }, answerText(turn.text, turn.claims, new Map(), null)));
    if (fault) box.append(this.fault(turn));
  }

  fault(turn) {
    const { stopped, broken } = turn.failure;
    const fault = stopped || broken ? { message: t(stopped ? "stopped" : "broken") } : turn.failure;
    return failure(fault, () => { if (!this.stopper) this.ask(turn); });
  }

  answer(data) {
    const { answer, citations, id } = data;
    const byMarker = new Map(citations.map((card) => [card.citation_id, card]));
    const open = (index) => this.open(citations, index);
    const box = h("div", { class: "answer" });
    const { standalone_question: understood, status, reason } = answer;
    if (understood) box.append(h("p", { class: "searched" }, t("understood"), " ", foreign(understood, "q")));
    if (status === "abstained" || status === "blocked") box.append(this.unanswered(answer, data.passages ?? []));
    if (answer.text) {
      const show = (marker) => { // a quote that was not found has no address: its card says so
        const index = citations.findIndex((card) => card.citation_id === marker);
        if (citations[index].address) open(index);
        else box.querySelectorAll(".card")[index].scrollIntoView({ block: "center" });
      };
      box.append(h("div", { class: "prose" }, answerText(answer.text, answer.claims, byMarker, show)));
    }
    if ((status === "partial" || status === "incomplete") && reason) {
      box.append(h("div", { class: "caveat" }, h("strong", {}, t(`status_${status}`)), foreign(said(reason), "p")));
    }
    if (citations.length) box.append(h("h3", {}, t("citations")), cards(citations, id, open));
    box.append(omitted(answer) ?? "", h("footer", {}, feedback(id), facts(data)));
    return box;
  }

  unanswered(answer, close) {
    const head = answer.status === "blocked" ? "blocked" : "not_said";
    const found = close.length ? [h("h3", {}, t("closest")),
      passages(close, (one) => this.open(close, close.indexOf(one)))] : null;
    return h("div", { class: "unanswered" }, h("p", { class: "head" }, t(head)), foreign(said(answer.reason), "p"),
      found);
  }
}

const MAX_KEPT = 400; // characters of a retrieved passage: a tab may keep 5 MB in all

function slim({ frame, box, ...turn }) {
  if (!turn.data) return turn;
  const { documents, ...answer } = turn.data.answer;
  const close = turn.data.passages?.map((one) => ({ ...one, text: one.text.slice(0, MAX_KEPT) }));
  return { ...turn, text: "", claims: [], data: { ...turn.data, answer, passages: close } };
}

function kept(name, fallback) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? fallback;
  } catch {
    return fallback;
  }
}

function keep(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    sessionStorage.removeItem(name); // full: the conversation stays on the page, and is gone when it is left
  }
}
