// Port Control Protocol, server side (RFC 6887): MAP, PEER and ANNOUNCE for IPv4, with the options PREFER_FAILURE and FILTER. THIRD_PARTY is
// refused as an unknown option: nobody opens ports for another. Pure: a datagram and its source in, the response out; who may have
// what is decided by `serve`. No all-ports and no all-protocols mappings.
import { maskOf } from '../packet/address.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { TCP, UDP } from '../packet/ipv4.ts';
import {
  CANNOT_PROVIDE_EXTERNAL,
  type Granted,
  type LeaseRequest,
  NETWORK_FAILURE,
  SUCCESS,
} from './grant.ts';
import type { Filter } from './leases.ts';

export const PCP_VERSION = 2;
const RESPONSE = 0x80;
const ANNOUNCE = 0;
const MAP = 1;
const PEER = 2;
/** Bytes of the header and of the opcodes' own data (§7.1, §11.1, §12.1). */
const HEADER = 24;
const OPCODE_BYTES = [0, 36, 56] as const;
const LARGEST = 1100;
const PREFER_FAILURE = 2;
const FILTER = 3;
/** Options from here on may be ignored (§7.3). */
const OPTIONAL = 128;
const MAX_FILTERS = 8;

/** Result codes of the protocol itself; those of policy are grant.ts's. */
export const UNSUPP_VERSION = 1;
export const MALFORMED_REQUEST = 3;
export const UNSUPP_OPCODE = 4;
export const UNSUPP_OPTION = 5;
export const MALFORMED_OPTION = 6;
export const UNSUPP_PROTOCOL = 9;
export const ADDRESS_MISMATCH = 12;
export const EXCESSIVE_REMOTE_PEERS = 13;

/** How long an error holds (§7.4): what may soon be otherwise 30 s, the rest half an hour. */
const SHORT_ERROR_SECONDS = 30;
const LONG_ERROR_SECONDS = 1800;
const SHORT_ERRORS = new Set([NETWORK_FAILURE, 8, 10, CANNOT_PROVIDE_EXTERNAL]);

export interface PcpServer {
  /** Seconds. */
  epoch: number;
  serve(request: LeaseRequest): Granted;
  /** Ends all leases that this host made with the nonce, of one protocol or (0) of both. */
  endAll(protocol: number, nonce: string): void;
}

interface Options {
  result: number;
  exactly: boolean;
  filters: Filter[];
  /** The options that were heeded, as they came. */
  kept: Uint8Array;
}

/** The response to a datagram of a LAN host, or null when it deserves none. */
export function answerPcp(request: Uint8Array, source: number, server: PcpServer): Uint8Array | null {
  if (request.length < 2 || ((request[1] as number) & RESPONSE) !== 0) return null;
  const fail = (result: number) => errorResponse(request, result, server.epoch);
  if (request[0] !== PCP_VERSION) return fail(UNSUPP_VERSION);
  const opcode = request[1] as number;
  const size = OPCODE_BYTES[opcode];
  if (request.length < HEADER || request.length > LARGEST || request.length % 4 !== 0)
    return fail(MALFORMED_REQUEST);
  if (size === undefined) return fail(UNSUPP_OPCODE);
  if (request.length < HEADER + size) return fail(MALFORMED_REQUEST);
  if (mappedIpv4(request, 8) !== source) return fail(ADDRESS_MISMATCH);
  const options = readOptions(request, HEADER + size, opcode);
  if (options.result !== SUCCESS) return fail(options.result);
  if (opcode === ANNOUNCE) return response(request, HEADER, options.kept, 0, server.epoch);
  return answerMapping(request, source, opcode, options, server);
}

/** What is announced when the epoch has begun anew (§14.1.1). */
export function announcement(epoch: number): Uint8Array {
  const b = new Uint8Array(HEADER);
  b[0] = PCP_VERSION;
  b[1] = RESPONSE | ANNOUNCE;
  put32(b, 8, epoch);
  return b;
}

