// What an operator does in the dashboard, in the words of its pages.

import { same } from "./browser.mjs";

export class Operator {
  constructor(page, dashboard) {
    Object.assign(this, { page, dashboard });
  }
  go(path) {
    return this.page.goto(this.dashboard + path);
  }
  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }
  async signs_in(name, password) {
    await this.go("/admin/sign-in");
    await this.page.getByLabel("Name").fill(name);
    await this.page.getByLabel("Password").fill(password);
    await this.clicks("Sign in");
  }
  /** Chooses a password of the operator's own, where a page has asked for it. */
  async changes_password(old, chosen) {
    await this.page.getByLabel("Old password").fill(old);
    await this.page.getByLabel("New password", { exact: false }).first().fill(chosen);
    await this.page.getByLabel("New password again").fill(chosen);
    await this.clicks("Change password");
    await this.sees("Your password was changed");
  }
  /** Does what leads to another page, and waits for that page: the one before may look the same. */
  async leads(act) {
    await this.page.evaluate(() => (window.left_behind = true));
    await act();
    await this.page.waitForFunction(() => !window.left_behind && document.readyState === "complete");
  }
  clicks(name) {
    return this.leads(() => this.button(name).click());
  }
  sees(text) {
    return this.page.getByText(text).first().waitFor();
  }
  async is_at(path) {
    await this.page.waitForURL((url) => url.pathname === path);
  }
  async signs_out() {
    await this.clicks("Sign out");
    await this.is_at("/admin/sign-in");
  }
  /** Calls the Admin API with the session of the page. */
  call(method, path, body, headers = {}) {
    const asked = async ([method, path, body, headers]) => {
      const csrf = document.querySelector("input[name=csrf]").value;
      const answer = await fetch(`/admin/api${path}`, { method, headers: { "content-type": "application/json", "x-csrf-token": csrf, ...headers }, body: body && JSON.stringify(body) });
      const text = await answer.text();
      return { status: answer.status, body: text ? JSON.parse(text) : null };
    };
    return this.page.evaluate(asked, [method, path, body, headers]);
  }
  /** The table in the registry and its revision. */
  async table() {
    const { status, body } = await this.call("GET", "/table");
    same("the status of the table", status, 200);
    return body;
  }

  /** The plugins of the pipeline that is shown, in order. */
  pipeline() {
    return this.page.locator("[data-stage] input[type=hidden][name$='.plugin']").evaluateAll((inputs) => inputs.map((input) => input.value).join(" "));
  }
  stage(plugin) {
    return this.page.locator("[data-stage]").filter({ has: this.page.locator(`input[name$='.plugin'][value="${plugin}"]`) });
  }
  async adds_plugin(plugin) {
    await this.page.getByLabel("Add a plugin").selectOption(plugin);
    await this.clicks("Add");
  }
  /** Fills in a setting of a plugin of the pipeline. */
  async sets(plugin, label, value) {
    const stage = this.stage(plugin);
    if (!(await stage.getByLabel(label).isVisible())) await stage.locator("summary").click();
    await stage.getByLabel(label).fill(value);
  }
  async saves() {
    await this.clicks("Save in the draft");
    await this.sees("Saved in your draft");
  }
  /** Publishes the draft that the review shows, and gives the new revision. */
  async publishes(comment) {
    await this.go("/admin/publish");
    await this.page.getByLabel("Comment: why?").fill(comment);
    await this.clicks("Publish on all nodes");
    await this.is_at("/admin/history");
    return (await this.table()).revision;
  }

  /** The name of the control that has the focus. */
  focused() {
    return this.page.evaluate(() => {
      const e = document.activeElement;
      return (e.getAttribute("aria-label") ?? e.closest("label")?.firstChild?.textContent ?? e.textContent).trim();
    });
  }
  /** Walks with the Tab key until a control with this name has the focus. */
  async tabs_to(name) {
    const focused = () => this.focused();
    const passed = [];
    for (let n = 0; n < 150; n++) {
      if ((await focused()) === name) return;
      await this.page.keyboard.press("Tab");
      passed.push(await focused());
    }
    throw new Error(`the Tab key does not reach ${JSON.stringify(name)}, but ${[...new Set(passed)].join(", ")}`);
  }
  /** Walks to a button, presses it, and waits for the page that it leads to. */
  async presses(name) {
    await this.tabs_to(name);
    await this.leads(() => this.page.keyboard.press("Enter"));
  }
}
