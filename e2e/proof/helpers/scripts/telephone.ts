// SIP (RFC 3261) as a telephone that waits: it registers, and the registrar then leads a call to the Contact it has been told, from another
// port of its own; the caller's sound comes from a gateway elsewhere, to where the telephone's answer has said (RFC 4566).
import { need, PATIENCE_MS, Port, type Script } from './parts.ts';

const PORT = 5060;
const SOUND = 7078;
/** Where the caller's sound comes from: another address of the servers (NET.other of world.ts). */
const GATEWAY = '198.51.100.81';

function message(first: string, headers: readonly string[], body = ''): string {
  const described = body === '' ? [] : ['Content-Type: application/sdp'];
  return `${[first, ...headers, ...described, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;
}
function description(address: string, port: number): string {
  const lines = [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 8`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
/** What stands in the header lines of this name, in their order. */
function headersOf(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gm'))].map((match) => match[1] as string);
}

export const sip: Script = {
  async client(registrar, own) {
    const port = await Port.open(PORT, own);
    const sound = await Port.open(SOUND, own);
    const number = own.split('.').at(-1);
    const identity = [`From: <sip:${number}@${registrar}>;tag=1`, `To: <sip:${number}@${registrar}>`];
    const contact = `Contact: <sip:${number}@${own}:${PORT}>`;
    const registration = [
      `Via: SIP/2.0/UDP ${own}:${PORT};branch=z9hG4bK-${number}`,
      ...identity,
      `Call-ID: register-${number}`,
      'CSeq: 1 REGISTER',
      contact,
      'Expires: 600',
    ];
    port.send(message(`REGISTER sip:${registrar} SIP/2.0`, registration), PORT, registrar);
    const confirmed = (await port.receive('answer to REGISTER')).bytes.toString();
    need(confirmed.startsWith('SIP/2.0 200 '), 'not registered');
    need(confirmed.includes(`Via: SIP/2.0/UDP ${own}:${PORT};`), 'the answer is not to this telephone');
    const { bytes, from } = await port.receive('call');
    const call = bytes.toString();
    need(
      call.startsWith(`INVITE sip:${number}@${own}:${PORT} SIP/2.0`),
      `the call is for ${call.split('\r\n')[0]}`,
    );
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
      headersOf(call, name).map((value) => `${name}: ${value}`),
    );
    port.send(
      message('SIP/2.0 200 OK', [...copied, contact], description(own, SOUND)),
      from.port,
      from.address,
    );
    const heard = await sound.receive('sound');
    need(
      heard.bytes.toString() === 'sound' && heard.from.address !== registrar,
      'the sound comes from elsewhere',
    );
    return 'registered, was called, and heard';
  },
  async serve(own, gate) {
    const port = await Port.open(PORT, own);
    await port.serve(async ({ bytes, from }) => {
      const text = bytes.toString();
      const [contact] = headersOf(text, 'Contact');
      const [, user, address, at] = /<sip:(\w+)@([\d.]+):(\d+)>/.exec(contact ?? '') ?? [];
      const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Expires'].flatMap((name) =>
        headersOf(text, name).map((value) => `${name}: ${value}`),
      );
      port.send(message('SIP/2.0 200 OK', copied), from.port, from.address);
      await gate();
      const line = await Port.open(0, own);
      const media = await Port.open(0, GATEWAY);
      const identity = [
        `From: <sip:caller@${own}>;tag=2`,
        `To: <sip:${user}@${own}>`,
        `Call-ID: call-${user}-${line.number}`,
        'CSeq: 1 INVITE',
      ];
      const via = `Via: SIP/2.0/UDP ${own}:${line.number};branch=z9hG4bK-${line.number}`;
      const call = message(
        `INVITE sip:${user}@${address}:${at} SIP/2.0`,
        [via, ...identity, `Contact: <sip:caller@${own}:${line.number}>`],
        description(GATEWAY, media.number),
      );
      line.send(call, Number(at), address ?? '');
      const answer = (await line.receive('answer to INVITE', PATIENCE_MS)).bytes.toString();
      const [, where] = /^c=IN IP4 ([\d.]+)\r$/m.exec(answer) ?? [];
      const [, sound] = /^m=audio (\d+) /m.exec(answer) ?? [];
      media.send('sound', Number(sound), where ?? '');
    });
  },
};
