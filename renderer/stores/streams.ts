interface StreamListener {
  output(bytes: Uint8Array): void;
  end(why: string): void;
}

const listeners = new Map<number, StreamListener>();

/** Follows one terminal until the returned function is called. */
export function followStream(stream: number, listener: StreamListener): () => void {
  listeners.set(stream, listener);
  return () => listeners.delete(stream);
}

/** Output of a session; nobody here means that it counts as drawn, or the shell would wait for ever. */
export function passOutput(stream: number, bytes: Uint8Array): void {
  const listener = listeners.get(stream);
  if (listener === undefined) window.gatehouse.streams.taken(stream, bytes.length);
  else listener.output(bytes);
}

export function passStreamEnd(stream: number, why: string): void {
  listeners.get(stream)?.end(why);
}
