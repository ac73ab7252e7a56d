// The scenario form, made from what the server tells of each value; it holds nothing that the address does not.

import { changeForm, go, onForm, read, replaceForm } from "./state.js";
import { command, h, id, put, say } from "./dom.js";
import { chips, compares, scenarioOf } from "./changes.js";
import { count, sentence } from "./format.js";
import { field, isShared } from "./fields.js";
import { get, path, post } from "./api.js";
import { refresh } from "./line.js";

const PAUSE = 300; // ms after the last key before the server is asked

let host; // where the form stands
let cases = [];
let arrived; // called when the cases are known
const told = new Promise((resolve) => { arrived = resolve; });
let fields = new Map(); // by key, what the schema says
let groups = []; // {about, element, body, made: [field] or null}
let parts = {}; // elements that are drawn anew
let asked = 0; // counts questions, so that an old answer is not shown

/** The case that is chosen, as `/api/cases` tells it. */
export function chosen() {
  return cases.find((one) => one.name === read().form.get("case")) ?? cases[0];
}

/** All cases, once the server has told them. */
export function known() {
  return told;
}

/** Builds the form and keeps it in step with the address. */
export async function mount(element) {
  host = element;
  try {
    cases = (await get("/api/cases")).filter((one) => !one.broken);
    arrived(cases);
    // without a wish an invented country stands there: it is small, and of nobody
    if (!cases.some((one) => one.name === read().form.get("case"))) changeForm({ case: (cases.find((one) => !one.real) ?? cases[0]).name });
    await build();
    onForm(sync);
  } catch (error) {
    arrived(cases);
    put(host, h("p", { class: "error", role: "alert" }, error.message));
  }
}

let built = null; // the case that the form is of

async function build() {
  const one = chosen();
  const schema = await get(path("schema", one.name));
  if (chosen() !== one) return;
  built = one.name;
  fields = new Map(schema.groups.flatMap((group) => group.fields.map((about) => [about.key, about])));
  tellAssumed();
  const frame = schema.groups.filter((group) => group.fields.every(isShared));
  groups = schema.groups.filter((group) => !frame.includes(group)).map(groupOf);
  parts = { chips: h("div", { class: "changes" }), frame: frame.map((group) => framed(group)), status: h("div", { class: "status" }), about: h("div", { class: "about-run" }) };
  put(host, h("form", { novalidate: true, autocomplete: "off", on: { submit } },
    caseChoice(one), parts.frame.map((group) => group.element), modes(),
    h("section", { "aria-label": "Changes" }, parts.chips), parameters(), naming(), parts.about, bar()));
  sync();
}

/** How many values are assumed, for the line that is always in sight. */
function tellAssumed() {
  const parameters = [...fields.values()].filter((about) => about.source);
  const assumed = parameters.filter((about) => about.source.startsWith("assumed")).length;
  const button = h("button", { type: "button", class: "plain", on: { click: () => search("assumed") } },
    `${assumed} of ${parameters.length} values are assumed.`);
  put(document.getElementById("assumed"), button);
}

function caseChoice(one) {
  const name = id("case");
  const options = cases.map((each) => h("option", { value: each.name }, `${each.title} (${each.real ? "real country" : "invented"})`));
  const select = h("select", { id: name, name: "case", on: { change: () => changeCase(select.value) } }, options);
  select.value = one.name;
  const kind = one.real ? "Synthetic people in a real country, of a closed period." : "An invented country; nothing in it describes a place.";
  return h("div", { class: "field case" }, h("div", { class: "head" }, h("label", { for: name }, "Case")),
    h("div", { class: "inputs" }, select), h("details", { class: "about" }, h("summary", {}, kind), h("p", { class: "doc" }, one.summary)));
}

function changeCase(name) {
  const kept = [...read().form].filter(([key]) => !/^[ab]\./.test(key) || key.slice(2).includes("."));
  replaceForm(new Map([...kept, ["case", name]]));
}

/** A group that is always open: period, scale, seed and the like; what is seldom changed stands behind `more`. */
function framed(group) {
  const first = new Set(["start", "end", "scale", "seed"]);
  const made = group.fields.map((about) => [about, field(about, valueOf(about.key), changing(about.key))]);
  const rest = made.filter(([about]) => !first.has(about.key)).map(([, one]) => one.element);
  const element = h("fieldset", { class: "frame" }, h("legend", { class: "unseen" }, group.title),
    h("div", { class: "pairs" }, made.filter(([about]) => first.has(about.key)).map(([, one]) => one.element)),
    rest.length ? h("details", { class: "more" }, h("summary", {}, "More of the run"), rest) : null);
  return { element, made: made.map(([, one]) => one) };
}

function valueOf(key) {
  return (side) => read().form.get(`${side}.${key}`) ?? null;
}

function changing(key) {
  return (side, text) => changeForm({ [`${side}.${key}`]: text });
}

