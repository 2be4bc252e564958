/** A call as a LinkSession sees it, behind one who hears everything first: the bytes it is given are the ones handed on. */
import type { CallPart } from '../link/parts.ts';
import type { LostCause } from '../modem/call.ts';

export interface Tap {
  part: CallPart;
  hear(bytes: Uint8Array): void;
  /** True when a session has taken it. */
  lose(cause: LostCause, detail: string): boolean;
  /** Forgets the session. */
  let(): void;
}

export function tap(call: CallPart): Tap {
  const part: CallPart = {
    line: call.line,
    carrierRate: call.carrierRate,
    transmitRate: call.transmitRate,
    portRate: call.portRate,
    connectText: call.connectText,
    errorCorrected: call.errorCorrected,
    compressed: call.compressed,
    onData: null,
    onLost: null,
    write: (bytes) => call.write(bytes),
    hangUp: (options) => call.hangUp(options),
  };
  return {
    part,
    hear: (bytes) => part.onData?.(bytes),
    lose(cause, detail) {
      if (part.onLost === null) return false;
      part.onLost(cause, detail);
      return true;
    },
    let() {
      part.onData = null;
      part.onLost = null;
    },
  };
}
