/** `masq-gate helpers …` switches protocol helpers and sets their ports; `pause` and `resume` see to one client. */
import { ipv4Schema } from '../../engine/contract.ts';
import type { Client, Fault, State } from '../contract.ts';
import { readPorts } from './cli-arguments.ts';
import {
  type Context,
  misread,
  print,
  tellFault,
  told,
  type Verb,
  withState,
  wordless,
} from './cli-context.ts';
import * as format from './cli-format.ts';

/** As many as `ports=` of the old modules took. */
const MOST_PORTS = 12;

export const helpers: Verb = {
  usage: [
    ['helpers', 'the protocol helpers, and what they did'],
    ['helpers on|off NAME [--ports 21,2121]', 'switch one; --ports default goes back to its own'],
  ],
  flags: ['--ports'],
  read([verb = 'list', name, more], flags) {
    const portText = flags.get('--ports');
    if (verb === 'list') {
      if (portText !== undefined) return misread('“--ports” goes with “on NAME” or “off NAME”.');
      return wordless(name === undefined ? [] : [name], (context) =>
        withState(context, (state) => print(context, state.helpers, format.helpers(state.helpers))),
      );
    }
    if (verb !== 'on' && verb !== 'off') return misread(`“${verb}” is neither on nor off.`);
    if (name === undefined) return misread(`${verb} needs the name of a helper.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    if (!/^[a-z0-9-]{1,32}$/.test(name)) return misread(`“${name}” is not the name of a helper.`);
    const ports =
      portText === 'default' ? [] : typeof portText === 'string' ? readPorts(portText) : undefined;
    if (ports === null) return misread(`“${portText}” after --ports is no list of ports such as 21,2121.`);
    if (ports !== undefined && ports.length > MOST_PORTS)
      return misread(`A helper has up to ${MOST_PORTS} ports.`);
    const chosen = ports === undefined ? undefined : [...new Set(ports)];
    return { ok: true, run: (context) => turn(context, name, verb === 'on', chosen) };
  },
};

function turn(context: Context, name: string, on: boolean, ports: number[] | undefined): Promise<number> {
  return withState(context, async (state) => {
    const known = state.helpers.find((helper) => helper.name === name);
    // Without an engine nobody here knows the list; the setting waits for it.
    if (known === undefined && state.helpers.length > 0) return tellFault(context, noHelper(name, state));
    const setting = { on, ports: ports ?? state.settings.helpers[name]?.ports ?? [] };
    return told(context, await context.client.call('setHelper', { name, setting }), () => {
      const where = setting.ports.length === 0 ? 'its own ports' : `ports ${setting.ports.join(', ')}`;
      const later =
        known === undefined
          ? '\nThe engine is not running: it takes this when it starts, if it has this helper.'
          : '';
      return print(
        context,
        { name, ...setting },
        `Helper ${name} is switched ${on ? 'on' : 'off'}, on ${where}.${later}`,
      );
    });
  });
}

const noHelper = (name: string, { helpers: known }: State): Fault => ({
  code: 'no-such-helper',
  sentence: `There is no helper “${name}”.`,
  cause: `Known are: ${known.map((helper) => helper.name).join(', ')}.`.slice(0, 600),
  remedy: 'Choose one of them.',
});

export const pause = pauser('pause', true, 'cut a client off from the link, and');
export const resume = pauser('resume', false, 'let it back');

function pauser(verb: string, paused: boolean, does: string): Verb {
  return {
    usage: [[`${verb} ADDRESS|NAME`, does]],
    flags: [],
    read([who, more]) {
      if (who === undefined) return misread(`${verb} needs the address or the name of a client.`);
      if (more !== undefined) return misread(`“${more}” is too much.`);
      return {
        ok: true,
        run: (context) =>
          withState(context, async ({ clients }) => {
            const address = addressOf(who, clients);
            if (address === null) return tellFault(context, noClient(who));
            return told(context, await context.client.call('pauseClient', { address, paused }), () =>
              print(
                context,
                { address, paused },
                `${who} ${paused ? 'is paused' : 'may use the link again'}.`,
              ),
            );
          }),
      };
    },
  };
}

/** An address may be one that was never seen; a name must be a client's, and of one client only. */
function addressOf(who: string, clients: readonly Client[]): string | null {
  if (ipv4Schema.safeParse(who).success) return who;
  const lower = who.toLowerCase();
  const named = clients.filter((client) => client.kind !== 'gateway' && client.name?.toLowerCase() === lower);
  return named.length === 1 ? (named[0]?.address ?? null) : null;
}

const noClient = (who: string): Fault => ({
  code: 'no-such-client',
  sentence: `No one client is called “${who.slice(0, 60)}”.`,
  cause: 'It is neither an address such as 192.168.66.5 nor the name of exactly one client that was seen.',
  remedy: 'Look for its address with “masq-gate clients”.',
});
