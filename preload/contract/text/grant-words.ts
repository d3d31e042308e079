import { visible } from './visible.ts';

/** What a grant spec lets its holder do, as the end of “It can …”. `place` is how a path is written. */
export function grantWords(spec: string, place: (path: string) => string = (path) => path): string {
  const colon = spec.indexOf(':');
  const [action, object] = [spec.slice(0, colon), visible(spec.slice(colon + 1))];
  switch (action) {
    case 'file.read':
      return `read ${place(object)}`;
    case 'file.write':
      return `read and write ${place(object)}`;
    case 'net.connect':
      return object.startsWith('*.') ? `connect to every host below ${object.slice(2)}` : `connect to ${object}`;
    case 'http.request':
      return `send ${object}`;
    case 'process.exec':
      return `run ${object}`;
    case 'secret.use':
      return `use the secret ${object.replace('@', ' at ')}`;
    default:
      return visible(spec);
  }
}
