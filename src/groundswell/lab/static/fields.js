// One value of the form: label, entry, unit, range, default, what it means and where it comes from. In a comparison it has two entries
// side by side, one for each policy; what both policies share has one.

import { exact, shown, sentence } from "./format.js";
import { h, id } from "./dom.js";

export const NAMES = { a: "A", b: "B" };
const BETWEEN = "\n"; // the entries of a list; no name has one

// without these in common two runs share no draws
const SHARED = new Set(["start", "end", "seed", "scale", "provinces", "growth"]);

/** Whether two policies of a comparison share a value. */
export function isShared({ key }) {
  return SHARED.has(key);
}

/** What is written in an address, as the value that is sent; what is no number is sent as it stands, and refused with reasons. */
export function parsed(about, text) {
  if (about.kind === "flag") return text === "true";
  if (about.kind === "several") return text.split(BETWEEN).filter(Boolean);
  if (about.kind !== "number" && about.kind !== "integer") return text;
  const trimmed = text.trim().replace("−", "-");
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

/** A value as it is written in an address. */
export function written(value) {
  return Array.isArray(value) ? value.join(BETWEEN) : exact(value);
}

/** Whether a value is what the case has anyway. */
export function isDefault(about, text) {
  return text === null || text.trim() === "" || written(parsed(about, text)) === written(about.default);
}

/** A default or a value in the words of a chip or a fact. */
export function told(about, value) {
  if (value === null || value === undefined) return "none";
  if (about.kind === "flag") return value ? "yes" : "no";
  if (about.kind === "several") return value.length > 2 ? `${value.length} of ${about.choices.length}` : named(about, value) || empty(about);
  if (about.kind === "choice") return about.choices.find((one) => one.value === value)?.title ?? exact(value);
  return typeof value === "number" && about.kind === "number" ? exact(value).replace("-", "−") : exact(value);
}

function named(about, values) {
  return values.map((value) => about.choices.find((one) => one.value === value)?.title ?? value).join(", ");
}

/** What an empty list means: all provinces, but no policy that is left out. */
function empty(about) {
  return about.key === "provinces" ? "all" : "none";
}

/**
 * The element of a value.
 * @param {Object} about as the schema of the form tells it
 * @param {(side: string) => string|null} value what is changed, as written in the address; null where nothing is
 * @param {(side: string, text: string|null) => void} change called with what was entered; null undoes
 */
export function field(about, value, change) {
  const name = id("field");
  const entries = {};
  const errors = {};
  const ids = { doc: `${name}-doc`, facts: `${name}-facts` };
  for (const side of isShared(about) ? ["a"] : ["a", "b"]) {
    const label = isShared(about) ? null : `${about.title}, policy ${NAMES[side]}`;
    const described = `${name}-error-${side} ${ids.doc} ${ids.facts}`;
    const given = { id: `${name}-${side}`, "aria-describedby": described, name: about.key, "aria-label": side === "b" ? label : null };
    entries[side] = entry(about, given, () => change(side, entries[side].read()));
    errors[side] = h("p", { class: "error", id: `${name}-error-${side}`, hidden: true });
  }
  const boxes = Object.entries(entries).map(([side, one]) =>
    h("span", { class: `entry entry-${side}` }, isShared(about) ? null : h("span", { class: "of", "aria-hidden": "true" }, NAMES[side]),
      one.element));
  const unit = about.unit && about.unit !== "1" ? h("span", { class: "unit" }, about.unit) : null;
  const body = about.kind === "several"
    ? h("div", { class: "inputs" }, boxes)
    : h("div", { class: "inputs" }, boxes, unit);
  const head = about.kind === "several" ? h("span", { class: "label", id: `${name}-label` }, sentence(about.title))
    : h("label", { for: `${name}-a` }, sentence(about.title));
  const element = h("div", { class: `field field-${about.kind}`, "data-key": about.key },
    h("div", { class: "head" }, head, isShared(about) ? null : h("code", {}, about.key)),
    body, Object.values(errors), h("p", { class: "doc", id: ids.doc }, sentence(about.doc)), facts(about, ids.facts));

  const sync = () => {
    for (const [side, one] of Object.entries(entries)) {
      const text = value(side);
      one.write(text);
      one.element.classList.toggle("changed", text !== null);
    }
  };
  const tell = (side, words) => {
    const error = errors[side] ?? errors.a;
    const input = (entries[side] ?? entries.a).input;
    error.textContent = words ?? "";
    error.hidden = !words;
    if (words) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  sync();
  return { about, element, sync, tell, focus: (side = "a") => (entries[side] ?? entries.a).input.focus() };
}

function facts(about, name) {
  const parts = [`default ${told(about, about.default)}`];
  if (about.range && (about.range[0] !== null || about.range[1] !== null)) parts.push(range(about));
  const source = about.source ? h("span", { class: about.source.startsWith("assumed") ? "source assumed" : "source" }, about.source) : null;
  return h("p", { class: "facts", id: name }, parts.join("; "), source ? ["; source: ", source] : null);
}

function range({ range: [low, high], kind }) {
  const one = (value) => (kind === "date" ? value : shown(value, 6));
  if (high === Number.MAX_SAFE_INTEGER) return `from ${one(low)}`;
  if (low === null) return `at most ${one(high)}`;
  if (high === null) return `at least ${one(low)}`;
  return `from ${one(low)} to ${one(high)}`;
}

/** What a value is entered in: `{element, input, read, write}`. */
function entry(about, given, changed) {
  if (about.kind === "choice") return choice(about, given, changed);
  if (about.kind === "flag") return flag(about, given, changed);
  if (about.kind === "several") return several(about, given, changed);
  const dated = about.kind === "date";
  const kind = dated
    ? { type: "date", min: about.range?.[0], max: about.range?.[1] }
    : { type: "text", inputmode: about.range?.[0] < 0 ? "text" : "decimal", autocomplete: "off", spellcheck: "false" };
  const input = h("input", { ...given, ...kind, on: { input: changed } });
  // what is empty is the case's own value again, and says so once it is left
  input.addEventListener("blur", () => { if (input.value.trim() === "") write(null); });
  const write = (text) => {
    const next = text ?? written(about.default);
    if (document.activeElement !== input || (text === null && !isDefault(about, input.value))) input.value = next;
  };
  return { element: input, input, write, read: () => (isDefault(about, input.value) ? null : input.value.trim()) };
}

function choice(about, given, changed) {
  const options = about.choices.map((one) => h("option", { value: one.value }, one.title));
  const input = h("select", { ...given, on: { change: changed } }, options);
  const write = (text) => { input.value = text ?? written(about.default); };
  return { element: input, input, write, read: () => (isDefault(about, input.value) ? null : input.value) };
}

function flag(about, given, changed) {
  const input = h("input", { ...given, type: "checkbox", on: { change: changed } });
  const write = (text) => { input.checked = text === null ? Boolean(about.default) : text === "true"; };
  return { element: input, input, write, read: () => (input.checked === Boolean(about.default) ? null : String(input.checked)) };
}

/** Some of a list, such as provinces. */
function several(about, given, changed) {
  const boxes = about.choices.map((one) => h("input", { type: "checkbox", value: one.value, on: { change: changed } }));
  const items = about.choices.map((one, k) => h("label", { class: "box" }, boxes[k], h("span", {}, one.title)));
  const input = h("summary", { ...given, name: null, "aria-label": null }, "");
  const list = h("div", { class: "boxes", role: "group", "aria-label": given["aria-label"] ?? about.title }, items);
  const element = h("details", { class: "several" }, input, about.choices.length ? list : h("p", { class: "doc" }, "this case has none"));
  const standard = written(about.default);
  const read = () => {
    const found = boxes.filter((box) => box.checked).map((box) => box.value).join(BETWEEN);
    return found === standard ? null : found;
  };
  const write = (text) => {
    const chosen = new Set((text ?? standard).split(BETWEEN));
    for (const box of boxes) box.checked = chosen.has(box.value);
    const many = boxes.filter((box) => box.checked).length;
    input.textContent = many ? `${many} of ${boxes.length}` : empty(about);
  };
  return { element, input, read, write };
}
