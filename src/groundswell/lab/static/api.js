// Questions to the server. Only this page's own origin is ever asked.

let session = null;

/** An answer of 4xx or 5xx, or none at all (`status` 0). */
export class Refused extends Error {
  constructor(status, about) {
    super(about?.message ?? "the laboratory does not answer; it may have ended where it was started");
    this.status = status;
    this.key = about?.key ?? null;
    this.nearest = about?.nearest ?? null;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, null);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, body?.error ?? { message: `the laboratory answers ${answer.status}` });
  return body;
}

/** What a GET gives, as plain data. */
export function get(path, options = {}) {
  return ask(path, options);
}

/** The session: token, version, folder; asked for once. */
export function about() {
  session ??= ask("/api/session").catch((error) => {
    session = null;
    throw error;
  });
  return session;
}

/** What a POST gives. The server may have been started anew, so a refused token is asked for once more. */
export async function post(path, content = {}, options = {}) {
  const send = async () => {
    const { token } = await about();
    const headers = { "Content-Type": "application/json", "X-Groundswell-Token": token };
    return ask(path, { method: "POST", headers, body: JSON.stringify(content), ...options });
  };
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403) throw error;
    session = null;
    return send();
  }
}

/** Joins parts to a path; names are escaped. */
export function path(...parts) {
  return `/api/${parts.map(encodeURIComponent).join("/")}`;
}