function answerMapping(
  request: Uint8Array,
  source: number,
  opcode: number,
  options: Options,
  server: PcpServer,
): Uint8Array {
  const fail = (result: number) => errorResponse(request, result, server.epoch);
  const seconds = get32(request, 4) >>> 0;
  const nonce = Buffer.from(request.subarray(HEADER, HEADER + 12)).toString('hex');
  const protocol = request[HEADER + 12] as number;
  const insidePort = get16(request, HEADER + 16);
  const outside = mappedIpv4(request, HEADER + 20);
  if (protocol === 0 && insidePort !== 0) return fail(MALFORMED_REQUEST);
  if (opcode === MAP && insidePort === 0 && seconds === 0) {
    server.endAll(protocol, nonce);
    return response(request, HEADER + 36, options.kept, 0, server.epoch);
  }
  if ((protocol !== TCP && protocol !== UDP) || insidePort === 0) return fail(UNSUPP_PROTOCOL);
  // Any outside address is asked for as :: or as 0.0.0.0; one of IPv6 cannot be had.
  if (outside === null && !isZero(request, HEADER + 20)) return fail(CANNOT_PROVIDE_EXTERNAL);
  let peer: LeaseRequest['peer'] = null;
  if (opcode === PEER) {
    const address = mappedIpv4(request, HEADER + 40);
    const port = get16(request, HEADER + 36);
    if (address === null || address === 0 || port === 0) return fail(MALFORMED_REQUEST);
    peer = { address, port };
  }
  const granted = server.serve({
    by: 'pcp',
    protocol,
    inside: source,
    insidePort,
    outsidePort: get16(request, HEADER + 18),
    outside: outside ?? 0,
    exactly: options.exactly,
    seconds,
    nonce,
    peer,
    filters: options.filters,
  });
  if (granted.result !== SUCCESS) return fail(granted.result);
  const end = HEADER + (OPCODE_BYTES[opcode] as number);
  const answer = response(request, end, options.kept, granted.seconds, server.epoch);
  put16(answer, HEADER + 18, granted.outsidePort);
  writeMapped(answer, HEADER + 20, granted.outside);
  return answer;
}

function readOptions(b: Uint8Array, start: number, opcode: number): Options {
  const options: Options = { result: SUCCESS, exactly: false, filters: [], kept: new Uint8Array(0) };
  const kept: number[] = [];
  let filtered = 0;
  for (let at = start; at < b.length && options.result === SUCCESS; ) {
    const code = b[at] as number;
    const size = get16(b, at + 2);
    const next = at + 4 + ((size + 3) & ~3);
    if (at + 4 > b.length || next > b.length) options.result = MALFORMED_OPTION;
    else if (code === PREFER_FAILURE) {
      if (opcode !== MAP || size !== 0 || options.exactly) options.result = MALFORMED_OPTION;
      options.exactly = true;
    } else if (code === FILTER) {
      if (opcode !== MAP || size !== 20) options.result = MALFORMED_OPTION;
      else if (++filtered > MAX_FILTERS) options.result = EXCESSIVE_REMOTE_PEERS;
      else options.result = readFilter(b, at + 4, options);
    } else if (code < OPTIONAL) options.result = UNSUPP_OPTION;
    if (code < OPTIONAL) kept.push(...b.subarray(at, next));
    at = next;
  }
  options.kept = Uint8Array.from(kept);
  return options;
}

/** One FILTER (§13.3): its prefix is of an IPv4-mapped address, 96 to 128; prefix 0 forgets the filters before it. */
function readFilter(b: Uint8Array, at: number, options: Options): number {
  const prefix = b[at + 1] as number;
  if (prefix === 0) {
    options.filters = [];
    return SUCCESS;
  }
  const network = mappedIpv4(b, at + 4);
  if (prefix > 128 || prefix < 96 || network === null) return MALFORMED_OPTION;
  options.filters.push({ network, mask: maskOf(prefix - 96), port: get16(b, at + 2) });
  return SUCCESS;
}

/** The first `end` bytes of the request as a successful response, and the options behind them. */
function response(
  request: Uint8Array,
  end: number,
  kept: Uint8Array,
  seconds: number,
  epoch: number,
): Uint8Array {
  const answer = new Uint8Array(end + kept.length);
  answer.set(request.subarray(0, end));
  answer.set(kept, end);
  return seal(answer, SUCCESS, seconds, epoch);
}

/** The request as it came (whole words, at most 1100 bytes), made an error response (§8.3). */
function errorResponse(request: Uint8Array, result: number, epoch: number): Uint8Array {
  const size = result === UNSUPP_VERSION ? HEADER : Math.min((request.length + 3) & ~3, LARGEST);
  const answer = new Uint8Array(Math.max(size, HEADER));
  answer.set(request.subarray(0, answer.length));
  return seal(answer, result, SHORT_ERRORS.has(result) ? SHORT_ERROR_SECONDS : LONG_ERROR_SECONDS, epoch);
}

function seal(answer: Uint8Array, result: number, seconds: number, epoch: number): Uint8Array {
  answer[0] = PCP_VERSION;
  answer[1] = (answer[1] as number) | RESPONSE;
  answer[2] = 0;
  answer[3] = result;
  put32(answer, 4, seconds);
  put32(answer, 8, epoch);
  answer.fill(0, 12, HEADER);
  return answer;
}

/** The IPv4 address of ::ffff:a.b.c.d at `at`, or null when it is none. */
function mappedIpv4(b: Uint8Array, at: number): number | null {
  for (let i = 0; i < 10; i++) if (b[at + i] !== 0) return null;
  return b[at + 10] === 0xff && b[at + 11] === 0xff ? get32(b, at + 12) : null;
}

function isZero(b: Uint8Array, at: number): boolean {
  for (let i = 0; i < 16; i++) if (b[at + i] !== 0) return false;
  return true;
}

function writeMapped(b: Uint8Array, at: number, address: number): void {
  b.fill(0, at, at + 10);
  put16(b, at + 10, 0xffff);
  put32(b, at + 12, address);
}
