// An answer as elements: its text with verdicts and numbered marks, its citations as cards, what was left out.
import DOMPurify from "./vendor/purify.js";
import MarkdownIt from "./vendor/markdown-it.js";
import { call } from "./api.js";
import { announce, button, day, foreign, h, has, icon, number, place, said, t, visible, where } from "./dom.js";

// A link's label may say another address than it opens, and looking at an image tells its host: both stay text.
const NEVER = ["link", "image", "autolink", "reference", "html_inline", "html_block", "entity", "code", "lheading"];
const markdown = new MarkdownIt("commonmark", { html: false, breaks: true });
markdown.enable(["table", "strikethrough"]).disable(NEVER);
const TAGS = "p ul ol li strong em s code pre blockquote h4 h5 h6 table thead tbody tr th td br hr".split(" ");
markdown.core.ruler.push("sides", ({ tokens }) => tokens.forEach((token) => {
  const side = token.attrGet("style")?.split(":")[1]; // of a column; the page's policy allows no inline style
  if (side) token.attrs = [["align", side]];
}));
for (const rule of ["heading_open", "heading_close"]) {
  markdown.renderer.rules[rule] = (tokens, at, options, env, self) => {
    tokens[at].tag = `h${Math.min(Number(tokens[at].tag[1]) + 3, 6)}`; // below the question's own heading
    return self.renderToken(tokens, at, options);
  };
}

function prose(text) {
  const clean = { RETURN_DOM_FRAGMENT: true, ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ["start", "align"] };
  const fragment = DOMPurify.sanitize(markdown.render(text), clean);
  for (const block of fragment.querySelectorAll("p, li, h4, h5, h6, th, td, pre")) block.dir = "auto";
  for (const table of fragment.querySelectorAll("table")) {
    const around = h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": t("table") });
    table.replaceWith(around);
    around.append(table);
  }
  return fragment;
}

/** The text of an answer; `claims` are judged sentences, `citations` cards by marker, `open(marker)` shows one. */
export function answerText(text, claims, citations, open) {
  const shown = visible(text);
  const fragment = prose(shown);
  const ends = new Map();
  const position = aligned(shown);
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) node.replaceWith(...pieces(node.data, position, claims, citations, open, ends));
  for (const [claim, element] of ends) judged(claim, element);
  const first = fragment.querySelector("p"); // the server's own words before the quotes
  if (first && !first.children.length) first.textContent = said(first.textContent);
  return fragment;
}

/** Where rendered signs stand in `text`, asked in their order: markdown leaves signs out, and adds but blanks. */
function aligned(text) {
  const source = [...text];
  let at = 0;
  return (sign) => {
    if (!sign.trim()) return at;
    const found = source.indexOf(sign, at);
    if (found >= 0) at = found + 1;
    return found;
  };
}

function pieces(data, position, claims, citations, open, ends) {
  const runs = [];
  for (const sign of data) {
    const at = position(sign);
    const claim = claims.find((one) => one.start <= at && at < one.end);
    if (runs.length && runs.at(-1).claim === claim) runs.at(-1).text += sign;
    else runs.push({ claim, text: sign });
  }
  return runs.flatMap(({ claim, text }) => {
    const parts = text.split(/(\[\d{1,3}\])/).filter(Boolean).map((part) => {
      const marker = part.slice(1, -1);
      return citations.has(marker) ? mark(marker, citations.get(marker), open) : document.createTextNode(part);
    });
    if (!claim || claim.support === "unchecked") return parts;
    const element = h("span", { class: `claim ${claim.support}` }, ...parts);
    if (text.trim()) ends.set(claim, element);
    return [element];
  });
}

function mark(marker, card, open) {
  const label = t("mark", { marker, title: card.title, place: place(card) });
  return h("button", { type: "button", class: card.verified ? "cite" : "cite doubtful", "aria-label": label,
    title: label, "data-address": card.address, onclick: () => open(marker) }, marker);
}

const SIGNS = { supported: "check", partial: "half", unsupported: "cross", contradicted: "cross" };

/** The last node of a sentence: its marks and its full stop stand behind its claim. */
function lastOf(claim) {
  let last = claim;
  for (let next = last.nextSibling; next; next = last.nextSibling) {
    const stop = next.nodeType === Node.TEXT_NODE ? /^\s*[.!?…;:,)”»"]*/.exec(next.data)[0] : null;
    if (stop === null ? !next.matches(".cite") : !stop) break;
    if (stop?.length < next.data?.length) next.splitText(stop.length);
    last = next;
    if (stop?.trim()) break;
  }
  return last;
}

