import { create } from 'zustand';
import { call } from '../../bridge.ts';
import { usePlace } from '../../stores/place-store.ts';
import { useShell } from '../../stores/shell-store.ts';

/** Whether the introduction is shown. */
interface FirstRunStore {
  readonly shown: boolean;
  /** Shows it when nobody has gone through it or left it, and no session was ever started. */
  readonly look: () => Promise<void>;
  readonly show: () => void;
  /** Gone through, or left: it does not come by itself again. */
  readonly leave: () => void;
}

export const useFirstRun = create<FirstRunStore>()((set) => ({
  shown: false,
  look: async () => {
    await useShell.getState().load();
    const { shell, change } = useShell.getState();
    if (shell === undefined || shell.preferences.welcomed) return;
    try {
      const { events } = await call('log.query', { query: 'kind:session.*', limit: 1 });
      if (events.length === 0) set({ shown: true });
      else await change({ welcomed: true });
    } catch {
      // A log that cannot be read is told of by every place; an introduction would hide that.
    }
  },
  show: () => set({ shown: true }),
  leave: () => {
    set({ shown: false });
    void useShell.getState().change({ welcomed: true });
  },
}));

// Whoever goes somewhere, by a link, a key or the palette, wants to be there.
usePlace.subscribe(() => {
  const { shown, leave } = useFirstRun.getState();
  if (shown) leave();
});
