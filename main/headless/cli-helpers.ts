/** `masq-gate helpers …` switches protocol helpers and sets their ports. */
import {
  type Fault,
  type HelperPort,
  helperPortsText,
  MOST_HELPER_PORTS,
  readHelperPorts,
  type State,
} from '../contract.ts';
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

export const helpers: Verb = {
  usage: [
    ['helpers', 'the protocol helpers, and what they did'],
    [
      'helpers on|off NAME [--ports 21,2121]',
      'switch one; 1720/tcp is by TCP only; --ports default goes back to its own',
    ],
  ],
  flags: ['--ports'],
  read([verb = 'list', name, more], flags) {
    const portText = flags.get('--ports');
    if (verb === 'list') {
      if (portText !== undefined) return misread('“--ports” goes with “on NAME” or “off NAME”.');
      return wordless(name === undefined ? [] : [name], (context) =>
        withState(context, (state) =>
          print(context, state.helpers, format.helpers(state.helpers, context.now())),
        ),
      );
    }
    if (verb !== 'on' && verb !== 'off') return misread(`“${verb}” is neither on nor off.`);
    if (name === undefined) return misread(`${verb} needs the name of a helper.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    if (!/^[a-z0-9-]{1,32}$/.test(name)) return misread(`“${name}” is not the name of a helper.`);
    const ports =
      portText === 'default' ? [] : typeof portText === 'string' ? readHelperPorts(portText) : undefined;
    if (ports === null)
      return misread(
        `“${portText}” after --ports is no list of ports such as 21,2121, 6660-6669 or 1720/tcp.`,
      );
    if (ports !== undefined && ports.length > MOST_HELPER_PORTS)
      return misread(`A helper has up to ${MOST_HELPER_PORTS} ports.`);
    return { ok: true, run: (context) => turn(context, name, verb === 'on', ports) };
  },
};

function turn(context: Context, name: string, on: boolean, ports: HelperPort[] | undefined): Promise<number> {
  return withState(context, async (state) => {
    const known = state.helpers.find((helper) => helper.name === name);
    // Without an engine nobody here knows the list; the setting waits for it.
    if (known === undefined && state.helpers.length > 0) return tellFault(context, noHelper(name, state));
    const setting = { on, ports: ports ?? state.settings.helpers[name]?.ports ?? [] };
    return told(context, await context.client.call('setHelper', { name, setting }), () => {
      const where = setting.ports.length === 0 ? 'its own ports' : `ports ${helperPortsText(setting.ports)}`;
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
