import './approval.css';
import type { ApprovalBridge } from '#contract/bridge.ts';

declare global {
  interface Window {
    readonly gatehouse: ApprovalBridge;
  }
}

const place = document.getElementById('question');
window.gatehouse.onQuestions((questions) => {
  if (place !== null) place.textContent = questions.map((question) => question.kind).join(', ');
});
