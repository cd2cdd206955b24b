// Requests to the server: JSON, streams of events, pictures; with the token that was typed once for this tab.
import { t } from "./dom.js";

const TOKEN = "token";
let signIn = null;

/** Set what asks for a token when the server wants one; it resolves when there is one. */
export const onSignIn = (ask) => { signIn = ask; };
export const setToken = (token) => sessionStorage.setItem(TOKEN, token);
export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;

export class Failure extends Error {
  constructor({ code = "failed", message, advice = "" }) {
    super(message);
    Object.assign(this, { code, advice });
  }
}

/** The response to a request. Raises Failure for all but success. */
export async function call(path, { json, headers = {}, ...options } = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const sent = { "X-Requested-With": "mistral-rag", ...headers,
    ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  if (json !== undefined) Object.assign(options, { method: options.method ?? "POST", body: JSON.stringify(json) });
  if (json !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { ...options, headers: sent, credentials: "omit" });
  } catch (error) {
    throw error.name === "AbortError" ? error : unreachable();
  }
  if (response.status === 401 && signIn) {
    await signIn(token !== null);
    return call(path, { json, headers, ...options });
  }
  if (!response.ok) throw await refused(response);
  return response;
}

const unreachable = () => new Failure({ code: "unreachable", message: t("unreachable"),
  advice: t("unreachable_advice") });

async function refused(response) {
  const body = await response.json().catch(() => null);
  const said = body?.error ?? body ?? {};
  return new Failure({ ...said, message: said.message ?? t("refused", { n: String(response.status) }) });
}

export const getJson = async (path, options) => (await call(path, options)).json();

/** The events of a stream as [kind, data]; Failure when it breaks off before its end. */
export async function* events(path, options) {
  const reader = (await call(path, options)).body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const pieces = (buffer + value).split("\n\n");
      buffer = pieces.pop();
      for (const piece of pieces) {
        const found = decoded(piece);
        if (found) yield found;
      }
    }
  } catch (error) {
    throw error.name === "AbortError" || error instanceof Failure ? error : unreachable();
  } finally {
    reader.cancel().catch(() => {}); // the stream may have ended with the server
  }
}

function decoded(piece) {
  const lines = piece.split("\n");
  const of = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  const data = of("data").join("\n");
  return data ? [of("event")[0] ?? "message", JSON.parse(data)] : null;
}

const MAX_PICTURES = 24; // pages kept in memory, some 300 kB each: turning back and forth asks for nothing
const pictures = new Map();

/** The address of a picture's bytes in this tab: an <img> could not send the token. */
export async function picture(path) {
  const known = pictures.get(path);
  if (known) return known;
  const address = URL.createObjectURL(await (await call(path)).blob());
  pictures.set(path, address);
  if (pictures.size > MAX_PICTURES) {
    const [oldest, its] = pictures.entries().next().value;
    pictures.delete(oldest);
    URL.revokeObjectURL(its);
  }
  return address;
}

/** Give a file of the server's to the person. */
export async function download(path, options, name) {
  save(URL.createObjectURL(await (await call(path, options)).blob()), name);
}

function save(address, name) {
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // slow disks are still reading it
}

// Types that a browser shows without running anything; all others are saved: a blob's page would be of this origin.
const SHOWN = ["application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"];

/** Open a file of the server's in a new tab at a page, or save it where its type may not be shown. */
export async function openFile(path, page, name) {
  const response = await call(path);
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
  const address = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type }));
  if (SHOWN.includes(type)) window.open(`${address}#page=${page ?? 1}`, "_blank", "noopener");
  else save(address, name);
}
