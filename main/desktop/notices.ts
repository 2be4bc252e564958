/** Which changes are worth a desktop notification while the window is out of sight. */
import type { CallState, State } from '../contract.ts';

export interface Notice {
  title: string;
  body: string;
}

export function noticeOf(before: State, after: State): Notice | null {
  if (before.engine !== 'lost' && after.engine === 'lost' && before.phase === after.phase)
    return { title: 'The engine stopped', body: 'Nobody can use the link until it is back.' };
  const first = callNotice(before, after, 'The call', 'Connected');
  if (first !== null || before.second === null || after.second === null) return first;
  return callNotice(before.second, after.second, 'The second call', 'Connected a second time');
}

function callNotice(before: CallState, after: CallState, call: string, connected: string): Notice | null {
  if (before.phase === after.phase) {
    if (before.callEnds === null && after.callEnds !== null)
      return { title: `${call} is about to be hung up`, body: after.callEnds.sentence };
    return null;
  }
  if (after.phase === 'connected') {
    const rate = after.link?.carrierRate;
    return { title: connected, body: rate ? `The line carries ${rate} bit/s.` : 'The link is up.' };
  }
  if (after.fault === null) return null;
  if (after.phase === 'failed') return { title: after.fault.sentence, body: after.fault.remedy };
  if (after.phase === 'waiting-to-redial' && before.phase === 'connected')
    return { title: after.fault.sentence, body: after.activity };
  return null;
}
