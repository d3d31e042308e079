import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { cedarColours, cedarLanguage } from './cedar-language.ts';
import './cedar.css';

/** A rule as it is written, to be read and copied. */
export function CedarText({ text, label }: { readonly text: string; readonly label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          // Read with the keyboard: it takes the focus and scrolls.
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' }),
          cedarLanguage,
          cedarColours,
        ],
      }),
    });
    return () => view.destroy();
  }, [text, label]);
  return <div className="cedar" ref={place} />;
}
