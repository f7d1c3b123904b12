// Adds to pages that are complete without it. Each page loads what it needs.

const wanted = {
  home: ["ask", "quick", "models", "live", "hearts"],
  results: ["ask", "results", "places", "hearts"],
  car: ["gallery", "hearts"],
  favourites: ["hearts"],
  sell: ["models", "sell"],
  goodbye: ["goodbye"],
  inbox: ["times"],
  searches: ["times"],
  conversation: ["times"],
  mine: ["models", "sell", "upload", "arrange"],
}[document.body.dataset.page] ?? [];

document.documentElement.dataset.script = "on";
const begun = wanted.map((name) => import(`./${name}.js`).then((module) => module.start(document)).catch((e) => console.error(name, e)));
Promise.all(begun).then(() => (document.documentElement.dataset.ready = ""));
