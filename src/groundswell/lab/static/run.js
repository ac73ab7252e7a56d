// A finished run: its numbers, the nation by day, provinces on a map, truth against record, and how it is repeated.

import { limits, sentence, shown } from "./format.js";
import { command, h, put, say } from "./dom.js";
import { formOf } from "./changes.js";
import { get, path } from "./api.js";
import { jobView } from "./jobs.js";
import { nation } from "./nation.js";
import { provinces } from "./map.js";
import { record } from "./record.js";
import { replaceForm } from "./state.js";
import { unfold } from "./form.js";

const SECTIONS = [
  ["numbers", "In numbers"],
  ["nation", "The nation, day by day"],
  ["provinces", "By province"],
  ["record", "Truth and record"],
  ["repeat", "How to repeat it"],
];

/** The view of a run. */
export function runView(host, id) {
  return jobView(host, id, (content, one) => finished(content, id, one));
}

/** A part of a page under a heading, with a place to be jumped to. */
export function section(name, title) {
  const body = h("div", { class: "section-body" }, h("p", { class: "soft" }, "is being read …"));
  const heading = h("h2", { tabindex: -1 }, title);
  return { name, title, heading, body, element: h("section", { class: `section section-${name}`, "aria-label": title }, heading, body) };
}

/** Links to the parts of a page; they are buttons, for the address holds the state. */
export function contents(sections) {
  const items = sections.map((one) => h("li", {}, h("button", { type: "button", class: "plain", on: { click: () => {
    one.heading.scrollIntoView({ block: "start" });
    one.heading.focus({ preventScroll: true });
  } } }, one.title)));
  return h("nav", { class: "contents", "aria-label": "Parts of this page" }, h("ul", {}, items));
}

/** Fills a part with what an address gives; an error stands in its place. */
export async function fill(part, address, draw, signal) {
  try {
    const found = await get(address, { signal });
    const drawn = await draw(found);
    if (!signal.aborted) put(part.body, drawn);
  } catch (error) {
    if (error.name !== "AbortError") put(part.body, h("p", { class: "soft" }, `${sentence(error.message)}.`));
  }
}

function finished(content, id, one) {
  const stop = new AbortController();
  const ends = [];
  const parts = Object.fromEntries(SECTIONS.map(([name, title]) => [name, section(name, title)]));
  put(content, contents(Object.values(parts)), Object.values(parts).map((part) => part.element));
  const of = (...more) => path("runs", id, ...more);
  const keep = ({ element, dispose }) => {
    ends.push(dispose);
    return element;
  };
  fill(parts.numbers, of(), (about) => {
    put(parts.repeat.body, repeat(about));
    return tiles(about);
  }, stop.signal).then(() => { if (!parts.repeat.body.querySelector(".command")) put(parts.repeat.body, parts.numbers.body.textContent); });
  fill(parts.nation, of("series"), (found) => keep(nation(found)), stop.signal);
  fill(parts.provinces, of("map"), async (found) => keep(await provinces(found, one.case, id)), stop.signal);
  fill(parts.record, of("record"), (found) => keep(record(found)), stop.signal);
  return () => {
    stop.abort();
    for (const end of ends) end();
  };
}

function tiles({ summary, notes }) {
  const items = summary.map((line) => h("div", { class: "tile" }, h("dt", {}, sentence(line.label)),
    h("dd", { class: "value" }, h("strong", {}, line.text ?? shown(line.value)), line.unit && line.unit !== "1" ? h("span", { class: "unit" }, ` ${line.unit}`) : null),
    Number.isFinite(line.low) && Number.isFinite(line.high) ? h("dd", { class: "band" }, limits(line.low, line.high)) : null,
    line.note && !Number.isFinite(line.low) ? h("dd", { class: "note" }, line.note) : null));
  return [noted(notes), h("dl", { class: "tiles" }, items)];
}

/** What a reader should know first. */
export function noted(notes) {
  return (notes ?? []).map((text) => h("p", { class: "soft" }, text));
}

function repeat(about) {
  const facts = about.provenance.map(([name, text]) => [h("dt", {}, sentence(name)), h("dd", {}, text)]);
  const use = h("button", { type: "button", class: "quiet" }, "Put these settings into the form");
  use.addEventListener("click", () => {
    replaceForm(formOf(about.scenario));
    unfold();
    document.querySelector("#form select")?.focus();
    say("The form holds the settings of this run.");
  });
  const report = about.report ? h("a", { class: "as-button", href: about.report, target: "_blank", rel: "noopener" }, "Open the report page") : null;
  return [
    h("p", {}, "The same seed, scenario and version give the same state hash, on any number of threads."),
    h("p", { class: "hash" }, "State hash ", h("code", {}, about.hash)),
    about.command ? command(about.command) : h("p", { class: "soft" }, "It came from a scenario file that is not in this folder; run that file again."),
    about.verify ? [h("p", { class: "soft" }, "To repeat it and compare every byte:"), command(about.verify, "the command that verifies it")] : null,
    h("p", { class: "tools" }, about.scenario ? use : null, report),
    h("details", {}, h("summary", {}, "Provenance"), h("dl", { class: "facts" }, facts)),
  ];
}

