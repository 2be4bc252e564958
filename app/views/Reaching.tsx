// Whether the gateway is at the other end at all. Loud when it is not: it must not look like "not connected by choice".
import type { Reach } from '../api/connection.ts';
import { Icon } from '../parts/Icon.tsx';
import { useGateway } from '../store/gateway.ts';
import { app, lost } from '../strings.ts';
import styles from './Reaching.module.css';

export function Reaching({ reach }: { reach: Reach }) {
  const known = useGateway((store) => store.state !== null);
  if (reach === 'refused') return <Banner title={lost.refusedTitle} text={lost.refusedText} page={!known} />;
  if (reach === 'lost')
    return <Banner title={lost.title} text={known ? lost.text : lost.cause} page={!known} />;
  if (known) return null;
  return (
    <main className={styles.page}>
      <p role="status">{reach === 'open' ? app.loading : lost.connecting}</p>
    </main>
  );
}

function Banner({ title, text, page }: { title: string; text: string; page: boolean }) {
  const banner = (
    <div role="alert" className={styles.banner}>
      <Icon name="alert" size={22} />
      <div>
        <h2>{title}</h2>
        <p>{text}</p>
      </div>
    </div>
  );
  return page ? <main className={styles.page}>{banner}</main> : banner;
}
