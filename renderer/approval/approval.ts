import './approval.css';
import type { ApprovalBridge } from '#contract/bridge.ts';
import { ApprovalPage } from './approval-page.ts';

declare global {
  interface Window {
    readonly gatehouse: ApprovalBridge;
  }
}

const place = document.getElementById('question');
if (place !== null) {
  const page = new ApprovalPage(window.gatehouse, place);
  window.gatehouse.onShown((key) => page.shown(key));
  window.gatehouse.onAsking((asking) => page.update(asking));
}
