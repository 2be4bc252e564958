/**
 * Linux's own gateway, to compare with: pppd that dials by a modem of the exchange, kernel masquerade, and behind it two
 * LAN hosts in namespaces; all in a guest, as lines of a bash script, with a pppd that answers as provider beside it. The
 * caller's serial port is ttyS1, the provider's ttyS2. Needs nft on this machine, whose root file system the guest has.
 */
import { PRACTICE_PASSWORD, PRACTICE_USER } from '../../../main/practice/practice-line.ts';
import { pppdAddresses } from './pppd.ts';

const { provider, caller, dns } = pppdAddresses(0);
const SERIAL = '115200 local nodetach nocrtscts asyncmap 0';

/** Namespaces `lan`, `lan2` and `isp`, the masquerade, the secrets. Debian's own scripts at link-up are left out: they only cost time. */
export const GATEWAY_SETUP = [
  'ip link set lo up',
  'mkdir -p /run/lock /var/lock',
  `echo '${PRACTICE_USER} * ${PRACTICE_PASSWORD} *' | tee /etc/ppp/pap-secrets > /etc/ppp/chap-secrets`,
  ': > /etc/ppp/options',
  'rm -f /etc/ppp/ip-up /etc/ppp/ip-down',
  'echo 1 > /proc/sys/net/ipv4/ip_forward',
  'for ns in lan lan2 isp; do ip netns add $ns; ip -n $ns link set lo up; done',
  'for at in 0 1; do',
  '  ns=lan; [ $at = 1 ] && ns=lan2',
  '  ip link add lan$at type veth peer name eth0 netns $ns',
  '  ip address add 192.168.$at.1/24 dev lan$at; ip link set lan$at up',
  '  ip -n $ns address add 192.168.$at.2/24 dev eth0; ip -n $ns link set eth0 up',
  '  ip -n $ns route add default via 192.168.$at.1',
  'done',
  'nft add table ip peer',
  "nft add chain ip peer post '{ type nat hook postrouting priority 100; }'",
  "nft add rule ip peer post oifname 'ppp*' masquerade",
];

/**
 * `dial NUMBER LOG [options]` starts pppd in the background, its words with every packet in LOG; `hang_up` ends it. The
 * dialogue with the modem stops at CONNECT, so that pppd begins there.
 */
export const GATEWAY_FUNCTIONS = [
  'dial() {',
  '  number=$1; log=$2; shift 2',
  `  pppd /dev/ttyS1 ${SERIAL} noauth user ${PRACTICE_USER} noipdefault usepeerdns defaultroute \\`,
  '    lcp-echo-interval 0 debug logfile $log "$@" \\',
  '    connect "/usr/sbin/chat -t 20 \'\' ATE0W2S11=1 OK ATDT$number CONNECT" > /dev/null 2>&1 &',
  '  pppd=$!',
  '}',
  'hang_up() { kill $pppd; wait $pppd; }',
];

/**
 * pppd as provider, which waits for the caller to speak and wants CHAP; it answers when this part of the script is over, and
 * anew when `answering_again` is, said after a call to it.
 */
export const PROVIDER_LINES = [
  'provider_pid() { cat /run/lock/LCK..ttyS2 /var/lock/LCK..ttyS2 2> /dev/null | head -n 1; }',
  'answering_again() {',
  '  for try in $(seq 100); do now=$(provider_pid); [ -n "$now" ] && [ "$now" != "$answered" ] && break; sleep 0.1; done',
  '  answered=$now; sleep 0.3',
  '}',
  `while :; do ip netns exec isp pppd /dev/ttyS2 ${SERIAL} lock silent name lab-provider require-chap \\`,
  `  ${provider}:${caller} ms-dns ${dns} lcp-echo-interval 0; sleep 0.2; done > /dev/null 2>&1 &`,
  'answering_again',
];

/** Where the provider of PROVIDER_LINES answers ping. */
export const PROVIDER_ADDRESS = provider;
