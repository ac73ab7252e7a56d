// Runs and comparisons: the list of all, and the progress of one.

import { all, isHeard, isOpen, job, refresh, silence, watch } from "./line.js";
import { count, moment, sentence } from "./format.js";
import { h, put, say } from "./dom.js";
import { link } from "./state.js";
import { path, post } from "./api.js";
import { unfold } from "./form.js";

const KINDS = { run: "run", replicates: "runs under several seeds", comparison: "comparison" };
const STATES = { waiting: "waiting", running: "running", done: "done", stopped: "stopped", failed: "failed" };

/** The address of a job's view. */
export function viewOf(one) {
  return link(one.kind === "comparison" ? "comparison" : "run", one.id);
}

/** The view of all jobs. */
export function jobsView(host) {
  const list = h("div", { class: "jobs" });
  put(host, h("h1", {}, "Runs"), h("p", { class: "lead" },
    "Change what you like in the scenario, and run it; or set a second policy beside the first and compare. Every run is a folder that the command line reads, repeats and verifies."),
  list);
  const cards = new Map();
  const draw = () => {
    const jobs = all();
    if (!isHeard()) return;
    if (!jobs.length) {
      const begin = h("button", { type: "button", class: "quiet", on: { click: () => { unfold(); document.querySelector("#form select, #form input")?.focus(); } } }, "Go to the scenario");
      put(list, h("p", { class: "soft" }, "Nothing has been run in this folder yet."), h("p", { class: "only-narrow" }, begin));
      return;
    }
    for (const one of jobs) {
      if (!cards.has(one.id)) cards.set(one.id, card(one));
      cards.get(one.id).update(one);
    }
    const wanted = jobs.map((one) => cards.get(one.id).element);
    const ul = list.querySelector("ul") ?? put(list, h("ul", { class: "job-list" })).firstChild;
    // elements that stand already are left alone, so that nobody loses the place of the cursor
    wanted.forEach((element, k) => { if (ul.children[k] !== element) ul.insertBefore(element, ul.children[k] ?? null); });
    while (ul.children.length > wanted.length) ul.lastChild.remove();
  };
  draw();
  return watch(draw);
}

/** A job in few words. */
function told(one) {
  const many = one.replicates > 1 ? `, ${count(one.replicates, one.kind === "comparison" ? "pair" : "seed")}` : "";
  return [one.id, `${KINDS[one.kind]}${many}`, moment(one.made), one.status === "done" ? "done" : ""].filter(Boolean).join("; ");
}

/** One job in the list. */
function card(one) {
  const state = progress(one.id);
  const facts = h("p", { class: "soft facts" });
  const title = h("a", { href: viewOf(one) }, one.title || one.id);
  const element = h("li", { class: "job" }, h("div", { class: "job-head" }, h("h2", {}, title), facts), state.element);
  return {
    element,
    update(now) {
      title.href = viewOf(now);
      title.textContent = now.title || now.id;
      facts.textContent = told(now);
      state.update(now);
    },
  };
}

/** Progress of a job with the buttons that fit its state. */
export function progress(id) {
  const bar = h("progress", { max: 1, "aria-label": `Progress of ${id}` });
  const words = h("span", { class: "words" });
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const act = (what, label) => {
    const button = h("button", { type: "button", class: "quiet", "aria-label": `${label} ${id}` }, label);
    button.addEventListener("click", async () => {
      button.disabled = true;
      error.hidden = true;
      try {
        await post(path("jobs", id, what));
        say(what === "cancel" ? "It stops at the end of the day that is being simulated." : "It goes on where it was stopped.");
      } catch (refused) {
        put(error, refused.message).hidden = false;
      }
      await refresh();
      setTimeout(() => { button.disabled = false; }, 800);
    });
    return button;
  };
  const [cancel, resume] = [act("cancel", "Cancel"), act("resume", "Resume")];
  const element = h("div", { class: "progress" }, h("div", { class: "progress-row" }, bar, words, cancel, resume), error);
  return {
    element,
    update(one) {
      const share = Math.max(0, Math.min(1, one.progress ?? 0));
      element.dataset.status = one.status;
      element.hidden = one.status === "done";
      bar.hidden = one.status !== "running" && share === 0;
      if (one.status === "running" && share === 0) bar.removeAttribute("value");
      else bar.value = share;
      const percent = one.status === "running" || share > 0 ? ` ${Math.floor(100 * share)} %` : "";
      put(words, h("span", { class: `state state-${one.status}` }, STATES[one.status]), percent, one.message && one.status !== "done" ? `; ${one.message}` : "");
      const focused = [cancel, resume].find((button) => button === document.activeElement);
      cancel.hidden = !isOpen(one);
      resume.hidden = isOpen(one) || one.status === "done" || one.resumable === false;
      // the cursor stays where the next step is
      if (focused?.hidden) [cancel, resume].find((button) => !button.hidden)?.focus();
    },
  };
}

const heard = new Map(); // id: the state and the quarter that were said last

/** Says what happens to jobs, and no more often than each quarter of one. */
export function announce() {
  for (const one of all()) {
    const now = one.status === "running" ? `running ${Math.floor(4 * (one.progress ?? 0)) * 25} %` : one.status;
    const before = heard.get(one.id);
    heard.set(one.id, now);
    if (before !== undefined && before !== now) say(`${one.title || one.id}: ${now}.`);
  }
}

/** A banner where the server does not answer. */
export function banner(host) {
  const draw = () => {
    const error = silence();
    const more = error?.status === 0 ? " Nothing is lost; the page goes on by itself." : "";
    put(host, error ? h("p", { class: "warning" }, `${sentence(error.message).replace(/[.?]?$/, ".")}${more}`) : null);
  };
  draw();
  watch(draw);
}

/**
 * The frame of a job's view: heading and progress, and what is shown once it is done.
 * @param {(host: Element) => (() => void)} show draws what came out; gives back what ends it
 */
export function jobView(host, id, show) {
  const title = h("h1", {}, id);
  const facts = h("p", { class: "soft facts" });
  const state = progress(id);
  const content = h("div", { class: "content" });
  put(host, title, facts, state.element, content);
  let end = null;
  const draw = () => {
    const one = job(id);
    if (!one) {
      if (isHeard()) put(content, h("p", { class: "warning" }, "There is no such run in this folder. ", h("a", { href: link() }, "All runs")));
      return;
    }
    title.textContent = one.title || one.id;
    facts.textContent = told(one);
    document.title = `${one.title || one.id}: groundswell laboratory`;
    state.update(one);
    if (one.status === "done" && !end) end = show(content, one);
    else if (one.status !== "done") {
      end?.();
      end = null;
      put(content, waiting(one));
    }
  };
  draw();
  const unwatch = watch(draw);
  return () => {
    unwatch();
    end?.();
  };
}

function waiting(one) {
  const words = {
    waiting: "One job runs at a time; this one waits in line.",
    running: "Results appear here when it is done. The page may be closed or reloaded meanwhile: the server goes on.",
    stopped: "It was stopped and keeps what it has simulated; resume goes on from there, to the same bytes.",
    failed: "It ended without a result.",
  };
  return h("p", { class: "soft" }, words[one.status]);
}
