/** Up to the list. */
export function BackLink() {
  return (
    <a className="link back" href="#/agents">
      ‹ All agents
    </a>
  );
}
