/** The engine's configuration, from the settings and what the gateway is about. Pure. */
import type { EngineConfig } from '../../engine/contract.ts';
import type { Settings } from '../contract.ts';

export function engineConfig(settings: Settings, practice: boolean, demand: boolean): EngineConfig {
  const { lan, masquerade, access, forwards, triggers, portMapping, helpers } = settings;
  const { demandRules, ownTraffic, openForeignFirewall } = settings;
  return {
    practice,
    lan,
    masquerade,
    access,
    forwards,
    triggers,
    portMapping,
    helpers,
    demandRules,
    demand,
    ownTraffic,
    openForeignFirewall,
    spread: settings.secondCall.spread,
    together: settings.shares.filter((share) => share.limitKbit !== null).map(({ address }) => address),
  };
}