function modes() {
  const radio = (value, label) => {
    const input = h("input", { type: "radio", name: "compare", value, on: { change: () => changeForm({ compare: value === "1" ? 1 : null }) } });
    return h("label", { class: "choice" }, input, ` ${label}`);
  };
  parts.modes = h("fieldset", { class: "modes" }, h("legend", {}, "What is run"), radio("0", "one policy"), radio("1", "two policies, compared"),
    h("p", { class: "doc" }, "Two policies share people, seed and draws, so that the difference between them is the effect of what was changed."));
  return parts.modes;
}

// ---- parameters in groups, made when they are opened

function groupOf(about) {
  const body = h("div", { class: "group-body" });
  const many = h("span", { class: "soft many" });
  const element = h("details", { class: "group", "data-group": about.key }, h("summary", {}, h("span", { class: "name" }, sentence(about.title)), many), body);
  const group = { about, element, body, many, made: null };
  element.addEventListener("toggle", () => { if (element.open) make(group); });
  return group;
}

function make(group) {
  if (group.made) return;
  group.made = group.about.fields.map((about) => field(about, valueOf(about.key), changing(about.key)));
  put(group.body, group.about.doc ? h("p", { class: "doc" }, group.about.doc) : null, group.made.map((one) => one.element));
  stand();
}

function parameters() {
  const name = id("search");
  const box = h("input", { type: "search", id: name, placeholder: "word, key or source", autocomplete: "off", spellcheck: "false",
    on: { input: () => filter(box.value) } });
  parts.search = box;
  parts.found = h("p", { class: "doc", role: "status" });
  return h("section", { class: "parameters" }, h("h3", {}, "Parameters"),
    h("div", { class: "field" }, h("label", { for: name }, "Find"), box, parts.found), groups.map((group) => group.element));
}

/** Puts a word into the search and shows what it finds. */
export function search(word) {
  unfold();
  parts.search.value = word;
  filter(word);
  parts.search.focus();
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (about) => words.every((word) => [about.key, about.title, about.doc, about.source].join(" ").toLowerCase().includes(word));
  let found = 0;
  for (const group of groups) {
    const fitting = new Set(group.about.fields.filter((about) => !words.length || fits(about)).map((about) => about.key));
    found += fitting.size;
    group.element.hidden = fitting.size === 0;
    if (words.length && fitting.size) make(group);
    for (const one of group.made ?? []) one.element.hidden = !fitting.has(one.about.key);
    // what was found opens by itself where it is not too much to look through
    if (words.length) group.element.open = fitting.size > 0 && (found <= 24 || group.element.open);
  }
  parts.found.textContent = words.length ? `${count(found, "value")} found` : "";
}

