/**
 * Control packets in readable words for the log, such as `LCP Configure-Request id 1 <MRU 1500> <magic 0x12345678>`.
 * Passwords and CHAP secrets never appear.
 */
import {
  addressText,
  CODE_REJECT,
  CONFIGURE_REJECT,
  CONFIGURE_REQUEST,
  type ControlPacket,
  ECHO_REPLY,
  ECHO_REQUEST,
  hex,
  IDENTIFICATION,
  type Option,
  PROTOCOL_CCP,
  PROTOCOL_CHAP,
  PROTOCOL_IPCP,
  PROTOCOL_LCP,
  PROTOCOL_PAP,
  PROTOCOL_REJECT,
  parseOptions,
  printable,
  TERMINATE_ACK,
  TERMINATE_REQUEST,
  u8,
  u16,
  u32,
} from './packet.ts';

const PROTOCOLS: Record<number, string> = {
  33: 'IP',
  45: 'VJ compressed TCP',
  47: 'VJ uncompressed TCP',
  87: 'IPv6',
  253: 'compressed data',
  32801: 'IPCP',
  32809: 'AppleTalk control',
  32811: 'IPX control',
  32831: 'NetBIOS control',
  32855: 'IPV6CP',
  33021: 'CCP',
  49185: 'LCP',
  49187: 'PAP',
  49189: 'link quality report',
  49193: 'CBCP',
  49699: 'CHAP',
  49703: 'EAP',
};

const CODES: Record<number, string> = {
  1: 'Configure-Request',
  2: 'Configure-Ack',
  3: 'Configure-Nak',
  4: 'Configure-Reject',
  5: 'Terminate-Request',
  6: 'Terminate-Ack',
  7: 'Code-Reject',
  8: 'Protocol-Reject',
  9: 'Echo-Request',
  10: 'Echo-Reply',
  11: 'Discard-Request',
  12: 'Identification',
  13: 'Time-Remaining',
  14: 'Reset-Request',
  15: 'Reset-Ack',
};
const PAP_CODES = ['', 'Authenticate-Request', 'Authenticate-Ack', 'Authenticate-Nak'];
const CHAP_CODES = ['', 'Challenge', 'Response', 'Success', 'Failure'];

export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? `protocol 0x${protocol.toString(16).padStart(4, '0')}`;
}

/** 'CHAP-MD5' and its kin, from the data of LCP's authentication option. */
export function authenticationName(data: Uint8Array): string {
  const protocol = data.length >= 2 ? u16(data, 0) : 0;
  if (protocol !== PROTOCOL_CHAP) return protocolName(protocol);
  const algorithm = data.length >= 3 ? u8(data, 2) : -1;
  if (algorithm === 5) return 'CHAP-MD5';
  if (algorithm === 0x80) return 'MS-CHAP';
  if (algorithm === 0x81) return 'MS-CHAP-V2';
  return `CHAP algorithm ${algorithm}`;
}

function lcpOption({ type, data }: Option): string | null {
  if (type === 1 && data.length === 2) return `MRU ${u16(data, 0)}`;
  if (type === 2 && data.length === 4) return `ACCM 0x${hex(data)}`;
  if (type === 3 && data.length >= 2) return `authentication ${authenticationName(data)}`;
  if (type === 4) return 'quality reports';
  if (type === 5 && data.length === 4) return `magic 0x${hex(data)}`;
  if (type === 7) return 'PFC';
  if (type === 8) return 'ACFC';
  if (type === 13) return 'callback';
  if (type === 17) return 'multilink MRRU';
  if (type === 18) return 'short multilink headers';
  if (type === 19) return 'endpoint discriminator';
  return null;
}

const ADDRESS_OPTIONS: Record<number, string> = {
  3: 'address',
  129: 'DNS',
  130: 'WINS',
  131: 'second DNS',
  132: 'second WINS',
};

function ipcpOption({ type, data }: Option): string | null {
  const name = ADDRESS_OPTIONS[type];
  if (name !== undefined && data.length === 4) return `${name} ${addressText(data)}`;
  if (type === 1) return 'addresses (old form)';
  if (type === 2 && data.length >= 2 && u16(data, 0) === 0x2d)
    return data.length >= 4 ? `VJ slots ${u8(data, 2) + 1}${u8(data, 3) ? ', slot ids' : ''}` : 'VJ';
  if (type === 2) return 'IP compression of another kind';
  return null;
}

function ccpOption({ type, data }: Option): string | null {
  if ((type === 26 || type === 24) && data.length === 2)
    return `Deflate${type === 24 ? ' (draft number)' : ''} window 2^${(u8(data, 0) >> 4) + 8}`;
  if (type === 21) return 'BSD-Compress';
  if (type === 18) return 'MPPC or MPPE';
  if (type === 1) return 'Predictor';
  return null;
}

/** An option by name, as used in the log and in the reason of a failed negotiation. */
export function optionText(protocol: number, option: Option): string {
  const text =
    protocol === PROTOCOL_LCP
      ? lcpOption(option)
      : protocol === PROTOCOL_IPCP
        ? ipcpOption(option)
        : ccpOption(option);
  return text ?? `option ${option.type}${option.data.length > 0 ? ` 0x${hex(option.data)}` : ''}`;
}

/** One control packet of any protocol in one line. */
export function describePacket(protocol: number, { code, id, data }: ControlPacket): string {
  const name = protocolName(protocol);
  if (protocol === PROTOCOL_PAP)
    return `${name} ${PAP_CODES[code] ?? `code ${code}`} id ${id}${papText(code, data)}`;
  if (protocol === PROTOCOL_CHAP)
    return `${name} ${CHAP_CODES[code] ?? `code ${code}`} id ${id}${chapText(code, data)}`;
  const what = `${name} ${CODES[code] ?? `code ${code}`} id ${id}`;
  if (code >= CONFIGURE_REQUEST && code <= CONFIGURE_REJECT) {
    const options = parseOptions(data);
    if (options === null) return `${what} (malformed options)`;
    return [what, ...options.map((option) => `<${optionText(protocol, option)}>`)].join(' ');
  }
  if (code === TERMINATE_REQUEST || code === TERMINATE_ACK)
    return data.length > 0 ? `${what} "${printable(data)}"` : what;
  if (protocol === PROTOCOL_CCP) return what;
  if (code === CODE_REJECT && data.length > 0) return `${what} <code ${u8(data, 0)}>`;
  if (code === PROTOCOL_REJECT && data.length >= 2) return `${what} <${protocolName(u16(data, 0))}>`;
  if ((code === ECHO_REQUEST || code === ECHO_REPLY) && data.length >= 4)
    return `${what} <magic 0x${u32(data, 0).toString(16).padStart(8, '0')}>`;
  if (code === IDENTIFICATION && data.length > 4) return `${what} "${printable(data.subarray(4))}"`;
  return what;
}

function papText(code: number, data: Uint8Array): string {
  const length = data.length > 0 ? u8(data, 0) : 0;
  const text = printable(data.subarray(1, 1 + length));
  if (code === 1) return ` <user "${text}"> <password hidden>`;
  return text === '' ? '' : ` "${text}"`;
}

function chapText(code: number, data: Uint8Array): string {
  if (code > 2) return data.length > 0 ? ` "${printable(data)}"` : '';
  const length = data.length > 0 ? u8(data, 0) : 0;
  return ` <name "${printable(data.subarray(1 + length))}">`;
}
