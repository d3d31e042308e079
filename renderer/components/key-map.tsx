import { Icon } from './icon.tsx';
import { ModalDialog } from './modal-dialog.tsx';
import './command-palette.css';

/** Keys of the main window, each in the words of what it does. */
const windowKeys = [
  [['Ctrl', 'K'], 'Go to anything by its name, or do it'],
  [['1', '…', '5'], 'The five places; with Ctrl also from a field or a terminal'],
  [['/'], 'Search in this place, or in the timeline'],
  [['↑', '↓'], 'Move in a list'],
  [['Enter'], 'Open what is chosen'],
  [['Esc'], 'Leave a dialog or a drawer'],
  [['?'], 'This map'],
] as const;

/** Keys of the approval window. */
const approvalKeys = [
  [['Tab'], 'To a button; Enter presses it, there is no default'],
  [['Esc'], 'Deny once'],
] as const;

/** A table of keys. */
export function KeyTable({
  label,
  keys,
}: {
  readonly label: string;
  readonly keys: readonly (readonly [readonly string[], string])[];
}) {
  return (
    <table className="keys" aria-label={label}>
      <tbody>
        {keys.map(([words, does]) => (
          <tr key={does}>
            <th scope="row">{words.map((word) => (word === '…' ? ' … ' : <Key key={word} word={word} />))}</th>
            <td>{does}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Key({ word }: { readonly word: string }) {
  return (
    <>
      <kbd>{word}</kbd>{' '}
    </>
  );
}

/** All keys of the windows. */
export function WindowKeys() {
  return (
    <>
      <KeyTable label="In this window" keys={windowKeys} />
      <h3 className="keys-heading">When something is asked</h3>
      <KeyTable label="In the window that asks" keys={approvalKeys} />
    </>
  );
}

/** Every key there is, over everything else. */
export function KeyMap({ onClose }: { readonly onClose: () => void }) {
  return (
    <ModalDialog label="Keys" className="key-map" onClose={onClose}>
      <div className="key-map-body">
        <div className="key-map-head">
          <h2>Keys</h2>
          <button type="button" className="button" onClick={onClose}>
            <Icon name="close" />
            Close
          </button>
        </div>
        <WindowKeys />
      </div>
    </ModalDialog>
  );
}
