import { type ReactNode, useLayoutEffect, useRef } from 'react';

interface Props {
  readonly label: string;
  readonly className: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog over everything else. The focus stays in it and goes back where it was; Escape or a click beside it closes it. */
export function ModalDialog({ label, className, onClose, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  // Closed before it is taken off the page: only then does the keyboard go back.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // Escape is the dialog's own key.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click beside it has Escape as its key
    <dialog
      ref={element}
      className={className}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      {children}
    </dialog>
  );
}
