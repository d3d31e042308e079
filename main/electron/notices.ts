import { Notification } from 'electron';

/**
 * Notifications of the desktop. They are made of words of ours and counts, never of what an agent wrote (they are shown on locked screens, and
 * some desktops read markup in them), and have no buttons: an answer is given where all the facts are.
 */
export class Notices {
  /** Held, or a click on one that was collected would do nothing. By what they are about, so that one takes another's place. */
  readonly #shown = new Map<string, Notification>();

  /** `about` names what it is about: a newer one takes the place of an older one. */
  show(about: string, title: string, body: string, onClick: () => void): void {
    if (!Notification.isSupported()) return;
    this.takeBack(about);
    const notice = new Notification({ title, body, silent: true });
    notice.on('click', onClick);
    notice.on('close', () => {
      if (this.#shown.get(about) === notice) this.#shown.delete(about);
    });
    this.#shown.set(about, notice);
    notice.show();
  }

  /** What it was about is over. */
  takeBack(about: string): void {
    const notice = this.#shown.get(about);
    this.#shown.delete(about);
    notice?.close();
  }
}
