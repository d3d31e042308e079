import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { ShownPolicyProblem } from '#contract/policy.ts';
import { cedarColours, cedarLanguage } from './cedar-language.ts';
import './cedar.css';

/** Rules to be written. Tab leaves the editor, so that the keyboard is never caught in it. */
export function CedarEditor({
  start,
  label,
  problems,
  onChange,
}: {
  /** What it begins with; what comes later is not looked at. */
  readonly start: string;
  readonly label: string;
  readonly problems: readonly ShownPolicyProblem[];
  readonly onChange: (text: string) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const made = useRef<EditorView>(undefined);
  const first = useRef(start);
  const listener = useRef(onChange);
  listener.current = onChange;
  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          highlightActiveLine(),
          bracketMatching(),
          EditorView.lineWrapping,
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) listener.current(state.doc.toString());
          }),
          cedarLanguage,
          cedarColours,
        ],
      }),
    });
    made.current = view;
    return () => view.destroy();
  }, [label]);
  useEffect(() => {
    const view = made.current;
    if (view === undefined) return;
    view.dispatch(setDiagnostics(view.state, diagnosticsOf(problems, view.state)));
  }, [problems]);
  return <div className="cedar cedar-editor" ref={place} />;
}

/** A problem marks its whole line: where in it, nobody says. */
function diagnosticsOf(problems: readonly ShownPolicyProblem[], { doc }: EditorState): Diagnostic[] {
  return problems.map(({ line = 1, what, remedy }) => {
    const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return { from, to, severity: 'error', message: `${what} ${remedy}` };
  });
}
