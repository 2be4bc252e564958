// What one client gets of the line: how often its turn comes, and the most it may have.
import { tell, useGateway } from '../store/gateway.ts';
import { clients as words } from '../strings.ts';
import styles from './ClientShare.module.css';

/** kbit/s to choose from; another, set by the command line, is offered too while it holds. */
const LIMITS = [4, 8, 16, 32, 64] as const;
const priorities = ['low', 'normal', 'high'] as const;

export function ClientShare({ address, who }: { address: string; who: string }) {
  const share = useGateway((store) =>
    store.state?.settings.shares.find((known) => known.address === address),
  );
  const limit = share?.limitKbit ?? null;
  const limits = limit === null ? LIMITS : [...new Set([...LIMITS, limit])].sort((a, b) => a - b);
  return (
    <span className={styles.share}>
      <select
        aria-label={words.priorityOf(who)}
        value={share?.priority ?? 'normal'}
        onChange={({ target }) => {
          const priority = priorities.find((known) => known === target.value);
          if (priority) void tell('shareClient', { address, priority });
        }}
      >
        {priorities.map((priority) => (
          <option key={priority} value={priority}>
            {words.priorities[priority]}
          </option>
        ))}
      </select>
      <select
        aria-label={words.limitOf(who)}
        value={limit ?? ''}
        onChange={({ target }) =>
          void tell('shareClient', { address, limitKbit: target.value === '' ? null : Number(target.value) })
        }
      >
        <option value="">{words.noLimit}</option>
        {limits.map((kbit) => (
          <option key={kbit} value={kbit}>
            {words.limit(kbit)}
          </option>
        ))}
      </select>
    </span>
  );
}
