// Claims and verdicts. Whoever makes a claim, it is shown in the same way, in the order of the case.

import { chosen, known } from "./form.js";
import { about, get, path } from "./api.js";
import { command, h, put, table } from "./dom.js";
import { link } from "./state.js";
import { limits, sentence, shown, withUnit } from "./format.js";

const MARKS = { supported: "●", contradicted: "○", depends: "◐", "not decidable": "?", "outside the model": "–" };
const TESTS = { model: "paired runs of the model", data: "records and figures" };
const WARNING = "A verdict is about a sentence as its card puts it into numbers, within this model and these records. Naming who says it is not accepting it; claims of all sides are tested in the same way.";
const RULES = [
  ["supported", "the effect is beyond the smallest that matters with probability .95 or more in every setting of the disputed rules"],
  ["contradicted", "with .05 or less"],
  ["depends", "settings differ, or data and model do, or it turns on what a fit leaves open"],
  ["not decidable", "neither, and the data moved the odds by less than a factor of 3"],
  ["outside the model", "nothing here can test it"],
];

/** The view of the claims of a case. */
export async function claimsView(host, wanted) {
  const cases = await known();
  const stop = new AbortController();
  const body = h("div", { class: "claims" }, h("p", { class: "soft" }, "is being read …"));
  const one = cases.find((each) => each.name === wanted) ?? (chosen()?.claims ? chosen() : cases.find((each) => each.claims)) ?? chosen();
  const others = cases.filter((each) => each.claims);
  const links = others.map((each) => h("li", {}, h("a", { href: link("claims", each.name), "aria-current": each === one ? "page" : null }, each.title)));
  put(host, h("h1", {}, `Claims and verdicts${one ? `: ${one.title}` : ""}`),
    others.length > 1 ? h("nav", { class: "contents", "aria-label": "Cases" }, h("ul", {}, links)) : null, h("p", { class: "warning" }, WARNING), body);
  if (!one) return () => {};
  const asked = Promise.all([get(path("claims", one.name), { signal: stop.signal }), about()]);
  asked.then(([found, { folder }]) => put(body, drawn(found, one.name, folder))).catch((error) => {
    if (error.name !== "AbortError") put(body, h("p", { class: "soft" }, `${sentence(error.message)}.`));
  });
  return () => stop.abort();
}

/** A verdict with its mark. */
function mark(word) {
  return word ? h("span", { class: "verdict" }, h("span", { "aria-hidden": "true" }, `${MARKS[word] ?? ""} `), word) : null;
}

/** A path as a shell takes it. */
function quoted(text) {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function drawn({ judged, found, claims }, name, folder) {
  if (!claims.length) return h("p", { class: "soft" }, "This case has no claims.");
  const cards = new Map(claims.map((claim) => [claim.id, card(claim, judged)]));
  const to = (claim) => h("button", { type: "button", class: "plain", on: { click: () => {
    const { heading } = cards.get(claim.id);
    heading.scrollIntoView({ block: "start" });
    heading.focus({ preventScroll: true });
  } } }, claim.id);
  const heads = [{ text: "" }, { text: "claim" }, { text: "said by" }, ...(judged ? [{ text: "verdict" }] : [])];
  const rows = claims.map((claim) => h("tr", {}, h("th", { scope: "row" }, to(claim)), h("td", { class: "wide" }, claim.sentence), h("td", { class: "by" }, claim.by),
    judged ? h("td", { class: "short" }, mark(claim.verdict) ?? h("span", { class: "soft" }, "not judged")) : null));
  const how = judged
    ? h("p", { class: "soft" }, "Verdicts of ", h("code", {}, found), "; this page only shows them.")
    : [h("p", { class: "soft" }, "Not judged yet. This command judges them from the model, and with --events from a record of yours; its verdicts then appear here."),
      command(`groundswell claims ${name} --out ${quoted(`${folder}/${name}-claims`)}`)];
  return [how, judged ? rules() : null, table(judged ? "One row a claim." : "Claims as their sources put them.", heads, rows), [...cards.values()].map((one) => one.element)];
}

function rules() {
  return h("details", {}, h("summary", {}, "What the verdicts mean"), h("dl", { class: "facts" }, RULES.map(([word, meaning]) => [h("dt", {}, mark(word)), h("dd", {}, meaning)])));
}

function card(claim, judged) {
  const heading = h("h2", { tabindex: -1 }, claim.id, claim.verdict ? [": ", mark(claim.verdict)] : null);
  const facts = [["Said by", [claim.who, claim.by ? ` (${claim.by})` : ""]], ["Source", [claim.source, claim.date ? `, ${claim.date}` : ""]], ["Taken to mean", claim.operational],
    ["Outside the model", claim.outside], ["Tested by", (claim.tested ?? []).map((one) => TESTS[one] ?? one).join(" and ")], ["Would change it", claim.would_change]];
  const told = facts.filter(([, text]) => text && String(text).length).map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]);
  const sides = [["Records and figures", ofData(claim.data)], ["Model, priors alone", ofModel(claim.prior)], ["Model, with the fit", ofModel(claim.posterior)]];
  const boxes = judged && claim.verdict ? h("div", { class: "three" }, sides.map(([name, content]) => h("div", {}, h("h3", {}, name), content))) : null;
  const element = h("article", { class: "card" }, heading, h("blockquote", {}, claim.sentence), claim.because ? h("p", {}, ended(claim.because)) : null, boxes, h("dl", { class: "facts" }, told));
  return { element, heading };
}

/** What records say, each of them about what it was asked. */
function ofData(data) {
  if (!data?.length) return h("p", { class: "soft" }, "not asked");
  return data.map((one) => [
    h("p", {}, h("strong", {}, ended(one.asks))),
    h("p", {}, mark(one.verdict), one.because ? `: ${ended(one.because, false)}` : "", estimate(one) ? ` ${estimate(one)}` : ""),
    one.words ? h("p", { class: "soft" }, ended(one.words)) : null,
  ]);
}

/** What paired runs say. */
function ofModel(side) {
  if (!side) return h("p", { class: "soft" }, "not asked");
  const share = Number.isFinite(side.probability) ? h("p", {}, `Probability, or mean: ${shown(side.probability)} (${limits(side.low, side.high)})`) : null;
  return [h("p", {}, mark(side.verdict)), share, side.because ? h("p", { class: "soft" }, ended(side.because)) : null];
}

function estimate({ estimate: value, low, high, unit }) {
  if (!Number.isFinite(value)) return "";
  return `${withUnit(value, unit)}${Number.isFinite(low) || Number.isFinite(high) ? ` (${shown(low)} to ${shown(high)})` : ""}.`;
}

/** A text as a sentence. */
function ended(text, capital = true) {
  const whole = /[.?!]$/.test(text) ? text : `${text}.`;
  return capital ? sentence(whole) : whole;
}
