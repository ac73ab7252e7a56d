// The line of jobs: what the server says of each, asked again and again while the page is in sight, so that tabs need no other link.

import { get } from "./api.js";

const SOON = 600; // ms between questions while something runs
const LATER = 4000;
const listeners = new Set();
const jobs = new Map();
let timer = null;
let trouble = null;
let heard = false;
let asking = Promise.resolve(); // the question under way

/** Jobs, the newest first. */
export function all() {
  return [...jobs.values()];
}

/** One job, or undefined. */
export function job(id) {
  return jobs.get(id);
}

/** Whether the server has answered yet. */
export function isHeard() {
  return heard;
}

/** Why the server does not answer, or null. */
export function silence() {
  return trouble;
}

/** Whether a job is waiting or running. */
export function isOpen(one) {
  return one.status === "waiting" || one.status === "running";
}

/** Calls a listener after every answer that says something new; gives back what ends that. */
export function watch(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Asks now, or once what is being asked has been answered; what it tells is then known. */
export function refresh() {
  asking = asking.then(ask, ask);
  return asking;
}

async function ask() {
  const answer = await get("/api/jobs").catch((error) => error);
  const isNews = answer instanceof Error ? fails(answer) : takes(answer);
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, all().some(isOpen) && !trouble ? SOON : LATER);
  if (isNews) for (const listener of listeners) listener();
}

/** Takes note of a failure; whether it is another than the last. */
function fails(error) {
  const isNews = trouble?.message !== error.message;
  trouble = error;
  return isNews;
}

/** Takes over what the server tells; whether anything of it is new. */
function takes(list) {
  const before = JSON.stringify(all());
  const isNews = !heard || trouble !== null;
  [heard, trouble] = [true, null];
  jobs.clear();
  for (const one of list) jobs.set(one.id, one);
  return isNews || JSON.stringify(all()) !== before;
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
