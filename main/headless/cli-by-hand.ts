/** `terminal`: a person's keys to the modem, or to the far end of a call that waits for a login by hand. */
import type { Terminal } from '../contract.ts';
import { type Context, EXIT, misread, tellFault, type Verb } from './cli-context.ts';

const LEAVE = '\x1d';
const START_PPP = '\x10';

export const terminal: Verb = {
  usage: [['terminal [PORT]', 'type to the modem, or log in to a call by hand; Ctrl-] leaves']],
  flags: [],
  read: ([port, more]) =>
    more !== undefined
      ? misread(`“${more}” is too much.`)
      : { ok: true, run: (context) => typeByHand(context, port) },
};

async function typeByHand(context: Context, port: string | undefined): Promise<number> {
  const { client, keys, out, err, stop } = context;
  if (keys === undefined) {
    err('masq-gate: there is no keyboard here.');
    return EXIT.notUnderstood;
  }
  const first = await client.call('snapshot', {});
  if (!first.ok) return tellFault(context, first.fault);
  const before: Terminal | null = first.value.state.terminal;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  if (before !== null) keys.show(onScreen(first.value.terminal ?? ''));
  client.onState((event) => {
    if (event.terminal) keys.show(onScreen(event.terminal));
    if (event.patch.terminal === null) finish();
  });
  if (before === null) {
    const opened = await client.call('terminalOpen', port === undefined ? {} : { port });
    if (!opened.ok) return tellFault(context, opened.fault);
  }
  out(`Ctrl-] leaves${before === null ? '' : ', Ctrl-P starts PPP'}.`);
  const release = keys.listen((text) => {
    if (text.includes(LEAVE)) finish();
    else if (text.includes(START_PPP)) void client.call('terminalStartPpp', {});
    else
      for (let at = 0; at < text.length; at += 1000)
        void client.call('terminalType', { text: text.slice(at, at + 1000) });
  }, finish);
  stop.addEventListener('abort', finish, { once: true });
  await Promise.race([finished, client.closed]);
  release();
  // A call that waits for its login goes on waiting; a modem's port is given back.
  if (before === null) await client.call('terminalClose', {});
  out('');
  return EXIT.done;
}

/** Line ends and erasing as a screen wants them. */
const onScreen = (text: string) =>
  text.replaceAll('\f', '').replaceAll('\b', '\b \b').replaceAll('\n', '\r\n');