/** Leads to a field: opens its group and puts the cursor there. */
function jump(key, side) {
  const framedOne = parts.frame.flatMap((group) => group.made).find((one) => one.about.key === key);
  const group = groups.find((one) => one.about.fields.some((about) => about.key === key));
  if (group) {
    if (group.element.hidden) search("");
    group.element.open = true;
    make(group);
  }
  const target = framedOne ?? group?.made.find((one) => one.about.key === key);
  for (let box = target?.element.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  target?.focus(side);
}

function every() {
  return [...(parts.frame ?? []).flatMap((group) => group.made), ...groups.flatMap((group) => group.made ?? [])];
}

// ---- the bar that is always at hand

function naming() {
  const name = id("name");
  parts.name = h("input", { id: name, type: "text", autocomplete: "off", spellcheck: "false", placeholder: "left to the laboratory", "aria-describedby": `${name}-doc`,
    on: { input: () => changeForm({ name: parts.name.value.trim() }) } });
  return h("div", { class: "field naming" }, h("label", { for: name }, "Name of the run's folder"), parts.name,
    h("p", { class: "doc", id: `${name}-doc` }, "Small letters, digits and hyphens."));
}

function bar() {
  const name = id("replicates");
  parts.replicates = h("input", { id: name, type: "text", inputmode: "numeric", autocomplete: "off", "aria-describedby": `${name}-doc`,
    on: { input: () => changeForm({ replicates: parts.replicates.value.trim() }) } });
  parts.run = h("button", { type: "submit", class: "main" }, "Run");
  parts.replicatesDoc = h("span", { class: "doc", id: `${name}-doc` });
  return h("div", { class: "bar" }, parts.status, h("div", { class: "bar-row" },
    h("span", { class: "replicates" }, h("label", { for: name }, "Seeds"), parts.replicates, parts.replicatesDoc), parts.run));
}

/** Brings everything in step with the address. */
function sync() {
  if (!host || !fields.size) return;
  if (read().form.get("case") !== built && chosen()) {
    build().catch((error) => put(host, h("p", { class: "error", role: "alert" }, error.message)));
    return;
  }
  const two = compares();
  host.classList.toggle("two", two);
  for (const input of parts.modes.querySelectorAll("input")) input.checked = (input.value === "1") === two;
  for (const one of every()) one.sync();
  chips(parts.chips, fields, jump);
  const changed = new Set([...read().form.keys()].map((key) => key.slice(2)));
  for (const group of groups) {
    const own = group.about.fields.filter((about) => changed.has(about.key)).length;
    group.many.textContent = own ? `${own} changed, ${group.about.fields.length}` : String(group.about.fields.length);
  }
  if (document.activeElement !== parts.replicates) parts.replicates.value = read().form.get("replicates") ?? (two ? "8" : "1");
  if (document.activeElement !== parts.name) parts.name.value = read().form.get("name") ?? "";
  parts.replicatesDoc.textContent = two ? "pairs of runs" : "more than one give bands";
  parts.run.textContent = two ? "Compare" : "Run";
  clearTimeout(parts.timer);
  parts.timer = setTimeout(check, PAUSE);
}

function replicates() {
  const text = read().form.get("replicates") ?? (compares() ? "8" : "1");
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** What is ordered beside a scenario: how many runs, and the name of the folder where one is given. */
function ordered() {
  const name = read().form.get("name");
  return { ...(replicates() === 1 ? {} : { replicates: replicates() }), ...(name ? { name } : {}) };
}

let wrong = []; // {side, key, message}: what the server last refused

/** Asks the server what it thinks of the form. True where it may run. */
async function check() {
  clearTimeout(parts.timer);
  asked += 1;
  const mine = asked;
  const sides = compares() ? ["a", "b"] : ["a"];
  const many = ordered();
  const answers = await Promise.all(sides.map((side) => post("/api/check", { scenario: scenarioOf(side, fields), ...many }).then(
    (answer) => ({ side, answer }),
    (error) => ({ side, error }),
  )));
  if (mine !== asked) return false;
  wrong = answers.filter(({ error }) => error?.status > 0).map(({ side, error }) => ({ side, key: error.key, message: words(error) }));
  stand();
  status(answers);
  return answers.every(({ error }) => !error);
}

function words(error) {
  return error.nearest && !error.message.includes(error.nearest) ? `${error.message}; the nearest is ${error.nearest}` : error.message;
}

/** Puts each error to its field; where it has none it stands above the button. */
function stand() {
  const made = every();
  for (const one of made) for (const side of ["b", "a"]) if (side === "a" || !isShared(one.about)) one.tell(side, null);
  for (const { side, key, message } of wrong) made.find((one) => one.about.key === fieldKey(key))?.tell(side, message);
  for (const name of ["replicates", "name"]) {
    if (wrong.some(({ key }) => key === name)) parts[name].setAttribute("aria-invalid", "true");
    else parts[name].removeAttribute("aria-invalid");
  }
}

/** The field that an error's key belongs to: `parameters.fear.decay` is `fear.decay`, and `run.start` is `start`. */
function fieldKey(key) {
  if (!key) return null;
  const words = key.split(".");
  return words.map((_, k) => words.slice(k).join(".")).find((tail) => fields.has(tail)) ?? null;
}

function status(answers) {
  const errors = wrong.map(({ side, key, message }) => {
    const known = fieldKey(key);
    const where = known ? h("button", { type: "button", class: "plain", on: { click: () => jump(known, side) } }, known) : null;
    return h("p", { class: "error", role: "alert" }, compares() ? `Policy ${side.toUpperCase()}: ` : null, where, where ? ": " : null, message);
  });
  const first = answers[0].answer;
  const warnings = [...new Set(answers.flatMap(({ answer }) => answer?.warnings ?? []))].map((text) => h("p", { class: "doc" }, text));
  const size = !errors.length && first?.days ? h("p", { class: "doc size" }, `${count(first.days, "day")}, ${count(first.rows, "row")} of people`) : null;
  const lines = !errors.length && !compares() && first?.command
    ? h("details", { class: "as-command", open: parts.about.querySelector(".as-command")?.open ?? false }, h("summary", {}, "As a command line"), command(first.command))
    : null;
  put(parts.status, errors);
  put(parts.about, warnings, size, lines);
}

async function submit(event) {
  event.preventDefault();
  parts.run.disabled = true;
  try {
    if (!(await check())) {
      const [first] = wrong;
      if (first && fieldKey(first.key)) jump(fieldKey(first.key), first.side);
      return;
    }
    const two = compares();
    const body = two
      ? { base: scenarioOf("a", fields), other: scenarioOf("b", fields), ...ordered(), replicates: replicates() }
      : { scenario: scenarioOf("a", fields), ...ordered() };
    const { id: made } = await post(two ? "/api/comparisons" : "/api/runs", body);
    say(two ? "The comparison is in line." : "The run is in line.");
    await refresh();
    changeForm({ name: null }); // a name is taken once
    go(two ? "comparison" : "run", made);
  } catch (error) {
    wrong = [{ side: "a", key: error.key, message: words(error) }];
    stand();
    status([{ side: "a", error }]);
  } finally {
    parts.run.disabled = false;
  }
}

/** Opens the form where it is folded away, as on a phone. */
export function unfold() {
  document.getElementById("side").classList.remove("folded");
  document.getElementById("fold").setAttribute("aria-expanded", "true");
}
