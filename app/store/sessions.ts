// Which sessions of the masquerade table are shown. Pure.
import type { Session } from '../../main/contract.ts';

/** Sessions in which some column holds every word of the filter. */
export function filterSessions(sessions: readonly Session[], text: string): Session[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...sessions];
  return sessions.filter((s) => {
    const whole = [
      s.protocol,
      s.state,
      `${s.client}:${s.clientPort}`,
      s.mappedPort,
      `${s.remote}:${s.remotePort}`,
      s.helper ?? '',
    ]
      .join(' ')
      .toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

export const sessionKey = (s: Session) =>
  `${s.protocol}/${s.client}:${s.clientPort}/${s.mappedPort}/${s.remote}:${s.remotePort}`;

/** The helper and by how many bytes it has shifted what the client sends; `ftp +3`. */
export function helperWords({ helper, delta }: Session): string {
  if (helper === null) return '—';
  return delta === 0 ? helper : `${helper} ${delta > 0 ? '+' : '−'}${Math.abs(delta)}`;
}
