// Every page, in the states in which somebody may see it: for the gallery, and for what is held against WCAG.
//
// A state: its name; the route of src/pages/mod.rs; `path`, if it is not the route, of a World; `as` who sees it, if not a stranger; `before`,
// done once before the state; `then`, done on the page each time it was opened. `stopped` names a service that does not answer meanwhile.
// A state that `needs` something of the market is left out where that is missing: `admin` a password of the administrator, `alone` a market on
// this machine in which nobody else is disturbed.

/** Sends the page's form, whatever the browser itself would say of its fields. */
const sends = (fields, form = ".paper form") => async (browser) => {
  for (const [field, text] of Object.entries(fields)) await browser.type(`#i-${field}`, text);
  await browser.run(`for (const form of document.forms) form.noValidate = true; document.querySelector(arguments[0]).querySelector("[type=submit]").dataset.sent = "true"`, form);
  await browser.click("[data-sent]");
  await browser.one(".failed");
};

export const STATES = [
  { name: "home", route: "/" },
  { name: "home without fm-tracker", route: "/", stopped: "fm-tracker", needs: "alone" },
  { name: "home without fm-cars", route: "/", stopped: "fm-cars", needs: "alone" },
  { name: "results", route: "/cars", path: "/cars?maker=bmw&maker=fiat&price_to=30000" },
  { name: "results as list", route: "/cars", path: "/cars?view=list" },
  { name: "results around a place", route: "/cars", path: "/cars?near=04109+Leipzig&radius=100&sort=distance" },
  { name: "results around no place", route: "/cars", path: "/cars?near=Nirgendwo&radius=100" },
  { name: "results none", route: "/cars", path: "/cars?q=submarine&maker=bmw" },
  { name: "results of values that do not exist", route: "/cars", path: "/cars?maker=xyz&page=x&sort=luck" },
  { name: "results behind the last page", route: "/cars", path: "/cars?page=99999" },
  { name: "results without fm-cars", route: "/cars", stopped: "fm-cars", needs: "alone" },
  { name: "filters", route: "/cars", path: "/cars?body=estate#filters" },
  { name: "suggestions", route: "/search/suggestions", path: "/", then: async (browser) => {
    await browser.ready();
    await browser.type("[name=ask]", "bmw dies");
    await browser.one("[role=option]");
  } },
  { name: "car", route: "/cars/{id}", path: (w) => `/cars/${w.shown.id}` },
  { name: "car whole screen", route: "/cars/{id}", path: (w) => `/cars/${w.shown.id}`, then: async (browser) => {
    await browser.ready();
    await browser.click(".stage li a");
    await browser.one("dialog[open] img");
  } },
  { name: "car without pictures, damaged", route: "/cars/{id}", path: (w) => `/cars/${w.damaged.id}` },
  { name: "car sold", route: "/cars/{id}", path: (w) => `/cars/${w.sold.id}` },
  { name: "car of a dealer", route: "/cars/{id}", path: (w) => `/cars/${w.dealt.id}`, before: (w) => w.makeDealer(), needs: "admin" },
  { name: "car with the number", route: "/cars/{id}", as: "buyer", path: (w) => `/cars/${w.shown.id}?number=shown` },
  { name: "car without fm-tracker", route: "/cars/{id}", path: (w) => `/cars/${w.shown.id}`, stopped: "fm-tracker", needs: "alone" },
  { name: "design", route: "/design" },
  { name: "not found", route: "*", path: "/nowhere" },
  { name: "legal", route: "/imprint" },
  { name: "privacy", route: "/privacy" },
  { name: "terms", route: "/terms" },
  { name: "safety", route: "/safety" },
  { name: "sign up", route: "/sign-up" },
  { name: "sign up refused", route: "/sign-up", then: sends({ username: "x", email: "nobody", password: "123" }) },
  { name: "sign in", route: "/sign-in", path: "/sign-in?to=/my/cars" },
  { name: "sign in refused", route: "/sign-in", then: sends({ login: "nobody at all", password: "not the password" }) },
  { name: "forgotten password", route: "/forgotten-password" },
  { name: "forgotten password refused", route: "/forgotten-password", then: sends({ email: "nobody" }) },
  { name: "forgotten password sent", route: "/forgotten-password/sent" },
  { name: "new password", route: "/new-password", path: "/new-password?token=fmm_none" },
  { name: "new password refused", route: "/new-password", path: "/new-password?token=fmm_none", then: async (browser) => {
    await browser.type("#i-new_password", "quite good enough");
    await browser.click(".paper form [type=submit]");
    await browser.one("main:not(:has(#i-new_password))");
  } },
  { name: "confirm email", route: "/confirm-email", path: "/confirm-email?token=fmm_none" },
  { name: "unsubscribe", route: "/unsubscribe", path: "/unsubscribe?token=fmm_none" },
  { name: "favourites of a stranger", route: "/favourites" },
  { name: "compare nothing", route: "/compare" },
  { name: "goodbye", route: "/goodbye/{id}", before: (w) => w.end(), path: (w) => `/goodbye/${w.goodbye}` },

  { name: "my cars empty", route: "/my/cars", as: "buyer" },
  { name: "inbox empty", route: "/inbox", as: "buyer" },
  { name: "searches empty", route: "/searches", as: "buyer" },
  { name: "contact", route: "/cars/{id}/contact", as: "buyer", path: (w) => `/cars/${w.shown.id}/contact` },
  { name: "contact refused", route: "/cars/{id}/contact", as: "buyer", path: (w) => `/cars/${w.shown.id}/contact`, then: sends({ text: " " }, "main form") },
  { name: "report", route: "/cars/{id}/report", as: "buyer", path: (w) => `/cars/${w.shown.id}/report` },

  { name: "my cars", route: "/my/cars", as: "seller" },
  { name: "sell", route: "/sell", as: "seller" },
  { name: "sell refused", route: "/sell", as: "seller", then: sends({ year: "1066", price: "0", mileage: "many", owners: "-1", inspection_until: "soon", doors: "99", consumption: "a lot" }, "#sell") },
  { name: "edit", route: "/my/cars/{id}/edit", as: "seller", path: (w) => `/my/cars/${w.shown.id}/edit` },
  { name: "edit refused", route: "/my/cars/{id}/edit", as: "seller", path: (w) => `/my/cars/${w.shown.id}/edit`, then: sends({ year: "1066" }, "#sell") },
  { name: "edit of a sold car", route: "/my/cars/{id}/edit", as: "seller", path: (w) => `/my/cars/${w.sold.id}/edit` },
  { name: "pictures", route: "/my/cars/{id}/pictures", as: "seller", path: (w) => `/my/cars/${w.shown.id}/pictures` },
  { name: "pictures of a draft", route: "/my/cars/{id}/pictures", as: "seller", path: (w) => `/my/cars/${w.draft.id}/pictures` },
  { name: "draft", route: "/cars/{id}", as: "seller", path: (w) => `/cars/${w.draft.id}` },
  { name: "own car", route: "/cars/{id}", as: "seller", path: (w) => `/cars/${w.shown.id}` },
  { name: "sold asked", route: "/my/cars/{id}/sold", as: "seller", path: (w) => `/my/cars/${w.shown.id}/sold` },
  { name: "renewal asked", route: "/my/cars/{id}/renew", as: "seller", path: (w) => `/my/cars/${w.shown.id}/renew` },
  { name: "renewal of a draft refused", route: "/my/cars/{id}/renew", as: "seller", path: (w) => `/my/cars/${w.draft.id}/renew`, then: sends({}) },
  { name: "renewal of a sold car", route: "/my/cars/{id}/renew", as: "seller", path: (w) => `/my/cars/${w.sold.id}/renew` },
  { name: "delete car asked", route: "/my/cars/{id}/delete", as: "seller", path: (w) => `/my/cars/${w.shown.id}/delete` },
  { name: "contact own car", route: "/cars/{id}/contact", as: "seller", path: (w) => `/cars/${w.shown.id}/contact` },
  { name: "inbox", route: "/inbox", as: "seller", before: (w) => w.talk() },
  { name: "my cars with messages", route: "/my/cars", as: "seller" },
  { name: "conversation", route: "/inbox/{id}", as: "seller", path: (w) => `/inbox/${w.talk_id}` },
  { name: "report of a conversation", route: "/inbox/{id}/report", as: "seller", path: (w) => `/inbox/${w.talk_id}/report` },
  { name: "favourites", route: "/favourites", as: "seller", before: (w) => w.remember() },
  { name: "compare", route: "/compare", as: "seller", path: (w) => `/compare?id=${w.shown.id}&id=${w.damaged.id}&id=${w.sold.id}` },
  { name: "searches", route: "/searches", as: "seller" },
  { name: "account", route: "/account", as: "seller" },
  { name: "account refused", route: "/account", as: "seller", then: sends({ username: "x", email: "nobody" }, "#data form") },
  { name: "delete account", route: "/account/delete", as: "seller" },
  { name: "delete account refused", route: "/account/delete", as: "seller", then: sends({ confirm: "nobody", password: "wrong" }) },
  { name: "account of a dealer", route: "/account", as: "dealer", needs: "admin" },
  { name: "my cars that expire", route: "/my/cars", before: (w) => w.age(), as: "ageing", needs: "alone" },
  { name: "inbox of an ad that expires", route: "/inbox", as: "ageing", needs: "alone" },
  { name: "renewal of an expired ad asked", route: "/my/cars/{id}/renew", as: "ageing", path: (w) => `/my/cars/${w.expired.id}/renew`, needs: "alone" },
  { name: "own car expired", route: "/cars/{id}", as: "ageing", path: (w) => `/cars/${w.expired.id}`, needs: "alone" },
  { name: "car expired", route: "/cars/{id}", path: (w) => `/cars/${w.expired.id}`, needs: "alone" },
  { name: "moderation", route: "/moderation", as: "admin", before: (w) => w.report(), needs: "admin" },
  { name: "moderation of what is done", route: "/moderation", as: "admin", path: "/moderation?resolved=true", needs: "admin" },
  { name: "conversation with a deleted account", route: "/inbox/{id}", as: "seller", before: async (w) => {
    await w.buyer.leaves();
    w.people.splice(w.people.indexOf(w.buyer), 1);
  }, path: (w) => `/inbox/${w.talk_id}` },
];

