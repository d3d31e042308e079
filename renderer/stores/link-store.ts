import { create } from 'zustand';
import type { Link } from '#contract/bridge.ts';

/** How the window stands with the supervisor. */
export const useLink = create<{ readonly link: Link; readonly set: (link: Link) => void }>()((set) => ({
  link: { state: 'connecting' },
  set: (link) => set({ link }),
}));
