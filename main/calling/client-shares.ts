/** The shares of the line that were chosen for clients: changed by address, told to the link by the engine's numbers. Pure. */
import type { Client, ClientShare } from '../contract.ts';
import type { LineShare } from '../gateway-parts.ts';

export type ShareChange = { address: string } & {
  [K in 'limitKbit' | 'priority']?: ClientShare[K] | undefined;
};

const ORDINARY: LineShare = { limitKbit: null, priority: 'normal' };

/** The list with one client's share changed; who is like everybody is not in it. */
export function changedShares(shares: readonly ClientShare[], change: ShareChange): ClientShare[] {
  const { address, limitKbit, priority } = change;
  const before = shares.find((share) => share.address === address) ?? { address, ...ORDINARY };
  const after = {
    address,
    limitKbit: limitKbit === undefined ? before.limitKbit : limitKbit,
    priority: priority ?? before.priority,
  };
  const others = shares.filter((share) => share.address !== address);
  return after.limitKbit === null && after.priority === 'normal' ? others : [...others, after];
}

export function sharesByNumber(
  shares: readonly ClientShare[],
  clients: readonly Client[],
): Map<number, LineShare> {
  const numbers = new Map(clients.map(({ address, id }) => [address, id]));
  return new Map(
    shares.flatMap(({ address, ...share }) => {
      const number = numbers.get(address);
      return number === undefined ? [] : [[number, share] as const];
    }),
  );
}
