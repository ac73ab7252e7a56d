// The page: which view the address asks for, and what stands around it.

import { announce, banner, jobsView } from "./jobs.js";
import { h, put } from "./dom.js";
import { link, onForm, onRoute, read } from "./state.js";
import { mount } from "./form.js";
import { refresh, watch } from "./line.js";

const main = document.getElementById("main");
const view = h("div", { class: "view" });
const trouble = h("div", { class: "trouble", role: "alert" });
const narrow = matchMedia("(max-width: 60rem)");
let end = null;
let standing = null; // the view that is shown

const VIEWS = {
  run: async (id) => (host) => import("./run.js").then(({ runView }) => runView(host, id)),
  comparison: async (id) => (host) => import("./comparison.js").then(({ comparisonView }) => comparisonView(host, id)),
  claims: async (name) => (host) => import("./claims.js").then(({ claimsView }) => claimsView(host, name)),
};
const TITLES = { run: "Run", comparison: "Comparison", claims: "Claims and verdicts" };

async function show({ path }) {
  const [name, about] = path;
  const asked = path.join("/");
  if (asked === standing) return;
  const first = standing === null;
  standing = asked;
  end?.();
  end = null;
  document.title = `${TITLES[name] ?? "Runs"}: groundswell laboratory`;
  mark(name);
  const host = h("div", {});
  put(view, host);
  const begin = name in VIEWS ? await VIEWS[name](about) : (place) => jobsView(place);
  const ended = await begin(host);
  if (standing === asked) end = ended;
  else ended?.();
  if (narrow.matches && (name ?? "") !== "") fold(true);
  if (!first) {
    main.focus({ preventScroll: true });
    main.scrollIntoView({ block: "start" });
  }
}

/** Says which view is shown, and keeps the form in the addresses that lead to others. */
function mark(name) {
  const links = { "to-runs": [], "to-claims": ["claims"], home: [] };
  for (const [element, path] of Object.entries(links)) document.getElementById(element).href = link(...path);
  const current = { "to-runs": name !== "claims", "to-claims": name === "claims" };
  for (const [element, is] of Object.entries(current)) {
    if (is) document.getElementById(element).setAttribute("aria-current", name === "claims" || !name ? "page" : "true");
    else document.getElementById(element).removeAttribute("aria-current");
  }
}

function fold(folded) {
  document.getElementById("side").classList.toggle("folded", folded);
  document.getElementById("fold").setAttribute("aria-expanded", String(!folded));
}

function begin() {
  put(main, trouble, view);
  document.getElementById("fold").addEventListener("click", () => fold(!document.getElementById("side").classList.contains("folded")));
  document.getElementById("skip").addEventListener("click", () => {
    main.focus();
    main.scrollIntoView({ block: "start" });
  });
  banner(trouble);
  const scope = document.getElementById("scope");
  // what sticks to the foot of a phone's page stands above that line
  new ResizeObserver(() => document.documentElement.style.setProperty("--scope", `${scope.offsetHeight}px`)).observe(scope);
  watch(announce);
  onForm(() => mark(read().path[0]));
  onRoute(show);
  refresh();
  mount(document.getElementById("form"));
  show(read());
}

begin();
