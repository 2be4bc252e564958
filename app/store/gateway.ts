// The read model as a store, kept in step with the gateway: snapshot first, then events; a new snapshot after a gap and
// after every new connection. Nothing else writes to it.
import { create } from 'zustand';
import type {
  CommandArgument,
  CommandName,
  CommandResult,
  GatewayApi,
  Outcome,
} from '../../main/contract.ts';
import type { Connection, Reach } from '../api/connection.ts';
import { applyEvent, applyMeter, applySnapshot, awaitSnapshot, emptyModel, type Model } from './model.ts';
import { useUi } from './ui.ts';

interface GatewayStore extends Model {
  reach: Reach;
}

export const useGateway = create<GatewayStore>()(() => ({ ...emptyModel, reach: 'connecting' }));

let api: GatewayApi | null = null;

/** Ties the store to a connection for the window's life. */
export function follow(connection: Connection): void {
  api = connection.api;
  connection.api.onState((event) => {
    const { model, gap } = applyEvent(useGateway.getState(), event);
    useGateway.setState(model);
    if (gap) void synchronise();
  });
  connection.api.onMeter((meter) => useGateway.setState((model) => applyMeter(model, meter)));
  connection.onReach((reach) => {
    useGateway.setState({ reach });
    if (reach === 'open') void synchronise();
  });
}

async function synchronise(): Promise<void> {
  useGateway.setState(awaitSnapshot);
  for (;;) {
    const outcome = await call('snapshot', {});
    // Lost again: the next connection starts over.
    if (!outcome.ok) return;
    const { model, gap } = applySnapshot(useGateway.getState(), outcome.value);
    useGateway.setState(model);
    if (!gap) return;
  }
}

/** One command, with its outcome. */
export async function call<N extends CommandName>(
  name: N,
  argument: CommandArgument<N>,
): Promise<Outcome<CommandResult<N>>> {
  if (!api) throw new Error('call before follow');
  return api.call(name, argument);
}

/** One command whose failure the person is told in the window's fault card. True when it was done. */
export async function tell<N extends CommandName>(name: N, argument: CommandArgument<N>): Promise<boolean> {
  useUi.getState().setFault(null);
  const outcome = await call(name, argument);
  if (!outcome.ok) useUi.getState().setFault(outcome.fault);
  return outcome.ok;
}
