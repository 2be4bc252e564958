// SIP with sound: sipp as two telephones on the LAN, which call sipp outside at once from the same ports. The one called plays its sound to
// where the description of the call says, so that it comes only if that names an address outside; tcpdump on the LAN sees it come.
import type { Proof } from '../report.ts';
import { HOSTS, type HostName, NET, type World } from '../world.ts';
import { type Outcome, onAndOff } from './switching.ts';

const SERVER = NET.dns;
const SOUND = '/usr/share/sip-tester/g711a.pcap';
const MEDIA = 6000;
const PACKETS = 25;

const CALLER = `<?xml version="1.0"?><scenario name="caller">
<send retrans="300"><![CDATA[
INVITE sip:clock@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:caller@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:clock@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=caller 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv response="200"/>
<send><![CDATA[
ACK sip:clock@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:caller@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:clock@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<pause milliseconds="1500"/>
<send retrans="300"><![CDATA[
BYE sip:clock@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:caller@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:clock@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
`;

const CALLED = `<?xml version="1.0"?><scenario name="called">
<recv request="INVITE"/>
<send retrans="300"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=clock[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:clock@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=clock 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv request="ACK"/>
<nop><action><exec play_pcap_audio="${SOUND}"/></action></nop>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`;

async function prepare(world: World): Promise<void> {
  const write =
    'mkdir -p /run/sip; printf %s "$1" > /run/sip/caller.xml; printf %s "$2" > /run/sip/called.xml';
  await world.run('servers', ['sh', '-c', write, 'sh', CALLER, CALLED]);
  for (const transport of ['u1', 't1']) {
    const sipp = [
      'sipp',
      '-sf',
      '/run/sip/called.xml',
      '-i',
      SERVER,
      '-mi',
      SERVER,
      '-p',
      '5060',
      '-nostdin',
    ];
    // Each has a port for sound of its own.
    const media = String(MEDIA + (transport === 'u1' ? 0 : 10));
    world.spawn('servers', [...sipp, '-t', transport, '-mp', media]).stdout?.resume();
  }
  await world.until('sipp outside', 5_000, async () =>
    /udp.*:5060[\s\S]*tcp.*:5060/.test((await world.run('servers', ['ss', '-lun', '-lt'])).out),
  );
}

async function call(world: World, host: HostName, transport: 'u1' | 't1'): Promise<Outcome> {
  const own = HOSTS[host];
  const sounds = world.run(
    host,
    ['tcpdump', '-lnni', 'eth0', '-c', String(PACKETS), `udp and dst host ${own} and dst port ${MEDIA}`],
    3_000,
  );
  const sipp = [
    'sipp',
    SERVER,
    '-sf',
    '/run/sip/caller.xml',
    '-i',
    own,
    '-mi',
    own,
    '-p',
    '5060',
    '-mp',
    String(MEDIA),
  ];
  const ran = await world.run(
    host,
    [...sipp, '-m', '1', '-t', transport, '-nostdin', '-timeout', '5s', '-timeout_error'],
    7_000,
  );
  const heard = (await sounds).out.trim().split('\n').filter(Boolean).length;
  const ok = ran.code === 0 && heard >= PACKETS;
  return {
    ok,
    figures: `${ran.code === 0 ? 'the call went through' : `sipp ended with ${ran.code}`}, ${heard} packets of sound came`,
  };
}

export const sip: Proof = {
  name: 'sip',
  async run(world, report) {
    await prepare(world);
    const both = async (transport: 'u1' | 't1'): Promise<Outcome> => {
      const outcomes = await Promise.all([call(world, 'h1', transport), call(world, 'h2', transport)]);
      return outcomes.find(({ ok }) => !ok) ?? (outcomes[0] as Outcome);
    };
    await onAndOff(
      world,
      report,
      'sip',
      [
        { what: 'sipp to sipp by UDP, with sound, two at once', attempt: () => both('u1') },
        { what: 'sipp to sipp by TCP, with sound, two at once', attempt: () => both('t1') },
      ],
      null,
    );
  },
};
