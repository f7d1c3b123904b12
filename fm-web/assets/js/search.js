// What is looked for and what is known about it: the state of every search form.

/** @typedef {{query: string, shown: string, total: number | null, status: "idle" | "asking" | "failed"}} Search */

/** The search that a page begins with. */
export const begin = (query, total) => ({ query, shown: query, total, status: "idle" });

/** Answers count only if they are about what is looked for now: an older one may come later. */
export function reduce(state, action) {
  switch (action.type) {
    case "changed":
      return action.query === state.query ? state : { ...state, query: action.query, status: "asking" };
    case "answered":
      return action.query === state.query ? { query: state.query, shown: action.query, total: action.total, status: "idle" } : state;
    case "failed":
      return action.query === state.query ? { ...state, total: null, status: "failed" } : state;
    // The page shows other results by now, wherever they come from.
    case "shown":
      return begin(action.query, null);
    case "retried":
      return state.status === "failed" ? { ...state, status: "asking" } : state;
    default:
      return state;
  }
}

/** Writes a form as a query: what is empty is left out, in the order of the form. */
export function queryOf(pairs) {
  const query = new URLSearchParams();
  for (const [name, value] of pairs) if (typeof value === "string" && value.trim() !== "") query.append(name, value.trim());
  return query.toString();
}

/** Says how many there are, in the words that the page brings along. */
export function said(words, total, language) {
  if (total === 0) return words.none;
  if (total === 1) return words.one;
  return words.many.replace("{}", () => new Intl.NumberFormat(language).format(total));
}

/** Calls a function once it has not been wanted for a while. */
export function later(run, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(run, ms, ...args);
  };
}
