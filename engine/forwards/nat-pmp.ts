// NAT-PMP (RFC 6886): requests of 2 or 12 bytes from LAN programs for the outside address or for a port, answered. Pure: bytes and the
// source in, bytes out; who may have what is decided by `serve`. Serves the protocol's only version, 0.
import { get16, put16, put32 } from '../packet/bytes.ts';
import { TCP, UDP } from '../packet/ipv4.ts';
import {
  type Granted,
  type LeaseRequest,
  NETWORK_FAILURE,
  NO_RESOURCES,
  NOT_AUTHORIZED,
  SUCCESS,
} from './grant.ts';

export const NAT_PMP_VERSION = 0;
const RESPONSE = 128;
const OP_ADDRESS = 0;
const OP_UDP = 1;
const OP_TCP = 2;

/** Result codes of RFC 6886 §3.5. */
export const PMP_UNSUPPORTED_VERSION = 1;
export const PMP_NOT_AUTHORIZED = 2;
export const PMP_NETWORK_FAILURE = 3;
export const PMP_OUT_OF_RESOURCES = 4;
export const PMP_UNSUPPORTED_OPCODE = 5;

export interface NatPmpServer {
  /** The link's address, 0 while it is down. */
  outside: number;
  /** Seconds. */
  epoch: number;
  serve(request: LeaseRequest): Granted;
  /** Ends all leases that this host has by NAT-PMP for the protocol. */
  endAll(protocol: number): void;
}

/** The answer to a datagram of a LAN host, or null when it deserves none. */
export function answerNatPmp(request: Uint8Array, source: number, server: NatPmpServer): Uint8Array | null {
  if (request.length < 2) return null;
  const op = request[1] as number;
  if (op >= RESPONSE) return null;
  if (request[0] !== NAT_PMP_VERSION) return header(op, PMP_UNSUPPORTED_VERSION, server.epoch, 8);
  if (op === OP_ADDRESS) return addressResponse(server.outside, server.epoch);
  if (op !== OP_UDP && op !== OP_TCP) return header(op, PMP_UNSUPPORTED_OPCODE, server.epoch, 8);
  if (request.length < 12) return null;
  const protocol = op === OP_TCP ? TCP : UDP;
  const insidePort = get16(request, 4);
  const outsidePort = get16(request, 6);
  const seconds = get16(request, 8) * 65_536 + get16(request, 10);
  const granted = insidePort === 0 ? all(protocol, seconds, server) : null;
  const asked = { by: 'nat-pmp' as const, protocol, inside: source, insidePort, outsidePort, seconds };
  const {
    result,
    outsidePort: port,
    ...rest
  } = granted ?? server.serve({ ...asked, outside: 0, exactly: false, nonce: '', peer: null, filters: [] });
  const answer = header(op, codeOf(result), server.epoch, 16);
  const ends = seconds === 0;
  put16(answer, 8, insidePort);
  put16(answer, 10, ends ? 0 : result === SUCCESS ? port : outsidePort);
  put32(answer, 12, rest.seconds);
  return answer;
}

/** Port 0 with lifetime 0 ends all of a protocol (RFC 6886 §3.4); with any other lifetime it means nothing. */
function all(protocol: number, seconds: number, server: NatPmpServer): Granted {
  if (seconds === 0) server.endAll(protocol);
  return { result: seconds === 0 ? SUCCESS : NOT_AUTHORIZED, outside: 0, outsidePort: 0, seconds: 0 };
}

/** Also what is announced when the address has changed (RFC 6886 §3.2.1). */
export function addressResponse(outside: number, epoch: number): Uint8Array {
  const answer = header(OP_ADDRESS, outside === 0 ? PMP_NETWORK_FAILURE : SUCCESS, epoch, 12);
  put32(answer, 8, outside);
  return answer;
}

function header(op: number, result: number, epoch: number, length: number): Uint8Array {
  const answer = new Uint8Array(length);
  answer[1] = RESPONSE | op;
  put16(answer, 2, result);
  put32(answer, 4, epoch);
  return answer;
}

function codeOf(result: number): number {
  if (result === SUCCESS) return SUCCESS;
  if (result === NETWORK_FAILURE) return PMP_NETWORK_FAILURE;
  return result === NOT_AUTHORIZED
    ? PMP_NOT_AUTHORIZED
    : result >= NO_RESOURCES
      ? PMP_OUT_OF_RESOURCES
      : PMP_NOT_AUTHORIZED;
}
