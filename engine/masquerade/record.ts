// The layout of the table's records: words of 32 bits of a session and of a mapping, and their flags. The table itself is table.ts.
import { ESP, GRE, ICMP, TCP, UDP } from '../packet/ipv4.ts';

/** Words of a session. The first 16 are the hot ones. */
export const S_INSIDE = 0; // inside address
export const S_REMOTE = 1; // remote address
export const S_OUT_PORTS = 2; // inside port << 16 | remote port, as packets from inside carry them
export const S_IN_PORTS = 3; // mapped port << 16 | remote port, as packets from outside carry them
export const S_PROTOCOL = 4; // protocol | uplink << 8
export const S_STATE = 5;
export const S_FLAGS = 6;
export const S_EXPIRES = 7; // quarter seconds since the router began
export const S_OUT_NEXT = 8;
export const S_IN_NEXT = 9;
export const S_CLIENT = 10;
export const S_MAPPING = 11;
export const S_BYTES = 12; // two 64-bit floats, up and down
export const S_PACKETS_UP = 16;
export const S_PACKETS_DOWN = 17;
export const S_END_IN = 18; // highest sequence + length the client sent
export const S_ACK_IN = 19; // last acknowledgement the client sent
export const S_WINDOW_IN = 20; // the client's window, bytes
export const S_END_OUT = 21; // the same of the remote
export const S_ACK_OUT = 22;
export const S_WINDOW_OUT = 23;
export const S_SCALES = 24; // window scale + 1 of client | of remote << 8; 0 unknown
export const S_WHEEL_NEXT = 25;
export const S_WHEEL_PREVIOUS = 26;
export const S_SCHEDULED = 27; // the wheel's own second, -1 when not in it
export const S_PEER = 28; // row in the peers
export const S_ATTACHMENT = 29; // helper's record, -1 none
export const S_BEGAN = 30; // quarter second it was made in
export const S_INSIDE_PORT = 31;
export const SESSION_WORDS = 32;

/** Bits of S_FLAGS. */
export const F_ANSWERED = 1; // the remote has answered: a new address cannot follow any more
export const F_INBOUND = 2; // opened from outside
export const F_FORWARD = 4; // by a forward
export const F_DNS_ALIAS = 8; // the client thinks it talks to the alias of the provider's DNS
export const F_HAIRPIN = 16; // the remote is ourselves
export const F_TRACKED = 32; // sequence numbers of both ways are known from the first segment on
export const F_FIN_IN = 64; // the client has said FIN
export const F_FIN_OUT = 128; // the remote has said FIN
export const F_EXPECTED = 256; // a helper's expectation let it in
export const F_TRIGGERED = 512; // a trigger let it in
export const F_CONTROL = 1024; // what goes out on it keeps a trigger open

/** Words of a mapping. */
export const M_PROTOCOL = 0; // protocol | uplink << 8
export const M_INSIDE = 1;
export const M_PORTS = 2; // inside port << 16 | mapped port
export const M_SESSIONS = 3;
export const M_PINS = 4; // expectations that hold it open
export const M_FLAGS = 5;
export const M_CLIENT = 6;
export const M_NEXT = 7;
export const MAPPING_WORDS = 8;
/** The port belongs to a forward, or there is none: nothing for the pool to take back. */
export const MF_UNPOOLED = 1;

export const PROTOCOL_NAMES: Record<number, string> = {
  [ICMP]: 'icmp',
  [TCP]: 'tcp',
  [UDP]: 'udp',
  [GRE]: 'gre',
  [ESP]: 'esp',
};
