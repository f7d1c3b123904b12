// Plugins and routes that are switched off and on in a draft.

import { same } from "./browser.mjs";

/** Switches a plugin off with the mouse and on again with the keyboard; the tester skips it meanwhile. */
export async function switches_a_plugin(admin, route, path, plugin) {
  const name = `Switched on: ${plugin}`;
  const is_on = () => admin.page.getByRole("switch", { name }).getAttribute("aria-checked");
  await admin.go(`/admin/routes/${route}`);
  await admin.leads(() => admin.page.getByRole("switch", { name }).click());
  same("the switch after a click", await is_on(), "false");
  same("the focus after a click", await admin.focused(), name);
  await admin.go(`/admin/test?url=${path}`);
  await admin.clicks("Send");
  const row = await admin.page.locator("section", { hasText: "Steps of" }).locator("tbody tr", { hasText: plugin }).first().innerText();
  if (!row.includes("skipped, switched off")) throw new Error(`the step of ${plugin} is ${JSON.stringify(row)}`);
  await admin.go(`/admin/routes/${route}`);
  await admin.tabs_to(name);
  await admin.leads(() => admin.page.keyboard.press("Space"));
  same("the switch after the space key", await is_on(), "true");
}

/** Switches routes off with the keyboard, and all that a filter finds on again with the mouse. */
export async function switches_routes(admin, group, route) {
  const list = `/admin/routes?group=${group}`;
  const { page } = admin;
  await admin.go(list);
  const count = await page.locator(".pick").count();
  const all = page.getByLabel("All that are found");
  same("the button while nothing is selected", await admin.button("Switch off").isDisabled(), true);
  await all.check();
  same("the boxes of the page", await page.locator(".pick:checked").count(), count);
  await page.getByText(`${count} selected`).waitFor();
  await page.locator(".pick").first().uncheck();
  same("the box of all after one is not selected", await all.isChecked(), false);
  await page.getByText(`${count - 1} selected`).waitFor();

  await admin.go(list);
  await admin.tabs_to(`Select: ${route}`);
  await page.keyboard.press("Space");
  await admin.tabs_to("Switch off");
  await admin.leads(() => page.keyboard.press("Enter"));
  await admin.sees("Routes switched off in your draft: 1. Already off: 0.");
  same("the switch of the route", await page.getByRole("switch", { name: `Active: ${route}` }).getAttribute("aria-checked"), "false");
  await all.check();
  await admin.clicks("Switch on");
  await admin.sees(`Routes switched on in your draft: 1. Already on: ${count - 1}.`);
}
