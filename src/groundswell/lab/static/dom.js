// Elements by plain calls. Text only ever becomes text nodes, so that nothing a file or a scenario says is read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes and children.
 * @param {string} tag its name
 * @param {Object} [given] attributes; `on` holds listeners by event, a value of false or null is left out, true is an empty attribute,
 *   and `value`, `checked`, `disabled`, `open` and `hidden` are set as properties
 * @param {...(Node|string|number|null|Array)} children texts become text nodes
 */
export function h(tag, given = {}, ...children) {
  return filled(document.createElement(tag), given, children);
}

/** The same for drawings. */
export function s(tag, given = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

const PROPERTIES = new Set(["value", "checked", "disabled", "open", "hidden", "indeterminate"]);

function filled(element, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (PROPERTIES.has(name) && name in element) element[name] = value ?? "";
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Puts other children into an element. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let last = 0;

/** An id that no other element has. */
export function id(prefix) {
  last += 1;
  return `${prefix}-${last}`;
}

/** Says something to those who hear the page; the same words twice are said once. */
export function say(words) {
  const live = document.getElementById("live");
  if (live && live.textContent !== words) live.textContent = words;
}

/** A table in a box of its own that scrolls sideways where it is wide, by keyboard too. */
export function table(caption, heads, rows) {
  const name = id("table");
  const cells = heads.map((head) => h("th", { scope: "col", class: head.class ?? "" }, head.text));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": name },
    h("table", {}, h("caption", { id: name }, h("span", {}, caption)), h("thead", {}, h("tr", {}, cells)), h("tbody", {}, rows)));
}

/** A button that copies a text and says so. */
export function copier(text, what) {
  const button = h("button", { type: "button", class: "quiet", "aria-label": `Copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      button.textContent = "Copied";
      say(`Copied ${what}.`);
    } catch {
      button.textContent = "Select it by hand";
      say("This browser does not let the page copy; select the text by hand.");
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

/** A command line in a box with its copy button; `text` may be empty. */
export function command(text, what = "the command line") {
  return h("div", { class: "command" }, h("pre", { tabindex: 0, role: "region", "aria-label": what.replace(/^the /, "") },
    h("code", {}, text)), copier(text, what));
}
