// All that a tab knows stands in its address: the view, what was changed in the form, and what is looked at. A reload, a second tab
// and a killed browser therefore lose nothing, and an address can be kept.
//
//   #/run/autumn?case=iran&start=2022-08-01&a.fear.decay=0.1&map=turnout&step=2022-09-17
//
// `case`, `name`, `replicates`, `compare` and all of `a.` and `b.` belong to the form; the rest is the view's own.

const OF_FORM = new Set(["case", "name", "replicates", "compare"]);
const listeners = new Set();

function isOfForm(key) {
  return OF_FORM.has(key) || key.startsWith("a.") || key.startsWith("b.");
}

/** The address, taken apart: `{path: ["run", "autumn"], form: Map, view: Map}`. */
export function read() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const state = { path: path.split("/").filter(Boolean).map(decoded), form: new Map(), view: new Map() };
  for (const [key, value] of new URLSearchParams(query ?? "")) (isOfForm(key) ? state.form : state.view).set(key, value);
  return state;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a state. */
export function address({ path, form, view = new Map() }) {
  const query = new URLSearchParams([...form, ...view]).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

/** Goes to another view; the form stays as it is. */
export function go(...path) {
  const next = address({ path, form: read().form });
  if (next === location.hash) tell();
  else location.hash = next;
}

/** The address of another view, for a link. */
export function link(...path) {
  return address({ path, form: read().form });
}

/** Changes entries of the form or the view without a step in the browser's history; null takes one out. */
function change(part, entries) {
  const state = read();
  for (const [key, value] of Object.entries(entries)) {
    if (value === null || value === undefined || value === "") state[part].delete(key);
    else state[part].set(key, String(value));
  }
  history.replaceState(null, "", address(state));
  if (part === "form") last = formText();
}

/** Changes entries of the form; those who listen hear of it. */
export function changeForm(entries) {
  change("form", entries);
  for (const listener of listeners) listener();
}

/** Puts a whole form in the place of the one that stands. */
export function replaceForm(form) {
  history.replaceState(null, "", address({ ...read(), form }));
  last = formText();
  for (const listener of listeners) listener();
}

/** Changes what a view looks at. */
export function changeView(entries) {
  change("view", entries);
}

/** Hears of changes of the form. */
export function onForm(listener) {
  listeners.add(listener);
}

const routes = new Set();
let last = formText(); // the form of the address that was heard of last
window.addEventListener("hashchange", tell);

function formText() {
  return new URLSearchParams([...read().form]).toString();
}

/** Another address: a step back, a link, or one that was typed in. */
function tell() {
  const now = formText();
  if (now !== last) for (const listener of listeners) listener();
  last = now;
  for (const route of routes) route(read());
}

/** Hears of another view, and of the first. */
export function onRoute(route) {
  routes.add(route);
}
