// The media of an inside end's calls (RFC 3264): the ports it names are awaited from the other end's media address once that is known,
// from the signalling peer until then, and no more when the call is over.
import { formatAddress, SPECIAL } from '../packet/address.ts';
import type { HelperContext } from './helper.ts';
import type { Description, Edit, Medium } from './sdp.ts';

const MEDIA_SECONDS = 180;
/** Calls at the same time, and ports of one. */
export const CALLS = 16;

/** What is known of one call: our media ports and where the other end's media are. */
interface Call {
  readonly ports: Set<number>;
  remote: number | null;
}

export class Media {
  readonly #calls = new Map<string, Call>();

  #call(id: string): Call {
    let call = this.#calls.get(id);
    if (call) return call;
    if (this.#calls.size >= CALLS)
      for (const oldest of this.#calls.keys()) {
        this.#calls.delete(oldest);
        break;
      }
    call = { ports: new Set(), remote: null };
    this.#calls.set(id, call);
    return call;
  }

  /** This end says where it would have its media. */
  own(callId: string, description: Description, edits: Edit[], context: HelperContext): void {
    const ours = description.addresses.some(({ address }) => address === context.inside);
    if (!ours) return;
    const call = this.#call(callId);
    const ports: Edit[] = [];
    let wanted = 0;
    let given = 0;
    for (const medium of description.media) {
      if (medium.port === 0) continue;
      if (medium.address !== context.inside) {
        // 0.0.0.0 is a call on hold (RFC 3264 §8.4).
        if (medium.address !== 0 && medium.address !== null)
          context.refuse('media were asked for a third party');
        continue;
      }
      wanted++;
      if (this.#medium(medium, call, ports, context)) given++;
    }
    if (wanted > 0 && given === 0) return;
    if (given > 0) context.used();
    edits.push(...ports);
    for (const { address, from, to } of description.addresses)
      if (address === context.inside) edits.push({ from, to, text: formatAddress(context.outside) });
  }

  #medium(medium: Medium, call: Call, edits: Edit[], context: HelperContext): boolean {
    const { port, rtcp } = medium;
    const pair =
      medium.rtp && (port & 1) === 0 && (rtcp === null || rtcp.port === port + 1 || rtcp.port === port);
    const outside = this.#await(port, pair, call, context);
    if (outside === null) return false;
    edits.push({ from: medium.from, to: medium.to, text: String(outside) });
    if (rtcp === null || rtcp.port === 0) return true;
    const reports = pair ? outside + rtcp.port - port : this.#await(rtcp.port, false, call, context);
    if (reports !== null) edits.push({ from: rtcp.from, to: rtcp.to, text: String(reports) });
    return true;
  }

  #await(port: number, pair: boolean, call: Call, context: HelperContext): number | null {
    const expected = {
      protocol: 'udp',
      insidePort: port,
      remote: call.remote ?? context.remote,
      remotePort: 0,
      seconds: MEDIA_SECONDS,
      count: 1,
    } as const;
    const outside = pair ? context.expectPair(expected) : context.expect(expected);
    if (outside === null || call.ports.size >= CALLS) return outside;
    call.ports.add(port);
    if (pair) call.ports.add(port + 1);
    return outside;
  }

  /** The other end says where its media are: only from there may they come. */
  peers(callId: string, description: Description, context: HelperContext): void {
    const remote = description.connection;
    // An end that names an address of a private net sends from elsewhere; its signalling shows from where at best.
    if (remote === null || SPECIAL.contains(remote)) return;
    const call = this.#call(callId);
    const before = call.remote ?? context.remote;
    call.remote = remote;
    if (before === remote) return;
    for (const insidePort of call.ports) {
      const moved = context.expect({
        protocol: 'udp',
        insidePort,
        remote,
        remotePort: 0,
        seconds: MEDIA_SECONDS,
        count: 1,
      });
      if (moved !== null) context.withdraw('udp', insidePort, before);
    }
  }

  /** The call is over, or was refused. */
  end(callId: string, context: HelperContext): void {
    for (const port of this.#calls.get(callId)?.ports ?? []) context.withdraw('udp', port);
    this.#calls.delete(callId);
  }
}
