import { create } from 'zustand';
import type { PreferencesChange, ShellState } from '#contract/bridge.ts';
import type { ErrorData } from '#contract/errors.ts';
import { errorDataOf, unwrap } from '../bridge.ts';

/** The shell about itself, and what the person chose for the windows. */
interface ShellStore {
  readonly shell: ShellState | undefined;
  readonly error: ErrorData | undefined;
  readonly load: () => Promise<void>;
  readonly change: (change: PreferencesChange) => Promise<void>;
}

export const useShell = create<ShellStore>()((set) => {
  const take = async (asked: () => ReturnType<typeof window.gatehouse.shell>): Promise<void> => {
    try {
      set({ shell: unwrap(await asked()), error: undefined });
    } catch (error) {
      set({ error: errorDataOf(error) });
    }
  };
  return {
    shell: undefined,
    error: undefined,
    load: () => take(() => window.gatehouse.shell()),
    change: (change) => take(() => window.gatehouse.setPreferences(change)),
  };
});
