/** Where a new agent is brought in; no agent's name begins with a dash. */
export const addPlace = '-add';
/** Who may do what. */
export const reviewPlace = '-review';