/** Routes that show no page of their own, and why. */
export const WITHOUT_PAGE = {
  "/search": "leads to results",
  "/cars/{id}/card": "a part of the start page",
  "/cars/{id}/number": "leads to the car with its number",
  "/searches/{id}/remove": "leads back to the searches",
  "/sign-out": "leads back to the account",
  "/account/data": "leads back to the account",
  "/account/profile": "leads back to the account",
  "/account/hours": "leads back to the account",
  "/account/password": "leads back to the account",
  "/account/mail": "leads back to the account",
  "/account/confirmation": "leads back to the account",
  "/sell/guide": "a part of the form",
  "/my/cars/{id}/pictures/change": "leads back to the pictures",
  "/my/cars/{id}/publish": "leads back to the pictures",
  "/my/cars/{id}/sold/undo": "leads back to one's own cars",
  "/moderation/{id}": "leads back to the reports",
  "/preferences": "leads back to where the reader was",
  "/assets/{version}/{name}": "files",
  "/robots.txt": "for programs",
  "/sitemap.xml": "for programs",
  "/favicon.ico": "an image",
};

/**
 * Leads a browser from state to state. `shows` gets the name of each and what opens it, as often as it likes.
 * States that need more than `has` are left out; their names come back.
 */
export async function walk(part, browser, world, has, shows) {
  const left = [];
  let who = "nobody yet";
  for (const state of STATES) {
    if (state.needs && !has.has(state.needs)) {
      left.push(state.name);
      continue;
    }
    if (state.before)
      await part.does(`what is there before: ${state.name}`, async () => {
        await world.signsIn();
        await state.before(world);
      });
    if (state.as !== who) await part.does(`the reader is: ${state.as ?? "a stranger"}`, () => signIn(browser, world, state.as));
    who = state.as;
    const path = typeof state.path === "function" ? state.path(world) : (state.path ?? state.route);
    const open = async () => {
      // To come to the same address with a fragment would load nothing.
      if (path.includes("#")) await browser.go("about:blank");
      await browser.go(world.base + path);
      await state.then?.(browser);
    };
    const showing = () => shows(state.name, open);
    await (state.stopped ? world.without(state.stopped, showing) : showing());
  }
  return left;
}

async function signIn(browser, world, who) {
  await browser.go(`${world.base}/imprint`);
  await browser.call("DELETE", "/cookie");
  if (!who) return;
  await browser.go(`${world.base}/sign-in?to=/account`);
  await browser.type("#i-login", world[who].name);
  await browser.type("#i-password", world[who].password);
  await browser.click(".paper form [type=submit]");
  await browser.one("#delete");
}
