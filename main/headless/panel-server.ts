/**
 * The window as a page on loopback: the same built files, and a WebSocket that speaks the same table of commands.
 *
 * Other local users and other web pages are kept out: Host and Origin must be this very server (no DNS rebinding, no
 * cross-site WebSocket), and every connection must show the token, which travels in the address's fragment and so in no
 * request, log or Referer.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AppFiles, securityHeaders } from '../faces/app-files.ts';
import { FaceConnection, type FaceHost } from '../faces/face-connection.ts';
import { MAX_MESSAGE_BYTES } from '../faces/messages.ts';

const HELLO_WITHIN_MS = 5_000;
const MOST_PAGES = 32;

export interface PanelOptions {
  /** 0 for any free port. */
  port: number;
  token: string;
  files: AppFiles;
}

export interface Panel {
  /** With the token, for the owner's eyes. */
  address: string;
  port: number;
  serve(host: FaceHost): void;
  close(): Promise<void>;
}

/** Rejects when the port is taken (EADDRINUSE). */
export async function startPanel(options: PanelOptions): Promise<Panel> {
  const headers = securityHeaders('self');
  let host: FaceHost | null = null;
  let port = 0;
  const names = () => [`127.0.0.1:${port}`, `localhost:${port}`];

  const server = createServer((request, response) => {
    const status = refusal(request, names());
    if (status !== null) {
      answer(response, status, headers);
      return;
    }
    const path = (request.url ?? '/').split(/[?#]/)[0] ?? '/';
    const file = options.files.get(path);
    if (file === undefined) {
      answer(response, 404, headers);
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': file.type, 'Content-Length': file.body.length });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    clientTracking: true,
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const origins = names().map((name) => `http://${name}`);
    const origin = request.headers.origin;
    const stranger = refusal(request, names()) !== null || origin === undefined || !origins.includes(origin);
    if (stranger || host === null || sockets.clients.size >= MOST_PAGES) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const faceHost = host;
    sockets.handleUpgrade(request, socket, head, (page) => attach(page, faceHost, options.token));
  });

  port = await listen(server, options.port);
  return {
    address: `http://127.0.0.1:${port}/#${options.token}`,
    port,
    serve: (faceHost) => {
      host = faceHost;
    },
    close: async () => {
      for (const page of sockets.clients) page.close(1001, 'Masq-Gate ends');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      setTimeout(() => {
        for (const page of sockets.clients) page.terminate();
      }, 500).unref();
      await closed;
    },
  };
}

function attach(page: WebSocket, host: FaceHost, token: string): void {
  const connection = new FaceConnection(
    host,
    {
      send: (text) => page.send(text),
      backlog: () => page.bufferedAmount,
      close: (reason, final) => page.close(final ? 1008 : 1013, reason.slice(0, 100)),
    },
    token,
  );
  const slow = setTimeout(() => {
    if (!connection.trusted) page.terminate();
  }, HELLO_WITHIN_MS);
  slow.unref();
  page.on('message', (data, isBinary) => {
    if (isBinary) page.close(1003, 'text only');
    else connection.receive(String(data));
  });
  page.on('error', () => page.terminate());
  page.on('close', () => {
    clearTimeout(slow);
    connection.closed();
  });
}

/** An HTTP status to turn the request away with, or null. */
function refusal(request: IncomingMessage, names: readonly string[]): number | null {
  if (!names.includes(request.headers.host ?? '')) return 421;
  return request.method === 'GET' || request.method === 'HEAD' ? null : 405;
}

function answer(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(status === 404 ? 'Not here.\n' : 'Not for you.\n');
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
