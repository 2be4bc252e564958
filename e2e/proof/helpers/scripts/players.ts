// Players of the nineties that get their stream by UDP at a port they have named in TCP: RealAudio (PNA), VDOLive, and Windows Media
// (MMS). The server sends only where it was told to, to the address it sees, as theirs did, and for each player from
// a port of its own.
import { dotted, need, octets, PATIENCE_MS, Port, type Script, Stream, serveTcp, u16 } from './parts.ts';

const SOUND = 'sound';

/** PNA (TCP 7070): "PNA", version, then options; 1 the port for sound, 7 the one for corrections, 0 the end. */
export const realaudio: Script = {
  async client(server, own) {
    const sound = await Port.open(6970, own);
    const corrections = await Port.open(6971, own);
    const stream = await Stream.connect(server, 7070, own);
    // As player 1.0 did: the greeting in a segment of its own.
    stream.write(Buffer.concat([Buffer.from('PNA\0'), Buffer.from([5])]));
    await new Promise((resolve) => setTimeout(resolve, 20));
    stream.write(Buffer.concat([u16(1, 2, 6970, 7, 2, 6971), u16(0)]));
    const greeting = await stream.read(5, 'greeting of the server');
    need(greeting.toString('latin1', 0, 3) === 'PNA', 'another greeting');
    const one = await sound.receive('sound');
    const other = await corrections.receive('corrections');
    need(one.bytes.toString() === SOUND && other.bytes.toString() === 'corrections', 'something else came');
    return 'sound and corrections came';
  },
  async serve(own, gate) {
    await serveTcp(7070, own, async (stream, remote) => {
      await stream.read(5, 'greeting');
      const ports = new Map<number, number>();
      for (;;) {
        const id = (await stream.read(2, 'option')).readUInt16BE(0);
        if (id === 0) break;
        const length = (await stream.read(2, 'length')).readUInt16BE(0);
        ports.set(id, (await stream.read(length, 'value')).readUInt16BE(0));
      }
      stream.write(Buffer.from([0x50, 0x4e, 0x41, 0, 5]));
      await gate();
      const port = await Port.open(0, own);
      port.send(SOUND, ports.get(1) ?? 0, remote);
      port.send('corrections', ports.get(7) ?? 0, remote);
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    });
  },
};

/** VDOLive (TCP 7000): u32, u32 6, 16 bytes, "VDO Live", u32 port; later u32, u32 1, "VDO Live", u32 port. */
export const vdolive: Script = {
  async client(server, own) {
    const pictures = await Port.open(7001, own);
    const stream = await Stream.connect(server, 7000, own);
    const name = Buffer.from('VDO Live');
    stream.write(Buffer.concat([u16(0, 36, 0, 6), Buffer.alloc(16), name, u16(0, 7001)]));
    await stream.read(4, 'answer');
    stream.write(Buffer.concat([u16(0, 20, 0, 1), name, u16(0, 7001)]));
    const { bytes } = await pictures.receive('pictures');
    need(bytes.toString() === 'pictures', 'something else came');
    return 'pictures came';
  },
  async serve(own, gate) {
    await serveTcp(7000, own, async (stream, remote) => {
      const first = await stream.read(36, 'first message');
      stream.write(Buffer.from('good'));
      const second = await stream.read(20, 'second message');
      need(first.readUInt32BE(4) === 6 && second.readUInt32BE(4) === 1, 'another message');
      need(first.readUInt32BE(32) === second.readUInt32BE(16), 'the two ports differ');
      await gate();
      const port = await Port.open(0, own);
      port.send('pictures', second.readUInt32BE(16) & 0xffff, remote);
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    });
  },
};

/** MMS (TCP 1755, MS-MMSP §2.2): all little-endian; the funnel message names \\address\UDP\port in UTF-16. */
export const mms: Script = {
  async client(server, own) {
    const packets = await Port.open(1037, own);
    const stream = await Stream.connect(server, 1755, own);
    stream.write(mmsMessage(0x0003_0001, 'NSPlayer/4.1.0.3928; {00000000-0000-0000-0000-000000000000}'));
    await stream.read(4, 'answer');
    stream.write(mmsMessage(0x0003_0002, `\\\\${own}\\UDP\\1037`));
    const { bytes } = await packets.receive('media packets');
    need(bytes.toString() === 'media', 'something else came');
    return 'media packets came';
  },
  async serve(own, gate) {
    await serveTcp(1755, own, async (stream) => {
      for (;;) {
        const head = await stream.read(16, 'message', PATIENCE_MS);
        need(head.readUInt32LE(4) === 0xb00b_face && head.toString('latin1', 12) === 'MMS ', 'not MMS');
        const body = await stream.read(head.readUInt32LE(8), 'rest');
        need(body.readUInt32LE(0) * 8 === head.readUInt32LE(8), 'the two lengths differ');
        if (body.readUInt32LE(20) !== 0x0003_0002) {
          stream.write('good');
          continue;
        }
        const text = body.toString('utf16le', 44).replace(/\0.*$/s, '');
        const [, address, number] = /^\\\\([\d.]+)\\UDP\\(\d+)$/.exec(text) ?? [];
        await gate();
        const port = await Port.open(0, own);
        // To the address in the message, not the one that is seen.
        port.send('media', Number(number), address ?? '');
      }
    });
  },
};

function mmsMessage(kind: number, text: string): Buffer {
  const size = Math.ceil((60 + text.length * 2 + 2) / 8) * 8;
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(1, 0);
  bytes.writeUInt32LE(0xb00b_face, 4);
  bytes.writeUInt32LE(size - 16, 8);
  bytes.write('MMS ', 12);
  bytes.writeUInt32LE((size - 16) / 8, 16);
  bytes.writeUInt32LE((size - 32) / 8, 32);
  bytes.writeUInt32LE(kind, 36);
  bytes.write(text, 60, 'utf16le');
  return bytes;
}

/** CU-SeeMe (UDP 7648): a header of 26 bytes with both ends' addresses, to a reflector that believes only what it sees. */
export const cuseeme: Script = {
  async client(server, own) {
    const port = await Port.open(7648, own);
    port.send(cuseemePacket(server, 7648, own, 7648, 1), 7648, server);
    const { bytes } = await port.receive('packet of the reflector');
    need(
      dotted(bytes, 4) === own && bytes.readUInt16BE(2) === 7648,
      `it is addressed to ${dotted(bytes, 4)}`,
    );
    need(bytes.readUInt16BE(22) === 101 && bytes.readUInt16BE(26) === 2, 'no list of who is there');
    const list = [dotted(bytes, 56), dotted(bytes, 68)];
    need(list.includes(own), `it finds only ${list.join(' and ')} in the list`);
    return 'joined, and found itself in the list';
  },
  async serve(own, gate) {
    const port = await Port.open(7648, own);
    await port.serve(async ({ bytes, from }) => {
      const says = `${dotted(bytes, 12)}:${bytes.readUInt16BE(10)}`;
      if (says !== `${from.address}:${from.port}`) return;
      await gate();
      const record = (address: string) => Buffer.concat([octets(address), Buffer.alloc(8)]);
      const list = Buffer.concat([u16(2), Buffer.alloc(28), record(own), record(from.address)]);
      const head = cuseemePacket(from.address, from.port, own, 7648, 101);
      port.send(Buffer.concat([head, list]), from.port, from.address);
    });
  },
};

function cuseemePacket(to: string, toPort: number, from: string, fromPort: number, kind: number): Buffer {
  return Buffer.concat([u16(2, toPort), octets(to), u16(2, fromPort), octets(from), u16(0, 1, 1, kind, 26)]);
}
