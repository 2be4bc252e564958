// RTSP (RFC 2326) with sound and pictures by RTP: two SETUPs, each with a pair of ports. The client reports (RTCP) on the odd ports
// first; the server sends only after that, and only from the ports it has named.
import { need, PATIENCE_MS, Port, type Script, Stream, serveTcp } from './parts.ts';

const TRACKS = [
  { name: 'sound', client: 0, server: 6100 },
  { name: 'pictures', client: 2, server: 6102 },
] as const;

function rtspAt(port: number, first: number): Script {
  return {
    async client(server, own) {
      const stream = await Stream.connect(server, port, own);
      let sequence = 0;
      const ask = async (method: string, path: string, ...headers: string[]) => {
        const url = `rtsp://${server}${path}`;
        stream.write(
          `${[`${method} ${url} RTSP/1.0`, `CSeq: ${++sequence}`, ...headers].join('\r\n')}\r\n\r\n`,
        );
        const answer = await stream.readTo('\r\n\r\n', `answer to ${method}`);
        need(answer.startsWith('RTSP/1.0 200 '), `${method}: ${answer.split('\r\n')[0]}`);
        return answer;
      };
      const pairs: { name: string; rtp: Port; rtcp: Port; told: number }[] = [];
      for (const track of TRACKS) {
        const rtp = await Port.open(first + track.client, own);
        const rtcp = await Port.open(first + track.client + 1, own);
        const ports = `${first + track.client}-${first + track.client + 1}`;
        const answer = await ask(
          'SETUP',
          `/film/${track.name}`,
          `Transport: RTP/AVP;unicast;client_port=${ports}`,
        );
        need(answer.includes(`client_port=${ports}`), `the answer names other ports: ${answer}`);
        pairs.push({ name: track.name, rtp, rtcp, told: Number(/server_port=(\d+)-/.exec(answer)?.[1]) });
      }
      for (const { rtcp, told } of pairs) rtcp.send('report', told + 1, server);
      await ask('PLAY', '/film', 'Session: 1');
      for (const { name, rtp, rtcp, told } of pairs) {
        const stream = await rtp.receive(name);
        need(stream.bytes.toString() === name, 'something else came');
        need(stream.from.port === told, `${name} came from ${stream.from.port}, not ${told}`);
        await rtcp.receive(`reports on ${name}`);
      }
      await ask('TEARDOWN', '/film', 'Session: 1');
      return 'two streams and their reports, from the ports named';
    },
    async serve(own, gate) {
      await serveTcp(port, own, (stream, remote) => serveOne(stream, remote, own, gate));
    },
  };
}

export const rtsp = rtspAt(554, 5100);
/** Where RealAudio's older players go too: the first bytes tell which it is. */
export const rtsp7070 = rtspAt(7070, 5200);

/** Port numbers below those of the tracks are taken in turn by further clients. */
let served = 0;

async function serveOne(
  stream: Stream,
  remote: string,
  own: string,
  gate: () => Promise<void>,
): Promise<void> {
  const sends: (() => Promise<void>)[] = [];
  const base = 4 * served++;
  for (;;) {
    const request = await stream.readTo('\r\n\r\n', 'request', PATIENCE_MS);
    const [, method, path] = /^([A-Z]+) rtsp:\/\/[^/]*(\S*)/.exec(request) ?? [];
    const sequence = /CSeq: (\d+)/.exec(request)?.[1];
    const headers = [`CSeq: ${sequence}`, 'Session: 1'];
    const track = TRACKS.find(({ name }) => path === `/film/${name}`);
    if (method === 'SETUP' && track) {
      const client = Number(/client_port=(\d+)-/.exec(request)?.[1]);
      const rtp = await Port.open(track.server + base, own);
      const rtcp = await Port.open(track.server + base + 1, own);
      const both = `client_port=${client}-${client + 1};server_port=${rtp.number}-${rtcp.number}`;
      headers.push(`Transport: RTP/AVP;unicast;${both}`);
      sends.push(async () => {
        await rtcp.receive('report of the client', PATIENCE_MS);
        rtp.send(track.name, client, remote);
        rtcp.send('report', client + 1, remote);
      });
    }
    stream.write(`RTSP/1.0 200 OK\r\n${headers.join('\r\n')}\r\n\r\n`);
    if (method === 'PLAY') {
      await gate();
      await Promise.all(sends.map((send) => send()));
    }
    if (method === 'TEARDOWN') return;
  }
}
