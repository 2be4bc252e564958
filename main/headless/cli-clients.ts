/** `masq-gate pause`, `resume`, `limit` and `priority` see to one client: whether it may use the link, and how much of it. */
import { ipv4Schema } from '../../engine/contract.ts';
import { type Client, clientShareSchema, type Fault, type Priority } from '../contract.ts';
import { type Context, misread, print, tellFault, told, type Verb, withState } from './cli-context.ts';

const MOST_KBIT = 1_000_000;

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

export const limit: Verb = {
  usage: [['limit ADDRESS|NAME KBIT|off', 'give a client so many kbit/s each way at most']],
  flags: [],
  read([who, amount, more]) {
    if (who === undefined || amount === undefined)
      return misread('limit needs a client and a number of kbit/s, or off.');
    if (more !== undefined) return misread(`“${more}” is too much.`);
    const limitKbit = amount === 'off' ? null : /^\d{1,7}$/.test(amount) ? Number(amount) : 0;
    if (limitKbit === 0 || (limitKbit ?? 1) > MOST_KBIT)
      return misread(`“${amount}” is neither a number of kbit/s from 1 to 1,000,000 nor off.`);
    const words = limitKbit === null ? 'has no limit' : `gets at most ${limitKbit} kbit/s each way`;
    return { ok: true, run: (context) => share(context, who, { limitKbit }, words) };
  },
};

export const priority: Verb = {
  usage: [['priority ADDRESS|NAME low|normal|high', 'how often a client gets its turn on the line']],
  flags: [],
  read([who, wanted, more]) {
    if (who === undefined || wanted === undefined)
      return misread('priority needs a client, and low, normal or high.');
    if (more !== undefined) return misread(`“${more}” is too much.`);
    const read = clientShareSchema.shape.priority.safeParse(wanted);
    if (!read.success) return misread(`“${wanted}” is none of low, normal and high.`);
    return {
      ok: true,
      run: (context) => share(context, who, { priority: read.data }, `has ${wanted} priority`),
    };
  },
};

function share(
  context: Context,
  who: string,
  change: { limitKbit: number | null } | { priority: Priority },
  words: string,
): Promise<number> {
  return withState(context, async ({ clients }) => {
    const address = addressOf(who, clients);
    if (address === null) return tellFault(context, noClient(who));
    return told(context, await context.client.call('shareClient', { address, ...change }), () =>
      print(context, { address, ...change }, `${who} ${words}.`),
    );
  });
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
