// Requests to the node. Whether it answers is said at once on the page: an old list must not pass
// for the present one.
const HEADERS = { "X-Requested-With": "triage-agent" };
const SECONDS = 10;

export class Refused extends Error {
  constructor(status, said) {
    super(said?.error ?? "");
    this.status = status;
    this.said = said ?? {};
  }
}

// Whether the node said no. After any other error the deed may have been done all the same.
export const isRefusal = (error) => error instanceof Refused && error.status < 500;

export function tellConnection(isLost) {
  document.dispatchEvent(new CustomEvent("connection", { detail: { isLost } }));
}

const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function ask(address, options) {
  const tooLong = AbortSignal.timeout(SECONDS * 1000);
  const signal = options.signal ? AbortSignal.any([options.signal, tooLong]) : tooLong;
  let answer;
  try {
    answer = await fetch(address, { ...options, signal, redirect: "manual", cache: "no-store" });
  } catch (error) {
    if (!options.signal?.aborted) tellConnection(true);
    throw error;
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    document.dispatchEvent(new Event("signed-out"));
    throw new Refused(401);
  }
  tellConnection(answer.status >= 500);
  return answer;
}

// `text` is what is searched for: never a part of the address.
export async function get(address, { text = "", signal, background = false } = {}) {
  const headers = { ...HEADERS };
  if (text) headers["X-Worklist-Text"] = encodeURIComponent(text);
  if (background) headers["X-Background"] = "1"; // no sign of a person
  const answer = await ask(address, { headers, signal });
  if (!answer.ok) throw new Refused(answer.status);
  return answer;
}

export async function post(address, body = null, { text = "", background = false } = {}) {
  const headers = { ...HEADERS, "Content-Type": "application/json", "X-CSRF-Token": csrfToken() };
  if (background) headers["X-Background"] = "1"; // no sign of a person
  if (text) headers["X-Worklist-Text"] = encodeURIComponent(text);
  const answer = await ask(address, {
    method: "POST",
    headers,
    body: body === null ? null : JSON.stringify(body),
  });
  const said =
    answer.headers.get("content-type")?.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}
