// What of the form is changed: read from the address, sent to the server, and listed as chips with an undo each.

import { changeForm, read } from "./state.js";
import { h, put, say } from "./dom.js";
import { isShared, NAMES, parsed, told, written } from "./fields.js";

/** Whether two policies are compared. */
export function compares() {
  return read().form.get("compare") === "1";
}

/** The changes of one policy: `[{key, text, about}]`, `about` undefined where the form has no such key; shared ones are in both. */
export function changesOf(side, fields) {
  const found = [];
  for (const [entry, text] of read().form) {
    const key = entry.slice(2);
    const about = fields.get(key);
    const shared = about !== undefined && isShared(about);
    if (entry.startsWith(`${side}.`) ? !(shared && side === "b") : entry.startsWith("a.") && shared) found.push({ key, text, about });
  }
  return found;
}

/** The scenario of a policy, as the server takes it. */
export function scenarioOf(side, fields) {
  const settings = changesOf(side, fields).map(({ key, text, about }) => [key, about ? parsed(about, text) : text]);
  return { case: read().form.get("case"), settings: Object.fromEntries(settings) };
}

/** The form that a scenario would stand in: entries of an address. */
export function formOf({ case: name, settings }, side = "a") {
  return new Map([["case", name], ...Object.entries(settings).map(([key, value]) => [`${side}.${key}`, written(value)])]);
}

/** Draws the chips of both policies anew; `jump(key, side)` leads to a field. */
export function chips(host, fields, jump) {
  const two = compares();
  const shared = changesOf("a", fields).filter(({ about }) => about && isShared(about));
  const own = (side) => changesOf(side, fields).filter(({ about }) => !about || !isShared(about));
  const lists = two
    ? [shared.length ? list("Shared", shared, "a", jump) : null, list("Policy A", own("a"), "a", jump), list("Policy B", own("b"), "b", jump)]
    : [list("Changed", [...shared, ...own("a")], "a", jump)];
  put(host, lists, tools(two, shared.length + own("a").length + (two ? own("b").length : 0)));
}

function list(title, changes, side, jump) {
  const items = changes.map(({ key, text, about }) => {
    const from = about ? `${told(about, about.default)} → ` : "";
    const now = about ? told(about, parsed(about, text)) : text;
    const undo = h("button", { type: "button", class: "undo", "aria-label": `Undo ${key}, back to ${about ? told(about, about.default) : "nothing"}` }, "×");
    undo.addEventListener("click", () => {
      const place = undo.closest("ul");
      changeForm({ [`${side}.${key}`]: null });
      say(`${key} is as the case has it again.`);
      (place.isConnected ? place : document.querySelector(".chips"))?.querySelector("button")?.focus();
    });
    const title = h("button", { type: "button", class: "to", title: about?.doc ?? "the form has no such value", on: { click: () => jump(key, side) } },
      h("code", {}, key), " ", h("span", { class: "soft" }, from), h("strong", {}, now));
    return h("li", { class: "chip", "data-key": key }, title, undo);
  });
  const none = h("li", { class: "soft none" }, "nothing: as the case has it");
  return h("div", { class: "chip-list" }, h("h4", {}, title), h("ul", { class: "chips" }, items.length ? items : none));
}

function tools(two, many) {
  const every = (test) => Object.fromEntries([...read().form.keys()].filter(test).map((key) => [key, null]));
  const undo = h("button", { type: "button", class: "quiet", on: { click: () => changeForm(every((key) => /^[ab]\./.test(key))) } }, "Undo all");
  const swap = h("button", { type: "button", class: "quiet", on: { click: exchange } }, `Exchange ${NAMES.a} and ${NAMES.b}`);
  const shown = [many > 1 ? undo : null, two && many ? swap : null].filter(Boolean);
  return shown.length ? h("p", { class: "tools" }, shown) : null;
}

function exchange() {
  const entries = {};
  for (const [key, text] of read().form) {
    if (!/^[ab]\./.test(key) || isShared({ key: key.slice(2) })) continue;
    const other = `${key[0] === "a" ? "b" : "a"}${key.slice(1)}`;
    entries[other] = text;
    if (!(key in entries)) entries[key] = null;
  }
  changeForm(entries);
}