/** The verdict behind a sentence; its reasons on demand. */
function judged(claim, element) {
  const last = lastOf(element);
  const reasons = claim.reasons.length ? claim.reasons : [`default_${claim.support}`];
  const why = h("ul", { class: `why ${claim.support}`, hidden: true },
    reasons.map((reason) => foreign(has(`reason_${reason}`) ? t(`reason_${reason}`) : said(reason), "li")));
  const shown = t(`support_${claim.support}`);
  const toggle = () => {
    why.hidden = !why.hidden;
    verdict.setAttribute("aria-expanded", String(!why.hidden));
  };
  const verdict = h("button", { type: "button", class: `verdict ${claim.support}`, "aria-expanded": "false",
    title: shown, "aria-label": t("why", { support: shown }), onclick: toggle },
  icon(SIGNS[claim.support]), claim.support === "supported" ? null : h("span", {}, shown));
  const tie = h("span", { class: "tie" }); // a verdict at the beginning of a line would seem to be the next one's
  last.after(tie);
  tie.append(...last.matches?.(".cite") ? [last, verdict] : [verdict]);
  const block = element.closest("p, li, td, th, h4, h5, h6, blockquote");
  if (block?.matches("li, td, th")) block.append(why);
  else if (block) {
    let above = block; // or the reasons of the sentences before it
    while (above.nextElementSibling?.matches(".why")) above = above.nextElementSibling;
    above.after(why);
  }
}

/** Why an answer can't be judged or exported: the server knows the answers that it gave since it was started. */
export const gone = (error) => (error.code === "not_found" ? t("answer_gone") : said(error.message));

/** Right or wrong, with a note: of an answer, or of one of its citations. */
export function feedback(answer, citation = null) {
  const send = async (verdict, note) => {
    try {
      await call("/api/feedback", { json: { answer_id: answer, citation_id: citation ?? undefined, verdict, note } });
      announce(t("feedback_kept"), { seen: Boolean(note) });
      return true;
    } catch (error) {
      announce(gone(error), { seen: true });
      return false;
    }
  };
  const choose = (verdict) => async (event) => {
    const chosen = event.currentTarget;
    if (!await send(verdict)) return;
    for (const one of box.querySelectorAll("[aria-pressed]")) one.setAttribute("aria-pressed", String(one === chosen));
    note.hidden = false;
    note.dataset.verdict = verdict;
  };
  const input = h("input", { maxlength: "2000", "aria-label": t("note"), placeholder: t("note"), dir: "auto" });
  const noted = async (event) => {
    event.preventDefault();
    if (input.value.trim() && await send(note.dataset.verdict, input.value.trim())) note.hidden = true;
  };
  const note = h("form", { class: "note", hidden: true, onsubmit: noted }, input,
    h("button", { type: "submit" }, t("send")));
  const verdict = (name, picture) => button(t(name), choose(name),
    { picture, bare: Boolean(citation), "aria-pressed": "false" });
  const label = t(citation ? "feedback_citation" : "feedback_answer");
  const box = h("div", { class: "feedback", role: "group", "aria-label": label },
    verdict("right", "check"), verdict("wrong", "cross"), note);
  return box;
}

/** What is known of a quote's place, as one of: verified, stale, differs, unverified. */
export function standing({ verified, seen, state }) {
  if (state === "stale") return "stale";
  if (seen === "differs") return "differs";
  return verified ? "verified" : "unverified";
}

export function badge(kind) {
  const picture = { verified: "check", stale: "half", differs: "cross", unverified: "half" }[kind];
  return h("span", { class: `badge ${kind}`, title: t(`standing_${kind}_long`) }, icon(picture), t(`standing_${kind}`));
}

/** The citations of an answer, one card each; `open(index)` shows one. */
export function cards(citations, answer, open) {
  return h("ol", { class: "cards", "aria-label": t("citations") }, citations.map((card, index) =>
    h("li", { class: "card", "data-address": card.address },
      h("button", { type: "button", class: "whole", disabled: !card.address, onclick: () => open(index) },
        h("span", { class: "number" }, card.citation_id),
        h("span", { class: "facts" }, foreign(card.title, "strong"), where(place(card), card.date && day(card.date))),
        foreign(card.quote, "span", { class: "quote" })),
      h("div", { class: "foot" }, badge(standing(card)), answer ? feedback(answer, card.citation_id) : null))));
}

/** Passages that come closest to a question, for an answer that the documents don't give. */
export function passages(found, open) {
  return h("ul", { class: "passages" }, found.map((one) => h("li", {},
    h("button", { type: "button", class: "whole", disabled: !one.address, onclick: () => open(one) },
      h("span", { class: "facts" }, foreign(one.title, "strong"), where(place(one))),
      foreign(one.text, "span", { class: "quote" })))));
}

/** What stands below an answer: how long it took, what it cost, who wrote it. */
export function facts({ answer, seconds, cost }) {
  const said = [answer.model ? null : t("no_model"), answer.model,
    seconds === undefined ? null : t("seconds", { value: number(seconds, { maximumFractionDigits: 1 }) }),
    cost ? number(cost, { style: "currency", currency: "USD", maximumSignificantDigits: 2 }) : null];
  return foreign(said.filter(Boolean).join(" · "), "p", { class: "took" });
}

/** Statements that were withheld, and warnings; nothing where there are none. */
export function omitted({ removed = [], warnings = [] }) {
  if (!removed.length && !warnings.length) return null;
  return h("details", { class: "omitted" }, h("summary", {}, t("omitted", { n: removed.length + warnings.length })),
    h("ul", {}, removed.map((one) => h("li", {}, foreign(one.text, "q"), " ",
      foreign(said(one.reason), "span", { class: "reason" }))),
      warnings.map((one) => foreign(said(one), "li"))));
}
