import { create } from 'zustand';

/** What was written and is not saved yet, by file; the empty name is the new one's. Kept until the window closes. */
export interface Drafts {
  readonly file: string | undefined;
  /** Of a new file. */
  readonly name: string;
  readonly texts: Readonly<Record<string, string>>;
  readonly pick: (file: string) => void;
  readonly call: (name: string) => void;
  readonly write: (file: string, text: string) => void;
  readonly drop: (file: string) => void;
}

export const useDrafts = create<Drafts>()((set) => ({
  file: undefined,
  name: 'mine.cedar',
  texts: {},
  pick: (file) => set({ file }),
  call: (name) => set({ name }),
  write: (file, text) => set(({ texts }) => ({ texts: { ...texts, [file]: text } })),
  drop: (file) =>
    set(({ texts }) => ({ texts: Object.fromEntries(Object.entries(texts).filter(([name]) => name !== file)) })),
}));
