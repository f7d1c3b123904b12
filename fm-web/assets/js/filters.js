// Brings the filters of a page up to date with those of a newer one, without disturbing whoever is using them.

/** Takes over the groups of `next`; of the one that has the focus only its counts. */
export function renew(body, next) {
  const groups = new Map([...body.querySelectorAll(".group")].map((g) => [g.dataset.field, g]));
  let last = null;
  for (const fresh of next.querySelectorAll(".group")) {
    const old = groups.get(fresh.dataset.field);
    groups.delete(fresh.dataset.field);
    if (!old && last) last.after(fresh);
    else if (!old) body.append(fresh);
    last = !old ? fresh : old.contains(document.activeElement) ? counts(old, fresh) : replace(old, fresh);
  }
  for (const gone of groups.values()) if (!gone.contains(document.activeElement)) gone.remove();
}

function replace(old, fresh) {
  fresh.open = old.open;
  const rest = fresh.querySelector(".rest");
  if (rest) rest.open = old.querySelector(".rest")?.open ?? false;
  old.replaceWith(fresh);
  return fresh;
}

/** A value of a filter: a group may have several filters. */
const named = (tick) => (({ name, value }) => `${name}=${value}`)(tick.querySelector("input"));

function counts(old, fresh) {
  const known = new Map([...fresh.querySelectorAll(".tick")].map((t) => [named(t), t]));
  for (const tick of old.querySelectorAll(".tick")) {
    const now = known.get(named(tick));
    if (!now) continue;
    tick.querySelector(".tick-count").textContent = now.querySelector(".tick-count").textContent;
    tick.className = now.className;
    tick.querySelector("input").disabled = now.querySelector("input").disabled;
  }
  // What is wrong with what was typed shows at once, also while the field has the focus.
  const [wrong, now] = [old.querySelector("[data-wrong]"), fresh.querySelector("[data-wrong]")];
  if (wrong && now) {
    wrong.hidden = now.hidden;
    const input = old.querySelector(`[name="${old.dataset.field}"]`);
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (now.hidden) input.removeAttribute(name);
      else input.setAttribute(name, name === "aria-invalid" ? "true" : now.id);
    }
  }
  return old;
}

/** Takes over a whole form: its groups, its text and what it sends unseen. */
export function replaceAll(form, next) {
  const open = new Map([...form.querySelectorAll(".group")].map((g) => [g.dataset.field, g.open]));
  const body = next.querySelector(".filters-body").cloneNode(true);
  for (const group of body.querySelectorAll(".group")) group.open = open.get(group.dataset.field) ?? group.open;
  form.querySelector(".filters-body").replaceWith(body);
  for (const unseen of form.querySelectorAll(":scope > input[type=hidden]")) unseen.remove();
  form.prepend(...[...next.querySelectorAll(":scope > input[type=hidden]")].map((unseen) => unseen.cloneNode()));
}
