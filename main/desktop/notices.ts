/** Which changes are worth a desktop notification while the window is out of sight. */
import type { State } from '../contract.ts';

export interface Notice {
  title: string;
  body: string;
}

export function noticeOf(before: State, after: State): Notice | null {
  if (before.phase === after.phase) {
    if (before.callEnds === null && after.callEnds !== null)
      return { title: 'The call is about to be hung up', body: after.callEnds.sentence };
    if (before.engine !== 'lost' && after.engine === 'lost')
      return { title: 'The engine stopped', body: 'Nobody can use the link until it is back.' };
    return null;
  }
  if (after.phase === 'connected') {
    const rate = after.link?.carrierRate;
    return { title: 'Connected', body: rate ? `The line carries ${rate} bit/s.` : 'The link is up.' };
  }
  if (after.fault === null) return null;
  if (after.phase === 'failed') return { title: after.fault.sentence, body: after.fault.remedy };
  if (after.phase === 'waiting-to-redial' && before.phase === 'connected')
    return { title: after.fault.sentence, body: after.activity };
  return null;
}
