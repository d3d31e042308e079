/** Up to the list. */
export function BackLink() {
  return (
    <a className="text-link back" href="#/agents">
      ‹ All agents
    </a>
  );
}
