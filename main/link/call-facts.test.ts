import { describe, expect, it } from 'vitest';
import { NEW_PROVIDER, PROFILES, type Provider } from '../contract.ts';
import { lineOf, pppConfig, slipConfig, upOf } from './call-facts.ts';
import { ScriptedCall, ScriptedClock, UP } from './scripted-parts.ts';

const provider: Provider = { ...NEW_PROVIDER, id: 'p', name: 'P', numbers: ['1'], user: 'u' };
function call(change: Partial<ScriptedCall> = {}): ScriptedCall {
  return Object.assign(new ScriptedCall(new ScriptedClock()), change);
}

describe('what is made of a call', () => {
  it('follows the carrier rate that a telephone modem told', () => {
    expect(lineOf(call(), provider)).toMatchObject({ octetsPerSecond: 4200, mtu: 576 });
    expect(pppConfig(call(), provider, '')).toMatchObject({ lineRate: 33_600, mtu: 576 });
  });

  it('does not believe a mobile module’s figure, and paces it only as set', () => {
    const mobile: Provider = { ...provider, kind: 'cellular' };
    const invented = call({ carrierRate: 7_200, transmitRate: 7_200 });
    expect(lineOf(invented, mobile)).toMatchObject({
      octetsPerSecond: null,
      octetsPerSecondDown: null,
      mtu: 1500,
    });
    const radio = { network: 'Example', signalDbm: -71, roaming: false };
    expect(upOf(invented, mobile, radio, UP).facts).toMatchObject({ carrierRate: null, radio });
    expect(lineOf(invented, { ...mobile, paceRate: 64_000 })).toMatchObject({
      octetsPerSecond: 8_000,
      mtu: 576,
    });
  });

  it('takes a satellite line for the 2400 bit/s it is: small packets, slow timers', () => {
    const { paceRate, portRate } = PROFILES.satellite;
    const satellite: Provider = { ...provider, kind: 'satellite', paceRate, portRate };
    const connected = call({ carrierRate: null, transmitRate: null, portRate });
    expect(lineOf(connected, satellite)).toMatchObject({ octetsPerSecond: 300, mtu: 296 });
    expect(pppConfig(connected, satellite, '')).toMatchObject({ lineRate: 2_400, mtu: 296 });
    expect(upOf(connected, satellite, undefined, UP).facts.carrierRate).toBe(2_400);
  });

  it('over a cable with XON/XOFF asks to have these escaped', () => {
    const cable: Provider = { ...provider, kind: 'cable', flow: 'xon-xoff' };
    expect(pppConfig(call(), cable, '').accm).toBe(0x000a0000);
    expect(pppConfig(call(), { ...cable, flow: 'none' }, '').accm).toBeUndefined();
  });

  it('a largest packet of one’s own holds for PPP and SLIP', () => {
    const own: Provider = { ...provider, mtu: 400 };
    expect(lineOf(call(), own).mtu).toBe(400);
    expect(pppConfig(call(), own, '').mtu).toBe(400);
    expect(slipConfig(call(), own, { local: '10.0.0.2', peer: '' }).mtu).toBe(400);
  });
});
