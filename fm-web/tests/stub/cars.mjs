// Makes up a market of cars, always the same ones.

const MAKERS = [
  ["audi", "Audi", [["a3", "A3", "small"], ["a4", "A4", "estate"], ["q5", "Q5", "suv"], ["tt", "TT", "coupe"]]],
  ["bmw", "BMW", [["1er", "1 Series", "small"], ["3er", "3 Series", "sedan"], ["5er", "5 Series", "estate"], ["z_reihe", "Z Series", "convertible"]]],
  ["fiat", "Fiat", [["500", "500", "small"], ["panda", "Panda", "small"]]],
  ["ford", "Ford", [["focus", "Focus", "estate"], ["mustang", "Mustang", "coupe"], ["transit", "Transit", "van"]]],
  ["mercedes_benz", "Mercedes-Benz", [["a_klasse", "A-Class", "small"], ["c_klasse", "C-Class", "sedan"], ["vito", "Vito", "van"]]],
  ["opel", "Opel", [["astra", "Astra", "estate"], ["corsa", "Corsa", "small"], ["zafira", "Zafira", "van"]]],
  ["porsche", "Porsche", [["911", "911", "coupe"], ["cayenne", "Cayenne", "suv"]]],
  ["skoda", "Škoda", [["fabia", "Fabia", "small"], ["octavia", "Octavia", "estate"], ["yeti", "Yeti", "suv"]]],
  ["trabant", "Trabant", [["601", "601", "other"]]],
  ["volkswagen", "Volkswagen", [["golf", "Golf", "sedan"], ["passat", "Passat", "estate"], ["polo", "Polo", "small"], ["tiguan", "Tiguan", "suv"], ["beetle", "Beetle", "convertible"]]],
  ["volvo", "Volvo", [["v70", "V70", "estate"], ["xc_reihe", "XC Series", "suv"]]],
];
const COLORS = ["black", "silver", "blue", "white", "red", "grey", "green", "orange", "yellow", "brown", "beige", "violet"];
const ENGINES = ["petrol", "diesel", "petrol", "electric", "hybrid", "diesel", "lpg"];
export const OPTIONS = [
  ["abs", "Anti-lock brakes (ABS)"], ["air_conditioning", "Air conditioning"], ["climate_control", "Automatic climate control"],
  ["heated_seats", "Heated seats"], ["leather_seats", "Leather seats"], ["cruise_control", "Cruise control"], ["navigation", "Navigation"],
  ["parking_sensors", "Parking sensors"], ["tow_bar", "Tow bar"], ["alloy_wheels", "Alloy wheels"], ["winter_tyres", "Winter tyres"],
  ["service_history", "Full service history"],
];
const TEXTS = [
  "Second owner, garaged, serviced on time at the same workshop.\n\nBoth keys, winter tyres on rims included. Viewing any evening after six.",
  "Long journeys only, runs like new. New brakes and battery this year.",
  "Selling because the family grows. A few scratches on the rear bumper, otherwise spotless.",
  "Inspection valid for two more years. Non-smoker.",
];
const PLACES = ["10115", "20095", "80331", "50667", "04109", "70173"];

export const makers = MAKERS.map(([value, label]) => ({ value, label }));
export const models = (maker) => (MAKERS.find((m) => m[0] === maker)?.[2] ?? []).map(([value, label]) => ({ value, label }));

/** A picture of a car. */
export const picture = (key) => ({ key, url: `/images/${key}/full`, thumb_url: `/images/${key}/thumb`, width: 1600, height: 1200 });

let state = 42;
const draw = (below) => {
  state = (state * 1664525 + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

function make(n) {
  const [maker, makerName, kinds] = MAKERS[draw(MAKERS.length)];
  const [model, modelName, body] = kinds[draw(kinds.length)];
  const year = 2008 + draw(17);
  const engine = ENGINES[draw(ENGINES.length)];
  const id = `0197c0de-0000-7000-8000-${String(n).padStart(12, "0")}`;
  const added = new Date(Date.now() - n * 5.3e6 - 60_000).toISOString();
  const images = n % 3 === 1 ? Array.from({ length: 1 + draw(5) }, (_, i) => picture(`${body}-${COLORS[n % COLORS.length]}-${n}-${i}`)) : [];
  return {
    id, maker, model, body, year, engine, images, added, updated: added,
    title: `${makerName} ${modelName} ${year}`,
    description: TEXTS[draw(TEXTS.length)],
    price: 1500 + draw(90) * 450 + (maker === "porsche" ? 40_000 : 0),
    mileage: 4000 + draw(220) * 1000, color: COLORS[n % COLORS.length], gearbox: draw(3) ? "manual" : "automatic", power_ps: 60 + draw(24) * 11,
    options: OPTIONS.filter(() => draw(10) < 4).map((o) => o[0]),
    location: { postal_code: PLACES[draw(PLACES.length)] }, owner_id: `0197c0de-0000-7000-8000-00000000a00${draw(3)}`, status: "listed",
  };
}
export const cars = Array.from({ length: 260 }, (_, n) => make(n));

const LISTS = ["maker", "model", "body", "engine", "gearbox", "color", "option"];
const RANGES = { price: "price", year: "year", mileage: "mileage", power: "power_ps" };
const valuesOf = (car, field) => (field === "option" ? car.options : [car[field]]);

/** Says whether a car passes all filters but one. */
function passes(car, query, but) {
  for (const field of LISTS) {
    const wanted = query.getAll(field);
    if (field !== but && wanted.length && !valuesOf(car, field).some((v) => wanted.includes(v))) return false;
  }
  for (const [field, key] of Object.entries(RANGES)) {
    if (query.get(`${field}_from`) && !(car[key] >= +query.get(`${field}_from`))) return false;
    if (query.get(`${field}_to`) && !(car[key] <= +query.get(`${field}_to`))) return false;
  }
  if (query.get("seller") && car.owner_id !== query.get("seller")) return false;
  const text = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return text.every((word) => `${car.title} ${car.description}`.toLowerCase().includes(word));
}

const listed = () => cars.filter((c) => c.status === "listed");
export const count = (query) => listed().filter((c) => passes(c, query)).length;

export function search(query) {
  const found = listed().filter((c) => passes(c, query));
  const sort = query.get("sort") ?? "-added";
  const bare = (car) => (query.get("sort") ? 0 : car.images.length ? 0 : 1);
  const [key, sign] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
  found.sort((a, b) => bare(a) - bare(b) || (a[key] < b[key] ? -sign : a[key] > b[key] ? sign : 0));
  const page = +(query.get("page") ?? 1);
  const per = +(query.get("per_page") ?? 20);
  return { items: found.slice((page - 1) * per, page * per), total: found.length, page, per_page: per };
}

export function facets(query) {
  const all = {};
  for (const field of LISTS) {
    const counts = new Map();
    for (const car of listed()) {
      for (const value of valuesOf(car, field)) {
        if (value && !counts.has(value)) counts.set(value, 0);
        if (value && passes(car, query, field)) counts.set(value, counts.get(value) + 1);
      }
    }
    all[field] = [...counts].map(([value, n]) => ({ value, count: n }));
  }
  return { total: count(query), facets: all };
}
