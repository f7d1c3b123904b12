// State that changes in one place: actions go in, a pure function makes the next state, whoever listens is told.

/**
 * @template S, A
 * @param {(state: S, action: A) => S} reduce gives the next state; the same object when nothing changes
 * @param {S} state the first one
 */
export function createStore(reduce, state) {
  const listeners = new Set();
  let reducing = false;
  return {
    get state() {
      return state;
    },
    dispatch(action) {
      if (reducing) throw new Error("a reducer must not dispatch");
      const before = state;
      reducing = true;
      try {
        state = reduce(state, action);
      } finally {
        reducing = false;
      }
      if (state !== before) for (const listener of [...listeners]) listener(state, before);
    },
    /** Listens to changes; gives the function that ends it. */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
