// H.323: a call with its three channels, and a registration. Transport addresses stand in the messages as H.225.0 and H.245 lay them out
// in aligned PER, four octets and a port; what stands around them here is only as much as the framing needs (TPKT, Q.931, a tag).
import {
  dotted,
  listen,
  need,
  octets,
  PATIENCE_MS,
  Port,
  type Script,
  Stream,
  serveTcp,
  u16,
} from './parts.ts';

const SETUP = 0x05;
const CONNECT = 0x07;
const RAS_PORT = 1719;
/** Where the called one takes sound, a pair of ports for each call. */
const FIRST_SOUND = 7200;
let calls = 0;
/** The object identifier with which H.225.0 messages say their version: 0.0.8.2250.0.2. */
const H225 = Buffer.from([6, 0, 8, 0x91, 0x4a, 0, 2]);
const H245 = Buffer.from('H245');

function place(address: string, port: number): Buffer {
  return Buffer.concat([octets(address), u16(port)]);
}

/** A TPKT frame (RFC 1006 §6). */
function frame(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([3, 0]), u16(4 + body.length), body]);
}
async function readFrame(stream: Stream, what: string, ms?: number): Promise<Buffer> {
  const head = await stream.read(4, what, ms);
  need(head[0] === 3, 'not TPKT');
  return stream.read(head.readUInt16BE(2) - 4, what);
}

/** Q.931: discriminator, call reference, kind, and a user-user element with H.225.0 in it. */
function q931(kind: number, ...addresses: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([5, 0x20, 0xa8]), H225, ...addresses]);
  return frame(Buffer.concat([Buffer.from([8, 2, 0, 1, kind, 0x7e]), u16(body.length), body]));
}
/** The addresses behind the object identifier. */
function addressesOf(message: Buffer): { address: string; port: number }[] {
  const found: { address: string; port: number }[] = [];
  for (let at = message.indexOf(H225) + H225.length; at + 6 <= message.length; at += 6)
    found.push({ address: dotted(message, at), port: message.readUInt16BE(at + 4) });
  return found;
}

function media(address: string, port: number): Buffer {
  return frame(Buffer.concat([H245, place(address, port), place(address, port + 1)]));
}

/** The caller: says where it takes H.245, opens it, and names its pair for sound, to which the other end sends. */
export const h323: Script = {
  async client(server, own) {
    const rtp = await Port.open(5004, own);
    const rtcp = await Port.open(5005, own);
    const h245 = await listen(11_000, own);
    const call = await Stream.connect(server, 1720, own);
    const signalling = call.socket.localPort ?? 0;
    call.write(q931(SETUP, place(own, signalling), place(own, h245.port)));
    const connect = addressesOf(await readFrame(call, 'Connect'));
    need(connect[0]?.address === own && connect[0].port === signalling, 'the Connect names another caller');
    const channel = await h245.accept('H.245 channel');
    channel.write(media(own, 5004));
    const peer = await readFrame(channel, 'where the other end takes sound');
    const to = { address: dotted(peer, 4), port: peer.readUInt16BE(8) };
    rtp.send('sound', to.port, to.address);
    need((await rtp.receive('sound')).bytes.toString() === 'sound back', 'something else came');
    need((await rtcp.receive('reports')).bytes.toString() === 'report', 'something else came');
    return 'H.245 by call-back, sound and reports came';
  },
  async serve(own, gate) {
    await serveTcp(1720, own, async (call, remote, remotePort) => {
      const [caller, h245] = addressesOf(await readFrame(call, 'Setup', PATIENCE_MS));
      need(caller?.address === remote && caller.port === remotePort, 'the Setup names another caller');
      call.write(q931(CONNECT, place(caller.address, caller.port)));
      await gate();
      const channel = await Stream.connect(h245?.address ?? '', h245?.port ?? 0, own);
      const pair = await readFrame(channel, 'where the caller takes sound');
      const rtp = await Port.open(FIRST_SOUND + 2 * calls++, own);
      channel.write(media(own, rtp.number));
      await rtp.receive('sound', PATIENCE_MS);
      rtp.send('sound back', pair.readUInt16BE(8), dotted(pair, 4));
      rtp.send('report', pair.readUInt16BE(14), dotted(pair, 10));
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    });
  },
};

/** A telephone that registers with a gatekeeper, which then leads a call to it. */
export const h323ras: Script = {
  async client(server, own) {
    const ras = await Port.open(RAS_PORT, own);
    const signalling = await listen(1720, own);
    ras.send(
      Buffer.concat([Buffer.from([0x0e, 0]), H225, place(own, RAS_PORT), place(own, 1720)]),
      RAS_PORT,
      server,
    );
    const confirm = await ras.receive('confirmation');
    need(confirm.bytes[0] === 0x12, 'no confirmation');
    const call = await signalling.accept('call');
    const [caller] = addressesOf(await readFrame(call, 'Setup'));
    call.write(q931(CONNECT, place(own, 1720)));
    need(caller?.address === server, 'the call comes from elsewhere');
    return 'registered, and was called';
  },
  async serve(own, gate) {
    const ras = await Port.open(RAS_PORT, own);
    await ras.serve(async ({ bytes }) => {
      const [registration, signalling] = addressesOf(bytes);
      if (!registration || !signalling) return;
      ras.send(Buffer.concat([Buffer.from([0x12, 0]), H225]), registration.port, registration.address);
      await gate();
      const call = await Stream.connect(signalling.address, signalling.port, own);
      call.write(q931(SETUP, place(own, call.socket.localPort ?? 0)));
      await readFrame(call, 'Connect');
    });
  },
};
