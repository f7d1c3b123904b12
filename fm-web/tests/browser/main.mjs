// All browser tests: `./run` brings what they need.
//
//   node main.mjs URL FOLDER AXE [PART]...

import { ask } from "./ask.mjs";
import { down } from "./down.mjs";
import { facts } from "./facts.mjs";
import { focus } from "./focus.mjs";
import { gallery } from "./gallery.mjs";
import { hearts } from "./hearts.mjs";
import { inbox } from "./inbox.mjs";
import { journey } from "./journey.mjs";
import { layout } from "./layout.mjs";
import { live } from "./live.mjs";
import { mail } from "./mail.mjs";
import { near } from "./near.mjs";
import { network } from "./network.mjs";
import { pages } from "./pages.mjs";
import { renewal } from "./renewal.mjs";
import { searches } from "./searches.mjs";
import { Part } from "./steps.mjs";

const [base, folder, axe, ...wanted] = process.argv.slice(2);
const market = process.env.FM_MARKET_DIR;
const parts = {
  scripts: () => new Part("scripts").run({ script: true }, journey(base, true)),
  plain: () => new Part("plain").run({ script: false }, journey(base, false)),
  inbox: () => new Part("inbox").run({ script: true }, inbox(base, true)),
  "inbox-plain": () => new Part("inbox-plain").run({ script: false }, inbox(base, false)),
  hearts: () => new Part("hearts").run({ script: true }, hearts(base, true)),
  "hearts-plain": () => new Part("hearts-plain").run({ script: false }, hearts(base, false)),
  searches: () => new Part("searches").run({ script: true }, searches(base, true)),
  "searches-plain": () => new Part("searches-plain").run({ script: false }, searches(base, false)),
  ask: () => new Part("ask").run({ script: true }, ask(base, true)),
  "ask-plain": () => new Part("ask-plain").run({ script: false }, ask(base, false)),
  near: () => new Part("near").run({ script: true }, near(base, true)),
  "near-plain": () => new Part("near-plain").run({ script: false }, near(base, false)),
  ...(market ? {
    mail: () => new Part("mail").run({ script: true }, mail(base, market)),
    "mail-plain": () => new Part("mail-plain").run({ script: false }, mail(base, market)),
  } : {}),
  facts: () => new Part("facts").run({ script: true }, facts(base, axe)),
  "facts-plain": () => new Part("facts-plain").run({ script: false }, facts(base)),
  live: () => new Part("live").run({}, live(base)),
  focus: () => new Part("focus").run({}, focus(base)),
  network: () => new Part("network").run({}, network(base)),
  layout: () => new Part("layout").run({}, layout(base)),
  pages: () => new Part("pages").run({}, pages(base, folder, axe)),
  ...(market ? {
    down: () => new Part("down").run({}, down(base, folder, market)),
    renewal: () => new Part("renewal").run({ script: true }, renewal(base, true, axe)),
    "renewal-plain": () => new Part("renewal-plain").run({ script: false }, renewal(base, false)),
  } : {}),
  // Only for those who ask for it.
  ...(wanted.includes("gallery") ? { gallery: () => new Part("gallery").run({}, gallery(base, folder)) } : {}),
};
const all = async (names) => {
  for (const name of names) if (parts[name] && (!wanted.length || wanted.includes(name))) await parts[name]();
};

// Some need that nobody else lists or changes cars, or stop what others need.
const alone = ["scripts", "plain", "live", "network", "down", "renewal", "renewal-plain", "gallery"];
const beside = ["pages"];
await all(alone.slice(0, 3));
await Promise.all([all(beside), all(Object.keys(parts).filter((name) => !alone.includes(name) && !beside.includes(name)))]);
await all(alone.slice(3));
